"""The 26 gradients against autograd's, and the usual slips, each of which must be noticed."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from makemore.backprop import by_hand
from makemore.backprop.by_hand import NAMES, autograd, backward, grad_c
from makemore.backprop.comparison import compare
from makemore.backprop.forward import Forward, Weights, forward


def forward_pass(
    n: int = 32,
    *,
    vocab_size: int = 27,
    n_embd: int = 10,
    block_size: int = 3,
    n_hidden: int = 64,
    seed: int = 2147483647,
    dtype: torch.dtype = torch.float64,
) -> Forward:
    """Draw a network and a batch, as large as the lecture's, and go forward."""
    generator = torch.Generator().manual_seed(seed)
    weights = Weights.random(generator, vocab_size, n_embd, block_size, n_hidden, dtype)
    contexts = torch.randint(vocab_size, (n, block_size), generator=generator)
    targets = torch.randint(vocab_size, (n,), generator=generator)
    return forward(weights, contexts, targets)


def test_there_are_26_and_their_order_is_that_of_the_backward_pass() -> None:
    assert len(set(NAMES)) == 26
    assert tuple(backward(forward_pass())) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_gradient_is_autograd_s(name: str) -> None:
    values = forward_pass()
    torch.testing.assert_close(backward(values)[name], autograd(values)[name], atol=1e-10, rtol=0)


@settings(max_examples=40)
@given(
    n=st.integers(3, 12),
    vocab_size=st.integers(2, 9),
    n_embd=st.integers(1, 4),
    block_size=st.integers(1, 4),
    n_hidden=st.integers(1, 6),
    seed=st.integers(0, 2**31),
)
def test_they_are_at_every_size(
    n: int, vocab_size: int, n_embd: int, block_size: int, n_hidden: int, seed: int
) -> None:
    values = forward_pass(
        n,
        vocab_size=vocab_size,
        n_embd=n_embd,
        block_size=block_size,
        n_hidden=n_hidden,
        seed=seed,
    )
    ours, theirs = backward(values), autograd(values)
    for name in NAMES:  # where examples are alike the variance is small and gradients are large
        torch.testing.assert_close(ours[name], theirs[name], atol=1e-10, rtol=1e-10)


def test_in_single_precision_they_are_close_though_not_all_to_the_last_bit() -> None:
    values = forward_pass(dtype=torch.float32)
    comparison = compare(backward(values), autograd(values))
    assert comparison.close
    assert comparison.largest < 1e-7


def test_no_gradient_is_recorded_for_autograd_itself() -> None:
    assert not any(gradient.requires_grad for gradient in backward(forward_pass()).values())


def test_a_bias_before_batch_normalisation_is_useless() -> None:
    assert backward(forward_pass())["b1"].abs().max() < 1e-15


def test_the_maximum_of_the_logits_changes_nothing() -> None:
    assert backward(forward_pass())["logit_maxes"].abs().max() < 1e-15


def test_the_scatter_of_the_embedding_is_the_lecture_s_loop() -> None:
    contexts, demb = torch.randint(5, (20, 3)), torch.randn(20, 3, 4, dtype=torch.float64)
    expected = torch.zeros(6, 4, dtype=torch.float64)
    for example, context in enumerate(contexts.tolist()):
        for place, character in enumerate(context):
            expected[character] += demb[example, place]
    torch.testing.assert_close(grad_c(demb, contexts, 6), expected, atol=1e-13, rtol=0)
    assert not grad_c(demb, contexts, 6)[5].any()  # it stands nowhere


def last_one_wins(demb: Tensor, contexts: Tensor, vocab_size: int) -> Tensor:
    dc = demb.new_zeros(vocab_size, demb.shape[-1])
    dc[contexts] = demb
    return dc


SLIPS: list[tuple[str, Callable[..., Tensor], set[str]]] = [
    # n for n - 1
    (
        "bndiff2",
        lambda dbnvar, n: (dbnvar / n).expand(n, -1),
        {"bndiff2", "bndiff", "hprebn", "embcat", "W1", "emb", "C"},
    ),
    # a broadcast whose gradient is not summed
    ("b2", lambda dlogits: dlogits, {"b2"}),
    ("bnbias", lambda dhpreact: dhpreact, {"bnbias"}),
    ("bngain", lambda dhpreact, bnraw: dhpreact * bnraw, {"bngain"}),
    # one that is averaged
    ("b2", lambda dlogits: dlogits.mean(0), {"b2"}),
    # used twice, and one use forgotten
    (
        "counts",
        lambda dprobs, counts_sum_inv, dcounts_sum: dprobs * counts_sum_inv,
        set(NAMES[NAMES.index("counts") :]) - {"b1"},  # which is 0 all the same
    ),
    (
        "bndiff",
        lambda dbnraw, bnvar_inv, dbndiff2, bndiff: dbnraw * bnvar_inv,
        {"bndiff", "hprebn", "embcat", "W1", "emb", "C"},
    ),
    # the slope of tanh at h, and not at what went into it
    (
        "hpreact",
        lambda dh, h: dh * (1 - torch.tanh(h) ** 2),
        set(NAMES[NAMES.index("hpreact") :]) - {"b1"},
    ),
    # a scatter that overwrites
    ("C", last_one_wins, {"C"}),
]


@pytest.mark.parametrize(("name", "slip", "wrong"), SLIPS)
def test_a_slip_is_noticed_where_it_is_made_and_in_all_that_follows(
    name: str, slip: Callable[..., Tensor], wrong: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_hand, f"grad_{name.lower()}", slip)
    values = forward_pass()
    comparison = compare(backward(values), autograd(values))
    assert not comparison.close
    assert {one.name for one in comparison.differences if one.largest > 1e-6} == wrong
