"""Lecture 7, held to PyTorch's own attention and LayerNorm, and to a running mean."""

import torch
import torch.nn.functional as F

from makemore.lectures.gpt import (
    attend,
    masked_softmax,
    mean_by_loop,
    mean_by_product,
    mean_by_softmax,
    replay,
)


def test_three_ways_to_average_are_a_running_mean() -> None:
    x = torch.randn(3, 7, 4)
    running = x.cumsum(1) / torch.arange(1, 8)[:, None]
    for average in (mean_by_loop, mean_by_product, mean_by_softmax):
        assert torch.allclose(average(x), running, atol=1e-6), average.__name__


def test_a_head_is_pytorch_s_causal_attention() -> None:
    q, k, v = torch.randn(3, 2, 6, 5).unbind(0)
    out, weights = attend(q, k, v, scale=5**-0.5)
    wanted = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert torch.allclose(out, wanted, atol=1e-6)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 6))


def test_no_place_gives_weight_to_those_after_it() -> None:
    weights = masked_softmax(torch.randn(4, 6, 6))
    assert torch.equal(weights.triu(1), torch.zeros(4, 6, 6))


def test_every_figure_is_the_lecture_s_since_none_depends_on_names() -> None:
    for figure in replay():
        assert figure.agrees, figure
