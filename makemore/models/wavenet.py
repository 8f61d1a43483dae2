r"""WaveNet: characters fused by pairs, then pairs of pairs (van den Oord et al. 2016; lecture 6).

https://arxiv.org/abs/1609.03499

    logits            o
                    /   \
    8 characters   o     o          layer 3: what stands 4 apart
                  / \   / \
    4            o   o o   o        layer 2: 2 apart
                 /\ /\ /\ /\
    2            oo oo oo oo        layer 1: neighbours

Over a whole sequence this is a stack of causal convolutions of two taps, dilated 1, 2, 4, …. Over
a table the same idea that makes the table makes each layer: "emma" and "gemma" share "ma", and
the distinct pairs of a corpus are a few hundred, however many windows stand on them.
"""

import torch
from torch import Tensor, nn

from makemore.backprop.kernels import linear_of_rows, tanh
from makemore.models.normalization import make_norm, normalise
from makemore.models.settings import WaveNetSettings
from makemore.models.window import WindowModel


class Fuse(nn.Module):
    """tanh(norm(W [left, right])): two neighbours become one."""

    def __init__(self, n_in: int, settings: WaveNetSettings) -> None:
        super().__init__()
        # batch normalisation subtracts the mean, and any bias with it
        self.linear = nn.Linear(2 * n_in, settings.n_hidden, bias=settings.norm != "batch")
        self.norm = make_norm(settings.norm, settings.n_hidden)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """Fuse (..., n_in) with (..., n_in) to (..., n_hidden)."""
        fused: Tensor = tanh(self.norm(self.linear(torch.cat([left, right], dim=-1))))
        return fused

    def pairs(self, x: Tensor, rows: Tensor, weights: Tensor | None) -> Tensor:
        """Fuse pairs of rows (D, 2) of x (R, n_in): (D, n_hidden); `weights` as in `BatchNorm`."""
        return tanh(normalise(self.norm, linear_of_rows(self.linear, x, rows), weights))


class WaveNet(WindowModel):
    """Embed the last `block_size` characters, fuse them by pairs until one is left, logits."""

    def __init__(self, vocab_size: int, settings: WaveNetSettings) -> None:
        super().__init__(vocab_size)
        self.context_length = settings.block_size
        n_layer = settings.block_size.bit_length() - 1
        sizes = [settings.n_embd] + [settings.n_hidden] * (n_layer - 1)
        self.embedding = nn.Embedding(vocab_size, settings.n_embd)
        self.layers = nn.ModuleList(Fuse(n_in, settings) for n_in in sizes)
        self.output = nn.Linear(settings.n_hidden, vocab_size)
        # start from nearly equal probabilities: the first loss is log V
        nn.init.normal_(self.output.weight, std=0.01)
        nn.init.zeros_(self.output.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        """Convolve each sequence, every layer twice as dilated as the last: (B, T) -> (B, T, V)."""
        x = self.embedding(self.pad(tokens))  # (B, block_size - 1 + T, n_embd)
        for layer, fuse in enumerate(self.layers):
            dilation = 2**layer
            x = fuse(x[:, :-dilation], x[:, dilation:])  # as much shorter, (B, …, n_hidden)
        logits: Tensor = self.output(x)  # (B, T, V)
        return logits

    def by_layers(self, contexts: Tensor) -> Tensor:
        """Fuse the pairs of each window by itself: (B, block_size) -> (B, V)."""
        x = self.embedding(contexts)  # (B, block_size, n_embd)
        for fuse in self.layers:
            x = fuse(x[:, 0::2].squeeze(1), x[:, 1::2].squeeze(1))  # half as many
        logits: Tensor = self.output(x)  # of (B, n_hidden)
        return logits

    def predict(self, contexts: Tensor, weights: Tensor | None = None) -> Tensor:
        """Logits after each window: (..., block_size) -> (..., V), every part once."""
        rows = contexts.reshape(-1, self.context_length)  # of each part, its row in x: (N, parts)
        x = self.embedding.weight  # (rows, channels)
        counts = None
        for fuse in self.layers:
            assert isinstance(fuse, Fuse)
            pairs = rows[:, 0::2] * len(x) + rows[:, 1::2]  # (N, parts / 2)
            distinct, rows_above = pairs.unique(return_inverse=True)
            if weights is not None:
                each = weights.reshape(-1, 1).expand_as(pairs).flatten()
                counts = each.new_zeros(len(distinct)).index_add(0, rows_above.flatten(), each)
            left_right = torch.stack([distinct // len(x), distinct % len(x)], dim=1)
            x = fuse.pairs(x, left_right, counts)
            rows = rows_above
        logits: Tensor = self.output(x.index_select(0, rows[:, 0]))  # (N, V)
        return logits.view(*contexts.shape[:-1], self.vocab_size)
