"""A network's loss and gradients by hand, against autograd over a batch one row an example."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from makemore.backprop.network import Layers, loss_and_gradients, with_gradients

EPS = 1e-5


def random_layers(generator: torch.Generator, norm: bool) -> Layers:
    """Draw a network of 5 characters that sees 2 of them, with 3 hidden units."""

    def normal(*shape: int) -> Tensor:
        drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
        return drawn.requires_grad_()

    gain, bias = (normal(3), normal(3)) if norm else (None, None)
    return Layers(
        normal(5, 4), normal(8, 3), None if norm else normal(3), gain, bias, normal(3, 5), normal(5)
    )


def plain_loss(w: Layers, contexts: Tensor, targets: Tensor) -> Tensor:
    """The network as PyTorch has it."""
    hidden = F.linear(F.embedding(contexts, w.C).flatten(1), w.W1.T, w.b1)
    if w.bngain is not None:
        hidden = F.batch_norm(hidden, None, None, w.bngain, w.bnbias, training=True, eps=EPS)
    return F.cross_entropy(F.linear(torch.tanh(hidden), w.W2.T, w.b2), targets)


@pytest.mark.parametrize("norm", [False, True])
@settings(max_examples=40)
@given(counts=st.lists(st.integers(1, 5), min_size=2, max_size=9), seed=st.integers(0, 2**31))
def test_the_loss_and_every_gradient_are_those_of_the_batch_written_out(
    norm: bool, counts: list[int], seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    layers = random_layers(generator, norm)
    contexts = torch.randint(5, (len(counts), 2), generator=generator)
    rows = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    targets = torch.randint(5, (len(rows),), generator=generator)
    wanted = torch.zeros(len(counts), 5, dtype=torch.float64)
    for row, target in zip(rows.tolist(), targets.tolist(), strict=True):
        wanted[row, target] += 1 / len(rows)

    found = loss_and_gradients(layers, contexts, wanted, EPS)
    loss = plain_loss(layers, contexts[rows], targets)
    torch.testing.assert_close(found.loss, loss, atol=1e-12, rtol=0)
    for name, weight in vars(layers).items():
        gradient = getattr(found.gradients, name)
        if weight is None:
            assert gradient is None
            continue
        (theirs,) = torch.autograd.grad(loss, weight, retain_graph=True)
        torch.testing.assert_close(gradient, theirs, atol=1e-10, rtol=1e-10)
        assert not gradient.requires_grad


def test_the_mean_and_variance_are_those_of_what_comes_before_the_normalisation() -> None:
    layers = random_layers(torch.Generator().manual_seed(0), norm=True)
    contexts = torch.tensor([[0, 1], [2, 3], [4, 4]])
    wanted = torch.tensor([[3, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 2, 0, 0]]).double() / 6
    found = loss_and_gradients(layers, contexts, wanted, EPS)
    rows = torch.tensor([0, 0, 0, 1, 2, 2])
    hidden = layers.C[contexts[rows]].flatten(1) @ layers.W1
    torch.testing.assert_close(found.mean, hidden.mean(0))
    torch.testing.assert_close(found.variance, hidden.var(0, correction=0))


@pytest.mark.parametrize("norm", [False, True])
def test_autograd_hands_out_what_was_found_by_hand(norm: bool) -> None:
    layers = random_layers(torch.Generator().manual_seed(0), norm)
    wanted = torch.full((2, 5), 0.1, dtype=torch.float64)
    found = loss_and_gradients(layers, torch.tensor([[0, 1], [2, 3]]), wanted, EPS)
    loss = with_gradients(found.loss, layers, found.gradients)
    assert loss.item() == found.loss.item()
    (3 * loss).backward()
    for name, weight in vars(layers).items():
        if weight is not None:
            assert torch.equal(weight.grad, 3 * getattr(found.gradients, name))
