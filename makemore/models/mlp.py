"""MLP: a neural probabilistic language model (Bengio et al. 2003; makemore, lecture 2).

https://www.jmlr.org/papers/volume3/bengio03a/bengio03a.pdf
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.contexts import Table, WindowTable
from makemore.models.base import Model, State
from makemore.models.settings import MLPSettings
from makemore.vocabulary import BOUNDARY


class MLP(Model):
    """Embed each of the last `block_size` characters, concatenate, one tanh layer, logits."""

    context_length: int

    def __init__(self, vocab_size: int, settings: MLPSettings) -> None:
        super().__init__(vocab_size)
        self.context_length = settings.block_size
        self.embedding = nn.Embedding(vocab_size, settings.n_embd)
        self.hidden = nn.Linear(settings.block_size * settings.n_embd, settings.n_hidden)
        self.output = nn.Linear(settings.n_hidden, vocab_size)
        # start from nearly equal probabilities: the first loss is log V, and no unit is saturated
        nn.init.normal_(self.output.weight, std=0.01)
        nn.init.zeros_(self.output.bias)

    def predict(self, contexts: Tensor) -> Tensor:
        """Logits after each window: int64 (..., block_size) -> (..., V)."""
        embedded = self.embedding(contexts).flatten(-2)  # (..., block_size * n_embd)
        logits: Tensor = self.output(torch.tanh(self.hidden(embedded)))
        return logits

    def forward(self, tokens: Tensor) -> Tensor:
        """Slide the window over each sequence: (B, T) -> (B, T, V)."""
        padded = F.pad(tokens, (self.context_length - 1, 0), value=BOUNDARY)
        return self.predict(padded.unfold(1, self.context_length, 1))  # windows (B, T, block_size)

    def table_logits(self, table: Table) -> Tensor:
        """Predict each distinct window once: (N, V)."""
        assert isinstance(table, WindowTable)
        return self.predict(table.contexts)

    def step(self, tokens: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Push the token into the window, which is all there is to remember: (B, block_size)."""
        if state is None:
            past = tokens.new_full((len(tokens), self.context_length), BOUNDARY)
        else:
            (past,) = state
        window = torch.cat([past[:, 1:], tokens[:, None]], dim=1)
        return self.predict(window), (window,)
