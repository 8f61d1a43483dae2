"""What PyTorch does slowly on a CPU, by a faster way to the same numbers.

Most are a function and its derivative, side by side; tests hold both equal to PyTorch's own. Where
the derivatives come from: `by_hand` has them step by step, `shortcuts` multiplied out.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

OWN_TANH_IS_FAST = torch.backends.cpu.get_cpu_capability() == "AVX512"
"""With AVX-512 it takes a third of the time of the way by the sigmoid, with AVX2 half as long again
as that way."""

_watched = threading.local()


@contextmanager
def by_own_functions() -> Iterator[None]:
    """Compute by PyTorch's own functions in this thread, for who watches which are called."""
    _watched.now = True
    try:
        yield
    finally:
        _watched.now = False


def tanh(x: Tensor) -> Tensor:
    """Hyperbolic tangent: PyTorch's own where it is fast, or within 2e-7 of it in fp32."""
    if OWN_TANH_IS_FAST or x.device.type != "cpu" or getattr(_watched, "now", False):
        return torch.tanh(x)
    y: Tensor = _Tanh.apply(x)  # type: ignore[no-untyped-call]
    return y


class _Tanh(torch.autograd.Function):
    """2 sigmoid(2 x) - 1."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        y = (2 * x).sigmoid_()
        torch.add(x.new_tensor(-1.0), y, alpha=2, out=y)  # 2 y - 1 in one pass
        context.save_for_backward(y)
        return y

    @staticmethod
    def backward(context: Any, slope: Tensor) -> Tensor:
        (y,) = context.saved_tensors
        of_x: Tensor = torch.ops.aten.tanh_backward(slope, y)  # slope * (1 - y²)
        return of_x


def dropout(x: Tensor, p: float) -> Tensor:
    """Set a share p of the values to 0, at random, and scale the others up by 1 / (1 - p).

    Each value takes 16 random bits, so that p is rounded to a multiple of 1 / 65536. PyTorch's own
    on a CPU draws a number of 32 bits for each, which takes twice as long.

    Args:
        x: of any shape.
        p: from 0 up to, and without, 1.
    """
    n = round(p * 2**16)
    if x.device.type != "cpu" or n == 2**16 or torch.compiler.is_compiling():
        return F.dropout(x, p)
    left: Tensor = _Dropout.apply(x, n)  # type: ignore[no-untyped-call]
    return left


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor, n: int) -> Tensor:
        fours = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        stays = fours.view(torch.int16)[: x.numel()].view(x.shape) >= n - 2**15
        context.save_for_backward(stays)
        context.scale = 1 / (1 - n / 2**16)
        return (x * stays).mul_(context.scale)

    @staticmethod
    def backward(context: Any, slope: Tensor) -> tuple[Tensor, None]:
        (stays,) = context.saved_tensors
        return (slope * stays).mul_(context.scale), None


def sum_of_rows(matrix: Tensor, rows: Tensor) -> Tensor:
    """Sum rows of a matrix, k of them for each row of the result.

    result[n] = matrix[rows[n, 0]] + … + matrix[rows[n, k - 1]]. That is an `embedding_bag`, whose
    own derivative takes four times as long.

    Args:
        matrix: (R, C).
        rows: which rows are summed, int64 (N, k).

    Returns:
        (N, C).
    """
    total: Tensor = _SumOfRows.apply(matrix, rows)  # type: ignore[no-untyped-call]
    return total


class _SumOfRows(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, matrix: Tensor, rows: Tensor) -> Tensor:
        context.save_for_backward(rows)
        context.shape = matrix.shape
        return F.embedding_bag(rows, matrix, mode="sum")

    @staticmethod
    def backward(context: Any, slope: Tensor) -> tuple[Tensor, None]:
        (rows,) = context.saved_tensors
        of_matrix = slope.new_zeros(context.shape)
        for column in rows.t().contiguous():
            of_matrix.index_add_(0, column, slope)
        return of_matrix, None


def linear_of_rows(layer: nn.Linear, x: Tensor, rows: Tensor) -> Tensor:
    """Apply a linear layer to k rows of x laid side by side, for each of N choices of k rows.

    The layer's weight is k blocks side by side, one for each place, and its result is a sum over
    the places: block j times the row at place j. So each block is multiplied once with every row
    of x, and the results are looked up and summed.

    Args:
        layer: of k * C inputs.
        x: (R, C).
        rows: of x, int64 (N, k).

    Returns:
        (N, layer.out_features).
    """
    k = rows.shape[1]
    if len(rows) < len(x):  # that would be more products, not fewer
        # the derivative of x[rows] adds up in the order in which PyTorch's threads come by
        made: Tensor = layer(x.index_select(0, rows.flatten()).view(len(rows), -1))
        return made
    n_out, n_channels = layer.out_features, x.shape[1]
    maps = layer.weight.view(n_out, k, n_channels).transpose(0, 1).reshape(k * n_out, n_channels)
    shares = None if layer.bias is None else (layer.bias / k).repeat(k)
    made = F.linear(x, maps, shares).view(-1, n_out)  # (R * k, n_out)
    return sum_of_rows(made, rows * k + torch.arange(k, device=rows.device))


def batch_norm(
    x: Tensor, shares: Tensor, weight: Tensor, bias: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Bring each channel to mean 0 and variance 1 over rows that stand for shares of a batch.

    With u the normalised channels, s = weight / deviation and the slope g of the result, that of x
    is s (g - share (Σ g + u Σ g u)): `shortcuts.grad_hprebn_at_once`, where a share counts in the
    mean and in the variance alike.

    Args:
        x: (N, C).
        shares: (N,), whose sum is 1.
        weight: what each channel is multiplied by then, (C,).
        bias: what is added to it, (C,).
        eps: added to the variance.

    Returns:
        (N, C), and what the mean and the variance were, (C,) each.
    """
    normalised: tuple[Tensor, Tensor, Tensor] = _BatchNorm.apply(x, shares, weight, bias, eps)  # type: ignore[no-untyped-call]
    return normalised


