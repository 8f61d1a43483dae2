"""Normalisation of hidden channels: each over a batch, or all of them at one place."""

import torch
from torch import Tensor, nn

from makemore.backprop.kernels import batch_norm
from makemore.models.settings import Norm


class BatchNorm(nn.Module):
    """Batch normalisation, whose rows may stand for several examples each.

    Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167 (makemore, lecture 4). In training each
    channel is brought to mean 0 and variance 1 over the batch, and the running mean and variance
    follow; otherwise these are used. A table holds a context once that the batch holds several
    times: weighted by how often, its mean and variance are the batch's own.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, n_channels: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(n_channels))
        self.bias = nn.Parameter(torch.zeros(n_channels))
        self.register_buffer("running_mean", torch.zeros(n_channels))
        self.register_buffer("running_var", torch.ones(n_channels))

    def forward(self, x: Tensor, weights: Tensor | None = None) -> Tensor:
        """Normalise (..., n_channels).

        Args:
            x: the rows.
            weights: how many examples each row stands for, (...); None: one each.
        """
        if not self.training:
            scale = self.weight * (self.running_var + self.eps).rsqrt()
            return x * scale + (self.bias - self.running_mean * scale)
        rows = x.flatten(0, -2).to(self.weight.dtype)  # (N, n_channels), in fp32 whatever x is in
        counts = rows.new_ones(len(rows)) if weights is None else weights.flatten().to(rows.dtype)
        n = counts.sum()
        with torch.autocast(x.device.type, enabled=False):
            normalised, mean, variance = batch_norm(
                rows, counts / n, self.weight, self.bias, self.eps
            )
        self.follow(mean, variance, n)
        return normalised.view_as(x)

    def follow(self, mean: Tensor, variance: Tensor, n: Tensor) -> None:
        """Let the running mean and variance follow those of a batch of n examples, a scalar."""
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * n / (n - 1).clamp(min=1), self.momentum)  # unbiased


@torch.no_grad()
def fold(linear: nn.Linear, norm: BatchNorm) -> nn.Linear:
    """Make one linear layer of one and the batch normalisation behind it, as they evaluate.

    With s = weight / √(running variance + eps), norm(W x + b) is s W x + s (b - running mean) +
    bias, which is linear again: after training, batch normalisation costs nothing.

    Args:
        linear: with a bias or without.
        norm: of as many channels as it has outputs.

    Returns:
        A layer with a bias and weights of its own.
    """
    folded = nn.Linear(linear.in_features, linear.out_features).to(linear.weight)
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()  # (n_channels,)
    bias = 0.0 if linear.bias is None else linear.bias
    folded.weight.copy_(linear.weight * scale[:, None])
    folded.bias.copy_((bias - norm.running_mean) * scale + norm.bias)
    return folded


def make_norm(kind: Norm, n_channels: int, gain: bool = True) -> nn.Module:
    """Make the layer for a `norm` setting.

    Args:
        kind: which.
        n_channels: that it normalises.
        gain: let layer and rms scale each channel by a weight (layer shifts it too).
    """
    match kind:
        case "none":
            return nn.Identity()
        case "batch":
            return BatchNorm(n_channels)
        case "layer":
            return nn.LayerNorm(n_channels, elementwise_affine=gain)
        case "rms":
            return nn.RMSNorm(n_channels, elementwise_affine=gain)


def normalise(norm: nn.Module, x: Tensor, weights: Tensor | None) -> Tensor:
    """Apply such a layer to rows (..., n_channels) that stand for `weights` examples each."""
    normalised: Tensor = norm(x, weights) if isinstance(norm, BatchNorm) else norm(x)
    return normalised
