"""The layers that lectures 4 and 6 build, a step of SGD through them, and what can be seen in it.

`torch.nn` has all of them. They stand here because a training's digits depend on the order of the
operations, and on which random number becomes which weight.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.lectures.windows import Windows


class Embedding(nn.Module):
    """A vector for each character: int64 (...) -> (..., n_embd)."""

    def __init__(self, vocab_size: int, n_embd: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(vocab_size, n_embd, generator=generator))

    def forward(self, tokens: Tensor) -> Tensor:
        """Look the vectors up."""
        return self.weight[tokens]


class Fuse(nn.Module):
    """Put `n` places side by side: (B, T, C) -> (B, T / n, n C), or (B, n C) where T is n."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def forward(self, x: Tensor) -> Tensor:
        """Reshape."""
        fused = x.reshape(len(x), x.shape[1] // self.n, -1)
        return fused.squeeze(1)


class Linear(nn.Module):
    """A product whose result spreads as its input does: weights of std gain / sqrt(fan_in).

    Biases are 0 at first, or drawn where `bias_std` is given. A std of 0 draws them too, for the
    same random numbers afterwards as in a lecture that draws biases and multiplies them by 0.
    """

    def __init__(
        self,
        fan_in: int,
        fan_out: int,
        generator: torch.Generator,
        *,
        bias: bool = True,
        gain: float = 1,
        bias_std: float | None = None,
    ) -> None:
        super().__init__()
        weight = torch.randn(fan_in, fan_out, generator=generator) / fan_in**0.5
        self.weight = nn.Parameter(weight * gain)
        self.bias = nn.Parameter(torch.zeros(fan_out)) if bias else None
        if self.bias is not None and bias_std is not None:
            self.bias.data = torch.randn(fan_out, generator=generator) * bias_std

    def forward(self, x: Tensor) -> Tensor:
        """Multiply: (..., fan_in) -> (..., fan_out)."""
        return x @ self.weight if self.bias is None else x @ self.weight + self.bias


class BatchNorm(nn.Module):
    """Bring each channel to mean 0 and variance 1 over the batch (Ioffe & Szegedy 2015).

    In training the running mean and variance follow the batch's; afterwards they take its place.
    The variance is divided by n - 1, also where the paper and PyTorch divide it by n.

    Args:
        n_channels: size of the last dimension.
        gain: factor of the result at first.
        momentum: share of a batch in the running values.
        by_place: with three dimensions, one mean and variance for each place: lecture 6's first
            BatchNorm, which forgets that all places belong together.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self, n_channels: int, gain: float = 1, momentum: float = 0.1, *, by_place: bool = False
    ) -> None:
        super().__init__()
        self.momentum = momentum
        self.by_place = by_place
        self.weight = nn.Parameter(torch.ones(n_channels) * gain)
        self.bias = nn.Parameter(torch.zeros(n_channels))
        self.register_buffer("running_mean", torch.zeros(n_channels))
        self.register_buffer("running_var", torch.ones(n_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (..., n_channels)."""
        mean, variance = self.running_mean, self.running_var
        if self.training:
            over = (0,) if self.by_place else tuple(range(x.ndim - 1))
            mean, variance = x.mean(over), x.var(over)
            kept, new = 1 - self.momentum, self.momentum
            with torch.no_grad():
                self.running_mean = kept * self.running_mean + new * mean
                self.running_var = kept * self.running_var + new * variance
        return self.weight * ((x - mean) / torch.sqrt(variance + 1e-5)) + self.bias


@dataclass(frozen=True)
class Pass:
    """A batch, forward and backward through a net.

    Attributes:
        loss: mean over the batch, in nats a character.
        activations: what each tanh gives, (B, n_hidden) each.
        slopes: the gradient of each of these.
        gradients: that of each parameter, in the order of `net.parameters()`.
    """

    loss: float
    activations: list[Tensor]
    slopes: list[Tensor]
    gradients: list[Tensor]

    def saturated(self, threshold: float = 0.97) -> tuple[float, ...]:
        """Give the percentage of activations near -1 or 1, by layer: there tanh has no slope."""
        return tuple(percent_beyond(a, threshold) for a in self.activations)


def forward_and_backward(net: nn.Sequential, batch: Windows) -> Pass:
    """Compute the loss of a batch, and the gradient of all that leads to it."""
    x, activations = batch.contexts, []
    for layer in net:
        x = layer(x)
        if isinstance(layer, nn.Tanh):
            activations.append(x)
    loss = F.cross_entropy(x, batch.targets)
    parameters = list(net.parameters())
    found = torch.autograd.grad(loss, [*activations, *parameters])
    n = len(activations)
    return Pass(loss.item(), [a.detach() for a in activations], [*found[:n]], [*found[n:]])


@torch.no_grad()
def descend(
    parameters: Sequence[Tensor], gradients: Sequence[Tensor], learning_rate: float
) -> None:
    """Take a step of plain SGD, in place."""
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter -= learning_rate * gradient


def train(
    net: nn.Sequential,
    data: Windows,
    generator: torch.Generator,
    steps: int,
    learning_rate: float = 0.1,
) -> Pass:
    """Train by SGD on batches of 32 windows; give the last pass."""
    for _ in range(steps):
        last = forward_and_backward(net, data.batch(32, generator))
        descend(list(net.parameters()), last.gradients, learning_rate)
    return last


@torch.no_grad()
def mean_loss(net: nn.Sequential, data: Windows) -> float:
    """Compute the loss over all windows, with the running values of each normalisation."""
    net.eval()
    logits: Tensor = net(data.contexts)
    return F.cross_entropy(logits, data.targets).item()


def percent_beyond(activations: Tensor, threshold: float) -> float:
    """Give the percentage of activations of a size above `threshold`."""
    return 100 * int((activations.abs() > threshold).sum()) / activations.numel()


def stds(tensors: Sequence[Tensor]) -> tuple[float, ...]:
    """Give the standard deviation of each."""
    return tuple(tensor.std().item() for tensor in tensors)


def ratios(net: nn.Sequential, found: Pass) -> tuple[float, ...]:
    """Give the spread of the gradient over that of the data, for the embedding and each weight."""
    pairs = zip(net.parameters(), found.gradients, strict=True)
    return tuple((g.std() / p.std()).item() for p, g in pairs if p.ndim == 2)


def log_updates(net: nn.Sequential, found: Pass, learning_rate: float = 0.1) -> tuple[float, ...]:
    """Give log10 of the spread of a step over that of the data: about -3 is healthy."""
    return tuple(math.log10(learning_rate * ratio) for ratio in ratios(net, found))
