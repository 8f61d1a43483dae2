"""Lecture 4, first half: one hidden layer, whose first weights decide how much is saturated.

What a tanh gets at the start should have a spread of about 1. With more, most units stand at -1 or
1, where the slope is 0 and little is learned; large outputs are wrong with confidence, and the
first steps only shrink them.

https://github.com/karpathy/nn-zero-to-hero, lecture 4; He et al. 2015 for the gain.
"""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from makemore.lectures.figures import Figure
from makemore.lectures.layers import percent_beyond
from makemore.lectures.windows import Windows, new_generator

BLOCK_SIZE, N_EMBD = 3, 10
KAIMING = (5 / 3) / math.sqrt(BLOCK_SIZE * N_EMBD)
"""What keeps the spread of normal numbers through weights of std 1, 30 inputs and a tanh."""


def shallow_net(
    vocab_size: int, hidden: tuple[float, float], output: tuple[float, float]
) -> tuple[list[Tensor], torch.Generator]:
    """Draw the weights of one hidden layer of 200 units, all of std 1, and scale them.

    Args:
        vocab_size: characters, the boundary among them.
        hidden: factors of the hidden layer's weights and biases.
        output: those of the output layer's.

    Returns:
        The embedding (V, 10), W1 (30, 200), b1 (200,), W2 (200, V), b2 (V,); and the generator.
    """
    generator = new_generator()
    shapes = [(vocab_size, N_EMBD), (BLOCK_SIZE * N_EMBD, 200), (200,), (200, vocab_size)]
    factors = [1, *hidden, *output]
    weights = [
        torch.randn(shape, generator=generator) * factor
        for shape, factor in zip([*shapes, (vocab_size,)], factors, strict=True)
    ]
    return weights, generator


def shallow_pass(weights: list[Tensor], batch: Windows) -> tuple[Tensor, Tensor]:
    """Compute what the tanh gets, (B, 200), and the loss, a scalar."""
    embedding, w1, b1, w2, b2 = weights
    before = embedding[batch.contexts].flatten(1) @ w1 + b1
    return before, F.cross_entropy(torch.tanh(before) @ w2 + b2, batch.targets)


def one_hidden_layer(data: Windows, vocab_size: int) -> Iterator[Figure]:
    """Measure the first batch, as the weights come and with better ones."""

    def first(hidden: tuple[float, float], output: tuple[float, float]) -> tuple[Tensor, float]:
        weights, generator = shallow_net(vocab_size, hidden, output)
        before, loss = shallow_pass(weights, data.batch(32, generator))
        return before, loss.item()

    before, loss = first((1, 1), (1, 1))
    activations = torch.tanh(before)
    yield Figure(
        "first loss, all weights of std 1",
        27.8817,
        loss,
        f"Every model starts at ln V = {math.log(vocab_size):.4f}: it has no opinion yet.",
    )
    yield Figure(
        "spread of what the tanh gets, and its extremes",
        (5.18, -19.06, 18.05),
        (before.std().item(), before.min().item(), before.max().item()),
        form=".2f",
    )
    yield Figure(
        "% of activations beyond 0.99",
        60.95,
        percent_beyond(activations, 0.99),
        "In `mlp` it is less than 0.1% at the start.",
        ".2f",
    )
    yield Figure(
        "units beyond 0.99 in the whole batch",
        0,
        int((activations.abs() > 0.99).all(0).sum()),
        form="d",
    )
    yield Figure(
        "first loss, output weights times 0.01, no bias",
        3.3221,
        first((1, 1), (0.01, 0))[1],
        "All models start with small output weights too.",
    )
    before, loss = first((0.2, 0.01), (0.01, 0))
    yield Figure("and hidden weights times 0.2: first loss", 3.3135, loss)
    yield Figure(
        "the same: spread, % beyond 0.99",
        (1.00, 0.98),
        (before.std().item(), percent_beyond(torch.tanh(before), 0.99)),
        form=".2f",
    )
    before, loss = first((KAIMING, 0.01), (0.01, 0))
    yield Figure(
        "hidden weights times (5/3) / sqrt(30): first loss",
        3.3179,
        loss,
        "`--model mlp --init kaiming` does this.",
    )
    yield Figure(
        "the same: spread, % beyond 0.99",
        (1.52, 8.14),
        (before.std().item(), percent_beyond(torch.tanh(before), 0.99)),
        form=".2f",
    )


def all_weights_zero(data: Windows, vocab_size: int) -> Iterator[Figure]:
    """Show what learns where all weights are 0: the last bias alone."""
    weights, generator = shallow_net(vocab_size, (0, 0), (0, 0))
    weights = [(0 * weight).requires_grad_() for weight in weights]
    _, loss = shallow_pass(weights, data.batch(32, generator))
    gradients = torch.autograd.grad(loss, weights)
    learning = sum(bool(gradient.any()) for gradient in gradients)
    yield Figure("all weights 0: parameters of 5 that get a gradient", 1, learning, form="d")
    frequencies = data.targets.bincount(minlength=vocab_size).double() / len(data)
    yield Figure(
        "the lowest loss that it can reach: the entropy of single characters",
        2.8226,
        -torch.special.xlogy(frequencies, frequencies).sum().item(),
        "Only the outputs start near 0; the layers below have weights to learn with.",
    )
