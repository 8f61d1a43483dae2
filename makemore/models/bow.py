"""Bag of words: the mean of the characters so far, then a small MLP (makemore's CausalBoW).

A deep averaging network (Iyyer et al. 2015, https://aclanthology.org/P15-1162) that averages again
at every place: attention without queries and keys, which attends to all before it alike. The name
is the field's own; the words are characters here.
"""

import torch
from torch import Tensor, nn

from makemore.backprop.kernels import tanh
from makemore.contexts.prefixes import PrefixTable
from makemore.contexts.tables import Table
from makemore.models.base import Model, State, select_rows
from makemore.models.settings import BagOfWordsSettings


class BagOfWords(Model):
    """x + the mean of x so far, then x + mlp(x), logits."""

    block_size: int

    def __init__(self, vocab_size: int, settings: BagOfWordsSettings) -> None:
        super().__init__(vocab_size)
        assert settings.block_size is not None, "settings are resolved before a model is built"
        self.block_size = settings.block_size
        self.wte = nn.Embedding(vocab_size, settings.n_embd)
        self.wpe = nn.Embedding(self.block_size, settings.n_embd)
        self.c_fc = nn.Linear(settings.n_embd, settings.n_hidden)
        self.c_proj = nn.Linear(settings.n_hidden, settings.n_embd)
        self.lm_head = nn.Linear(settings.n_embd, vocab_size)
        # start from nearly equal probabilities: the first loss is log V
        nn.init.normal_(self.lm_head.weight, std=0.01)
        nn.init.zeros_(self.lm_head.bias)

    def embed(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Embed (...) tokens and the places they stand at: (..., n_embd)."""
        embedded: Tensor = self.wte(tokens) + self.wpe(positions)
        return embedded

    def predict(self, x: Tensor, total: Tensor, positions: Tensor) -> Tensor:
        """Logits from embeddings, their sums so far, (..., n_embd), and positions (...)."""
        x = x + total / (positions[..., None] + 1)
        x = x + self.c_proj(tanh(self.c_fc(x)))
        logits: Tensor = self.lm_head(x)
        return logits

    @property
    def divisible(self) -> bool:
        """Each prefix is computed by itself."""
        return True

    def forward(self, tokens: Tensor) -> Tensor:
        """Sum along each row: (B, T) -> (B, T, V), T at most `block_size`."""
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.embed(tokens, positions)  # (B, T, n_embd)
        return self.predict(x, x.cumsum(1), positions)

    def table_logits(self, table: Table) -> Tensor:
        """Embed each distinct prefix once, laid out as sequences just to sum: (N, V)."""
        assert isinstance(table, PrefixTable)
        x = self.embed(table.tokens, table.depths)  # (N, n_embd)
        sums = x.index_select(0, table.sequences.flatten())
        sums = sums.unflatten(0, table.sequences.shape).cumsum(1)  # (S, T, n_embd)
        return self.predict(x, sums.flatten(0, 1).index_select(0, table.places), table.depths)

    def step(
        self, tokens: Tensor, state: State | None, rows: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Add the token to the sum. The state is the tokens so far, (B, T), and (B, n_embd)."""
        context, unread, past = self.extend(tokens, state, rows)
        first = context.shape[1] - unread.shape[1]
        positions = torch.arange(first, context.shape[1], device=tokens.device)
        x = self.embed(unread, positions)  # (B, unread, n_embd)
        total = x.sum(1)
        if past is not None:
            (before,) = select_rows(past, rows)
            total = before + total
        return self.predict(x[:, -1], total, positions[-1]), (context, total)