class _BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, x: Tensor, shares: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        mean = shares @ x
        unit = x - mean
        variance = shares @ unit.square()
        per_deviation = (variance + eps).rsqrt()
        unit *= per_deviation
        context.save_for_backward(unit, shares, weight * per_deviation)
        context.mark_non_differentiable(mean, variance)
        return torch.addcmul(bias, unit, weight), mean, variance

    @staticmethod
    def backward(
        context: Any, slope: Tensor, *others: Tensor
    ) -> tuple[Tensor, None, Tensor, Tensor, None]:
        unit, shares, scale = context.saved_tensors
        of_bias, of_weight = slope.sum(0), (slope * unit).sum(0)
        of_x = torch.addcmul(of_bias * scale, unit, of_weight * scale).mul_(shares.unsqueeze(1))
        return torch.sub(slope * scale, of_x, out=of_x), None, of_weight, of_bias, None


def cross_entropy(logits: Tensor, rows: Tensor, classes: Tensor, weights: Tensor) -> Tensor:
    """Sum over (row, class) pairs of weight * -log softmax(logits)[row, class].

    Its derivative is known while the loss is computed: the softmax, times all the weight of its
    row, less the weight of each pair: `shortcuts.grad_logits_at_once`, with no matrix of what is
    wanted. With one pair a row and 1/n each, that is (softmax - onehot) / n.

    Args:
        logits: (N, V).
        rows: int64 (P,).
        classes: int64 (P,).
        weights: (P,).
    """
    loss: Tensor = _CrossEntropy.apply(logits, rows, classes, weights)  # type: ignore[no-untyped-call]
    return loss


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, logits: Tensor, rows: Tensor, classes: Tensor, weights: Tensor
    ) -> Tensor:
        log_softmax = F.log_softmax(logits, dim=-1)
        pairs = rows * logits.shape[1] + classes
        loss = -(log_softmax.view(-1).index_select(0, pairs) @ weights)
        if context.needs_input_grad[0]:
            of_rows = logits.new_zeros(len(logits)).index_add_(0, rows, weights)
            slope = log_softmax.exp_().mul_(of_rows.unsqueeze(1))
            slope.view(-1).index_add_(0, pairs, weights, alpha=-1)
            context.save_for_backward(slope)
        return loss

    @staticmethod
    def backward(context: Any, slope: Tensor) -> tuple[Tensor, None, None, None]:
        (of_logits,) = context.saved_tensors
        return of_logits * slope, None, None, None
