"""Our kernels against PyTorch's own, and their derivatives against finite differences."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.backprop import kernels
from makemore.backprop.kernels import (
    batch_norm,
    cross_entropy,
    dropout,
    linear_of_rows,
    sum_of_rows,
    tanh,
)


def pairs_and_weights() -> tuple[Tensor, Tensor, Tensor]:
    """Pairs of 7 rows and 5 classes: some rows have several, one has none."""
    rows = torch.tensor([0, 0, 1, 2, 2, 2, 3, 5, 6])
    classes = torch.tensor([0, 4, 1, 0, 1, 3, 2, 2, 0])
    return rows, classes, torch.rand(9, dtype=torch.float64)


@pytest.fixture(params=["PyTorch's own", "by the sigmoid"])
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute tanh in each of its ways, whichever this machine takes."""
    monkeypatch.setattr(kernels, "OWN_TANH_IS_FAST", request.param == "PyTorch's own")


@pytest.mark.usefixtures("each_way")
def test_tanh_is_pytorch_s_everywhere() -> None:
    x = torch.cat([torch.linspace(-100, 100, 20001), torch.logspace(-9, 0, 1000)])
    x = torch.cat([x, torch.tensor([torch.inf, -torch.inf])])
    torch.testing.assert_close(tanh(x), torch.tanh(x), atol=2e-7, rtol=0)
    assert torch.isnan(tanh(torch.tensor(torch.nan)))


@pytest.mark.usefixtures("each_way")
def test_the_gradient_of_tanh_is_pytorch_s() -> None:
    x = torch.linspace(-20, 20, 4001, requires_grad=True)
    (ours,) = torch.autograd.grad(tanh(x).sum(), x)
    (theirs,) = torch.autograd.grad(torch.tanh(x).sum(), x)
    torch.testing.assert_close(ours, theirs, atol=5e-7, rtol=0)
    assert torch.autograd.gradcheck(tanh, x[::400].detach().double().requires_grad_())


@pytest.mark.parametrize("p", [0.001, 0.2, 0.5, 0.99999])
def test_dropout_drops_its_share_and_scales_the_rest_with_its_derivative(p: float) -> None:
    n = 1_000_001  # no multiple of the four values that share a random number
    x = torch.linspace(1, 2, n, requires_grad=True)
    y = dropout(x, p)
    stays = y != 0
    deviation = (p * (1 - p) / n) ** 0.5
    assert (~stays).float().mean().item() == pytest.approx(p, abs=4 * deviation + 2**-17)
    scale = 1 / (1 - p) if p < 0.9999 else 2.0**16
    torch.testing.assert_close(y, torch.where(stays, x * scale, 0), rtol=1e-4, atol=0)
    (slope,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(slope, torch.where(stays, scale, 0.0), rtol=1e-4, atol=0)


def test_dropout_is_repeated_by_a_seed_and_independent_from_place_to_place() -> None:
    def drawn() -> Tensor:
        torch.manual_seed(1)
        return dropout(torch.ones(8, 10_000), 0.3)

    assert torch.equal(drawn(), drawn())
    together = torch.corrcoef(drawn().T.reshape(-1, 4).T)  # of the four that share a number
    assert (together - torch.eye(4)).abs().max() < 0.03


def test_a_sum_of_rows_is_an_embedding_bag() -> None:
    matrix = torch.randn(9, 4, dtype=torch.float64, requires_grad=True)
    rows = torch.randint(9, (20, 3))
    rows[0] = 5  # one row several times over
    slope = torch.randn(20, 4, dtype=torch.float64)
    ours = sum_of_rows(matrix, rows)
    theirs = F.embedding_bag(rows, matrix, mode="sum")
    torch.testing.assert_close(ours, theirs)
    found = torch.autograd.grad(ours, matrix, slope)
    torch.testing.assert_close(found, torch.autograd.grad(theirs, matrix, slope))


@pytest.mark.parametrize("n_places", [2, 3, 30], ids=["fewer than rows", "as many", "more"])
@pytest.mark.parametrize("bias", [True, False])
def test_a_linear_map_of_rows_is_that_of_the_rows_side_by_side(n_places: int, bias: bool) -> None:
    layer = nn.Linear(4 * 5, 6, bias, dtype=torch.float64)
    x = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    rows = torch.randint(3, (n_places, 4))
    slope = torch.randn(n_places, 6, dtype=torch.float64)
    ours, theirs = linear_of_rows(layer, x, rows), layer(x[rows].flatten(1))
    torch.testing.assert_close(ours, theirs)
    of = [x, *layer.parameters()]
    found = torch.autograd.grad(ours, of, slope)
    torch.testing.assert_close(found, torch.autograd.grad(theirs, of, slope))


def test_batch_norm_is_pytorch_s_over_rows_that_stand_for_several() -> None:
    x = torch.randn(7, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(3, dtype=torch.float64, requires_grad=True)
    counts = torch.tensor([1, 4, 2, 1, 1, 3, 2])
    slope = torch.randn(14, 3, dtype=torch.float64)
    repeated = x.repeat_interleave(counts, dim=0)
    theirs = F.batch_norm(repeated, None, None, weight, bias, training=True)
    ours, mean, variance = batch_norm(x, counts / counts.sum(dtype=x.dtype), weight, bias, 1e-5)
    torch.testing.assert_close(ours.repeat_interleave(counts, dim=0), theirs)
    torch.testing.assert_close(mean, repeated.mean(0))
    torch.testing.assert_close(variance, repeated.var(0, correction=0))
    of = [x, weight, bias]
    found = torch.autograd.grad(ours.repeat_interleave(counts, dim=0), of, slope)
    torch.testing.assert_close(found, torch.autograd.grad(theirs, of, slope))


def test_cross_entropy_is_pytorch_s_example_by_example() -> None:
    logits = torch.randn(7, 5, dtype=torch.float64, requires_grad=True)
    rows, classes, weights = pairs_and_weights()
    each = F.cross_entropy(logits[rows], classes, reduction="none")
    ours, theirs = cross_entropy(logits, rows, classes, weights), each @ weights
    torch.testing.assert_close(ours, theirs)
    found = torch.autograd.grad(3 * ours, logits)
    torch.testing.assert_close(found, torch.autograd.grad(3 * theirs, logits))


def test_cross_entropy_computes_no_gradient_that_nobody_asks_for() -> None:
    logits = torch.randn(7, 5, dtype=torch.float64)
    assert not cross_entropy(logits, *pairs_and_weights()).requires_grad
