"""Cross-entropy and batch normalisation at once: against the steps, autograd and the kernels."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.backprop import kernels
from makemore.backprop.by_hand import autograd, backward, grad_h, grad_w2
from makemore.backprop.comparison import compare
from makemore.backprop.forward import EPS
from makemore.backprop.shortcuts import grad_hprebn_at_once, grad_logits_at_once
from tests.backprop.test_by_hand import forward_pass

N = 32
SHARE = torch.full((N, 1), 1 / N, dtype=torch.float64)


def test_softmax_less_onehot_is_the_gradient_of_the_logits() -> None:
    values = forward_pass(N)
    ours = grad_logits_at_once(values.logits, F.one_hot(values.targets, 27) / N)
    torch.testing.assert_close(ours, autograd(values)["logits"], atol=1e-10, rtol=0)
    torch.testing.assert_close(ours, backward(values)["logits"], atol=1e-10, rtol=0)


def test_what_pulls_a_logit_up_pushes_the_others_down_as_much() -> None:
    values = forward_pass(N)
    pulls = grad_logits_at_once(values.logits, F.one_hot(values.targets, 27) / N)
    assert pulls.sum(1).abs().max() < 1e-15
    assert torch.equal(pulls < 0, F.one_hot(values.targets, 27) == 1)


def test_batch_normalisation_at_once_is_the_seven_steps() -> None:
    values = forward_pass(N)
    theirs = autograd(values)
    scale = values.weights.bngain * values.bnvar_inv
    in_variance = torch.full((N, 1), 1 / (N - 1), dtype=torch.float64)
    ours = grad_hprebn_at_once(theirs["hpreact"], values.bnraw, scale, SHARE, in_variance)
    torch.testing.assert_close(ours, theirs["hprebn"], atol=1e-10, rtol=0)
    torch.testing.assert_close(ours, backward(values)["hprebn"], atol=1e-10, rtol=0)


def test_the_slip_of_n_for_n_less_1_is_noticed() -> None:
    values = forward_pass(N)
    theirs = autograd(values)
    scale = values.weights.bngain * values.bnvar_inv
    slip = grad_hprebn_at_once(theirs["hpreact"], values.bnraw, scale, SHARE, SHARE)
    comparison = compare({"hprebn": slip}, theirs)
    assert not comparison.close
    assert comparison.largest > 1e-5


@settings(max_examples=40)
@given(n=st.integers(1, 9), vocab_size=st.integers(1, 7), seed=st.integers(0, 2**31))
def test_the_cross_entropy_kernel_has_the_same_gradient(n: int, vocab_size: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    shape = (n, vocab_size)
    logits = torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
    wanted = torch.rand(shape, generator=generator, dtype=torch.float64)
    wanted *= torch.randint(2, shape, generator=generator)  # some rows want several, some none
    rows, classes = wanted.nonzero(as_tuple=True)
    loss = kernels.cross_entropy(logits, rows, classes, wanted[rows, classes])
    (theirs,) = torch.autograd.grad(loss, logits)
    torch.testing.assert_close(
        grad_logits_at_once(logits.detach(), wanted), theirs, atol=1e-12, rtol=0
    )


@settings(max_examples=40)
@given(n=st.integers(2, 9), n_hidden=st.integers(1, 7), seed=st.integers(0, 2**31))
def test_the_batch_normalisation_kernel_has_the_same_gradient(
    n: int, n_hidden: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    x, slope = normal(n, n_hidden).requires_grad_(), normal(n, n_hidden)
    gain, bias = normal(n_hidden), normal(n_hidden)
    share = normal(n).softmax(0)
    made, mean, variance = kernels.batch_norm(x, share, gain, bias, EPS)
    (theirs,) = torch.autograd.grad(made, x, slope)
    per_deviation = (variance + EPS).rsqrt()
    raw = (x.detach() - mean) * per_deviation
    ours = grad_hprebn_at_once(slope, raw, gain * per_deviation, share[:, None], share[:, None])
    torch.testing.assert_close(ours, theirs, atol=1e-10, rtol=1e-10)


def test_the_spreads_of_a_large_linear_layer_are_the_lecture_s() -> None:
    """Makemore, lecture 4, bonus: c = b a, 1,000 wide; what grows forward grows backward."""
    generator = torch.Generator().manual_seed(2147483647)
    a = torch.randn((1000, 1), generator=generator)
    b = torch.randn((1000, 1000), generator=generator)
    dc = torch.randn(1000, generator=generator)[None]  # (1, 1000)
    da, db = grad_h(dc, b.T), grad_w2(dc, a.T)
    spreads = [x.std().item() for x in (a, b, b @ a, dc, da, db)]
    lecture = [0.9875972, 1.0006722, 31.0124168, 0.9782556, 30.8818302, 0.9666601]
    assert spreads == pytest.approx(lecture, rel=1e-6)


def test_the_spreads_behind_a_batch_normalisation_are_the_lecture_s() -> None:
    """Makemore, lecture 4, bonus: the same layer, normalised over its 1,000 outputs."""
    generator = torch.Generator().manual_seed(2147483647)
    inp = torch.randn(1000, generator=generator)[None]  # (1, 1000)
    w = torch.randn((1000, 1000), generator=generator)
    x = w @ inp.T  # (1000, 1)
    per_deviation = (x.var() + EPS).rsqrt()
    out = (x - x.mean()) * per_deviation
    dout = torch.randn(1000, generator=generator)[:, None]
    in_mean, in_variance = torch.full((1000, 1), 1 / 1000), torch.full((1000, 1), 1 / 999)
    dx = grad_hprebn_at_once(dout, out, per_deviation[None], in_mean, in_variance)
    dw, dinp = grad_w2(dx.T, inp), grad_h(dx.T, w.T)
    spreads = [each.std().item() for each in (x, out, dout, dx, dw, dinp)]
    lecture = [31.0124168, 1.0, 0.9782556, 0.0315439776, 0.0311694685, 0.9953052998]
    assert spreads == pytest.approx(lecture, rel=1e-6)
