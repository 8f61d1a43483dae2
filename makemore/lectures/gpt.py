"""Lecture 7: from the mean of all before to one head of attention.

https://github.com/karpathy/nn-zero-to-hero, lecture 7; Vaswani et al. 2017. No figure of it needs
the names: the numbers are random.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from makemore.lectures.figures import Figure
from makemore.lectures.windows import new_generator

SEED = 1337
B, T, C, HEAD = 4, 8, 32, 16
"""Sequences, places, channels, and the size of a head."""


def replay() -> Iterator[Figure]:
    """Give the figures of the lecture: the averaging trick, a head, its scale, LayerNorm."""
    yield from averages()
    yield from one_head()
    yield from normalisation()


def mean_by_loop(x: Tensor) -> Tensor:
    """Average each place with all before it, one by one: (B, T, C) -> (B, T, C)."""
    return torch.stack([x[:, : t + 1].mean(1) for t in range(x.shape[1])], 1)


def mean_by_product(x: Tensor) -> Tensor:
    """Do the same as a product with a triangle, whose rows add up to 1."""
    triangle = torch.tril(torch.ones(x.shape[-2], x.shape[-2]))
    weights = triangle / triangle.sum(1, keepdim=True)
    return weights @ x


def mean_by_softmax(x: Tensor) -> Tensor:
    """Do the same as attention that likes all places alike: a softmax over zeros."""
    return masked_softmax(torch.zeros(x.shape[-2], x.shape[-2])) @ x


def masked_softmax(scores: Tensor) -> Tensor:
    """Turn scores (..., T, T) into weights; a place gives none to those after it."""
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


def averages() -> Iterator[Figure]:
    """Average in three ways."""
    few = torch.randint(0, 10, (3, 2), generator=new_generator(42)).float()
    yield Figure(
        "three rows, averaged with those before",
        (2, 7, 4, 5.5, 4.6667, 5.3333),
        tuple(mean_by_product(few).flatten().tolist()),
        "`--model bow` is this average.",
    )
    x = torch.randn(B, T, 2, generator=new_generator(SEED))
    loop, product, softmax = mean_by_loop(x), mean_by_product(x), mean_by_softmax(x)
    apart = max((loop - other).abs().max().item() for other in (product, softmax))
    yield Figure("loop, product and softmax: apart by, at most", 0, apart, form=".6f")


def project(x: Tensor, generator: torch.Generator) -> Tensor:
    """Multiply by fresh weights as `torch.nn.Linear` draws them: (..., C) -> (..., HEAD)."""
    bound = x.shape[-1] ** -0.5
    weight = torch.empty(HEAD, x.shape[-1]).uniform_(-bound, bound, generator=generator)
    return x @ weight.T


def attend(q: Tensor, k: Tensor, v: Tensor, scale: float = 1) -> tuple[Tensor, Tensor]:
    """Let each place ask (q) all before it (k) and take what they have (v), (B, T, HEAD) each.

    Returns:
        What it gets, (B, T, HEAD), and the weights (B, T, T).
    """
    weights = masked_softmax(q @ k.transpose(-2, -1) * scale)
    return weights @ v, weights


def one_head() -> Iterator[Figure]:
    """Compute one head, and what the scale is for."""
    generator = new_generator(SEED)
    x = torch.randn(B, T, C, generator=generator)
    k, q, v = (project(x, generator) for _ in range(3))
    out, weights = attend(q, k, v)
    yield Figure("one head: shape", (B, T, HEAD), tuple(out.shape), form="d")
    yield Figure(
        "weights of the last place, first sequence",
        (0.0210, 0.0843, 0.0555, 0.2297, 0.0573, 0.0709, 0.2423, 0.2391),
        tuple(weights[0, -1].tolist()),
        "`--model transformer` has four such heads in a block.",
    )
    k, q = (torch.randn(B, T, HEAD, generator=generator) for _ in range(2))
    scores = q @ k.transpose(-2, -1)
    yield Figure("variance of k, of q", (1.0449, 1.0700), (k.var().item(), q.var().item()))
    yield Figure(
        "variance of q k, and divided by sqrt(16)",
        (17.47, 1.09),
        (scores.var().item(), (scores * HEAD**-0.5).var().item()),
        "Scores are divided by the root of the head's size.",
        ".2f",
    )
    few = torch.tensor([0.1, -0.2, 0.3, -0.2, 0.5])
    for factor, told in {
        1: (0.1925, 0.1426, 0.2351, 0.1426, 0.2872),
        8: (0.0326, 0.0030, 0.1615, 0.0030, 0.8000),
    }.items():
        found = (factor * few).softmax(0)
        yield Figure(f"softmax of five scores, times {factor}", told, tuple(found.tolist()))


def normalisation() -> Iterator[Figure]:
    """Normalise rows, as LayerNorm does, and see that columns are not."""
    x = torch.randn(32, 100, generator=new_generator(SEED))
    normal = (x - x.mean(1, keepdim=True)) / torch.sqrt(x.var(1, keepdim=True) + 1e-5)
    column, row = normal[:, 0], normal[0]
    yield Figure(
        "LayerNorm: mean and spread of a column",
        (0.1469, 0.8803),
        (column.mean().item(), column.std().item()),
    )
    yield Figure(
        "of a row",
        (0.0, 1.0),
        (row.mean().abs().item(), row.std().item()),
        "`transformer` normalises each place by itself, as here.",
    )
