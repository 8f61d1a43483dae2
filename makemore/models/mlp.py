"""MLP: a neural probabilistic language model (Bengio et al. 2003; makemore, lectures 2 and 3).

https://www.jmlr.org/papers/volume3/bengio03a/bengio03a.pdf
"""

import math

from torch import Tensor, nn

from makemore.backprop.kernels import linear_of_rows, tanh
from makemore.models.normalization import make_norm, normalise
from makemore.models.settings import MLPSettings
from makemore.models.window import WindowModel

TANH_GAIN = 5 / 3
"""What keeps the spread of activations through a tanh: `torch.nn.init.calculate_gain("tanh")`."""


class MLP(WindowModel):
    """Embed each of the last `block_size` characters, concatenate, one tanh layer, logits."""

    def __init__(self, vocab_size: int, settings: MLPSettings) -> None:
        super().__init__(vocab_size)
        self.context_length = settings.block_size
        fan_in = settings.block_size * settings.n_embd
        self.embedding = nn.Embedding(vocab_size, settings.n_embd)
        # batch normalisation subtracts the mean, and any bias with it
        self.hidden = nn.Linear(fan_in, settings.n_hidden, bias=settings.norm != "batch")
        self.norm = make_norm(settings.norm, settings.n_hidden)
        self.output = nn.Linear(settings.n_hidden, vocab_size)
        if settings.init == "kaiming":
            nn.init.normal_(self.hidden.weight, std=TANH_GAIN / math.sqrt(fan_in))
            if self.hidden.bias is not None:
                nn.init.normal_(self.hidden.bias, std=0.01)
        # start from nearly equal probabilities: the first loss is log V, and no unit is saturated
        nn.init.normal_(self.output.weight, std=0.01)
        nn.init.zeros_(self.output.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        """Slide the window over each sequence: (B, T) -> (B, T, V)."""
        return self.by_layers(self.pad(tokens).unfold(1, self.context_length, 1))

    def by_layers(self, contexts: Tensor) -> Tensor:
        """Embed, concatenate, one tanh layer, logits: (..., block_size) -> (..., V)."""
        return self.logits_from(self.hidden(self.embedding(contexts).flatten(-2)))

    def predict(self, contexts: Tensor, weights: Tensor | None = None) -> Tensor:
        """Logits after each window: int64 (..., block_size) -> (..., V)."""
        rows = contexts.reshape(-1, self.context_length)
        hidden = linear_of_rows(self.hidden, self.embedding.weight, rows)
        return self.logits_from(hidden, weights).view(*contexts.shape[:-1], self.vocab_size)

    def logits_from(self, hidden: Tensor, weights: Tensor | None = None) -> Tensor:
        """Finish what the hidden layer has begun: (..., n_hidden) -> (..., V)."""
        logits: Tensor = self.output(tanh(normalise(self.norm, hidden, weights)))
        return logits
