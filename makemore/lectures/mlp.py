"""Lecture 3: an MLP over windows of three characters, and one batch learned by heart.

A net that can't learn a few examples by heart has a mistake in it. By heart is not loss 0: where
the same context is followed by different characters, the lowest loss is their entropy.

https://github.com/karpathy/nn-zero-to-hero, lecture 3; Bengio et al. 2003.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from makemore.lectures.figures import Figure
from makemore.lectures.layers import descend
from makemore.lectures.windows import Names, Windows, new_generator

BLOCK_SIZE = 3
SWEEP = 1000
"""Learning rates that are tried, from 0.001 to 1, each for one step."""


def replay(names: Names) -> Iterator[Figure]:
    """Give the figures of the lecture: a few names by heart, the whole list, the rates."""
    vocab_size = len(names.vocabulary)
    few = names.windows(names.words[:5], BLOCK_SIZE)
    contexts = len(few.contexts.unique(dim=0))
    yield Figure(
        "first five names: windows, different ones", (32, 28), (len(few), contexts), form="d"
    )
    weights = make_weights(vocab_size)
    size = sum(weight.numel() for weight in weights)
    yield Figure("parameters, embedding 2, 100 units", 3_481, size, form=",d")
    yield from by_heart(few, weights)
    everything = names.windows(names.words, BLOCK_SIZE)
    yield Figure(
        "whole list: first loss",
        19.5052,
        mean_loss(make_weights(vocab_size), everything).item(),
        "Every model starts at ln V.",
    )
    yield from sweep(everything, vocab_size)
    parts = tuple(len(part) for part in names.split(BLOCK_SIZE))
    yield Figure(
        "windows in train, val and test",
        (182_625, 22_655, 22_866),
        parts,
        "Equal names fall on one side of our split.",
        ",d",
    )
    larger = make_weights(vocab_size, 10, 200)
    yield Figure(
        "parameters, embedding 10, 200 units",
        11_897,
        sum(weight.numel() for weight in larger),
        "`--model mlp` has these.",
        ",d",
    )


def make_weights(vocab_size: int, n_embd: int = 2, n_hidden: int = 100) -> list[Tensor]:
    """Draw the embedding (V, n_embd), W1, b1, W2 and b2, all of std 1."""
    generator = new_generator()
    fan_in = BLOCK_SIZE * n_embd
    shapes = [(vocab_size, n_embd), (fan_in, n_hidden), (n_hidden,), (n_hidden, vocab_size)]
    return [
        torch.randn(shape, generator=generator).requires_grad_()
        for shape in [*shapes, (vocab_size,)]
    ]


def mean_loss(weights: list[Tensor], data: Windows) -> Tensor:
    """Compute the loss over some windows, a scalar."""
    embedding, w1, b1, w2, b2 = weights
    x = embedding[data.contexts].flatten(1)  # (N, block_size * n_embd)
    hidden = torch.tanh(x @ w1 + b1)  # (N, n_hidden)
    return F.cross_entropy(hidden @ w2 + b2, data.targets)


def train(
    weights: list[Tensor], batches: Iterator[Windows], learning_rates: list[float]
) -> list[float]:
    """Take a step of SGD for each rate; give the loss before each."""
    losses = []
    for learning_rate in learning_rates:
        loss = mean_loss(weights, next(batches))
        losses.append(loss.item())
        descend(weights, torch.autograd.grad(loss, weights), learning_rate)
    return losses


def floor(data: Windows) -> float:
    """Give the lowest loss that any model of these contexts can reach: their entropy in nats."""
    _, context = data.contexts.unique(dim=0, return_inverse=True)
    pairs = torch.stack([context, data.targets], 1)
    _, pair, together = pairs.unique(dim=0, return_inverse=True, return_counts=True)
    p = together[pair] / context.bincount()[context]  # (N,): of each target after its context
    return -float(p.double().log().mean())


def by_heart(few: Windows, weights: list[Tensor]) -> Iterator[Figure]:
    """Train on the same few windows, 1,000 steps at a rate of 0.1."""
    losses = train(weights, iter(lambda: few, None), [0.1] * 1000)
    yield Figure("the five names: first loss", 17.7697, losses[0])
    places = (1, 10, 100)
    yield Figure(
        "after 1, 10, 100 steps",
        (13.6564, 3.9858, 0.3354),
        tuple(losses[place] for place in places),
    )
    yield Figure("after 999", 0.2561, losses[999])
    yield Figure(
        "the lowest possible: the entropy of their table",
        0.2515,
        floor(few),
        "A batch is such a table: contexts, and counts of what follows.",
    )


def sweep(data: Windows, vocab_size: int) -> Iterator[Figure]:
    """Raise the rate at each step, and see where the loss is lowest: the lecture then takes 0.1.

    Its batches have no seed, so that it sees other losses each time. Ours have one.
    """
    generator = torch.Generator().manual_seed(1)
    rates = (10 ** torch.linspace(-3, 0, SWEEP)).tolist()
    batches = iter(lambda: data.batch(32, generator), None)
    losses = torch.tensor(train(make_weights(vocab_size), batches, rates))
    yield Figure(
        "rates from 0.001 to 1: mean loss in each tenth of the sweep",
        None,
        tuple(losses.view(10, -1).mean(1).tolist()),
        "`--learning-rate` has a default for each model.",
        ".1f",
    )
