"""The long trainings of lectures 3 to 6: 200,000 steps of plain SGD on batches of 32 windows.

The rate is 0.1 at first, and 0.01 for the last half or quarter of the steps. Each takes minutes, so
`makemore lecture` leaves them out: `python benchmarks/published.py` runs them.

The lectures draw their batches without a seed, or after other random numbers than here. So losses
may differ from theirs by some thousandths.

https://github.com/karpathy/nn-zero-to-hero, lectures 3 to 6.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from makemore.lectures import wavenet
from makemore.lectures.layers import (
    BatchNorm,
    Embedding,
    Fuse,
    Linear,
    mean_loss,
    train,
)
from makemore.lectures.saturation import BLOCK_SIZE, KAIMING, N_EMBD
from makemore.lectures.windows import SEED, Names, new_generator

STEPS = 200_000
N_HIDDEN = 200


@dataclass(frozen=True)
class Training:
    """One of the lectures' trainings.

    Attributes:
        what: the network, and the lecture.
        told: the lecture's losses over all of train and of val, in nats a character.
        block_size: characters of a window.
        make_net: draws the network, from the size of the vocabulary and a generator.
        seed: of the weights, and then of the batches.
        high: the share of the steps at the higher rate.
    """

    what: str
    told: tuple[float, float]
    block_size: int
    make_net: Callable[[int, torch.Generator], nn.Sequential]
    seed: int
    high: float


@dataclass(frozen=True)
class Trained:
    """What a training has reached.

    Attributes:
        train: loss over the whole split, in nats a character.
        val: likewise.
        parameters: of the network.
    """

    train: float
    val: float
    parameters: int


def run(training: Training, names: Names, steps: int = STEPS) -> Trained:
    """Train as the lecture does, 4 steps or more, and measure with the last weights."""
    data, val, _ = names.split(training.block_size)
    generator = new_generator(training.seed)
    net = training.make_net(len(names.vocabulary), generator)
    high = round(training.high * steps)
    train(net, data, generator, high, 0.1)
    train(net, data, generator, steps - high, 0.01)
    return Trained(mean_loss(net, data), mean_loss(net, val), wavenet.size(net))


def one_hidden_layer(
    vocab_size: int,
    generator: torch.Generator,
    hidden: tuple[float, float | None] = (1, 1),
    output: tuple[float, float] = (1, 1),
    *,
    norm: bool = False,
) -> nn.Sequential:
    """Build the network of lectures 3 to 5: a window of 3, one hidden layer of 200 tanh units.

    Args:
        vocab_size: characters, the boundary among them.
        generator: of the weights.
        hidden: std of the hidden layer's weights, and of its biases; None for no biases.
        output: those of the output layer.
        norm: whether a BatchNorm stands before the tanh. Its running values move slowly, as in
            lecture 4; lecture 5 computes them at the end, over all of train.
    """
    fan_in = BLOCK_SIZE * N_EMBD
    (w1, b1), (w2, b2) = hidden, output
    return nn.Sequential(
        Embedding(vocab_size, N_EMBD, generator),
        Fuse(BLOCK_SIZE),
        Linear(
            fan_in, N_HIDDEN, generator, bias=b1 is not None, gain=w1 * fan_in**0.5, bias_std=b1
        ),
        *([BatchNorm(N_HIDDEN, momentum=0.001)] if norm else []),
        nn.Tanh(),
        Linear(N_HIDDEN, vocab_size, generator, gain=w2 * N_HIDDEN**0.5, bias_std=b2),
    )


def _lectures_3_to_5(what: str, told: tuple[float, float], **weights: Any) -> Training:
    make_net = partial(one_hidden_layer, **weights)
    return Training(what, told, BLOCK_SIZE, make_net, SEED, high=0.5)


def _lecture_6(what: str, told: tuple[float, float], **sizes: Any) -> Training:
    make_net = partial(wavenet.make_net, **sizes)
    return Training(what, told, wavenet.BLOCK_SIZE, make_net, wavenet.SEED, high=0.75)


TRAININGS = {
    "lecture-3": _lectures_3_to_5(
        "lecture 3's own training: MLP, window 3, first weights of std 1", (2.1260, 2.1701)
    ),
    "lecture-4": _lectures_3_to_5(
        "lecture 4's: the same with smaller first weights",
        (2.0356, 2.1027),
        hidden=(0.2, 0.01),
        output=(0.01, 0),
    ),
    "lecture-4-norm": _lectures_3_to_5(
        "lecture 4's: the same with BatchNorm",
        (2.0674, 2.1057),
        hidden=(KAIMING, None),
        output=(0.01, 0),
        norm=True,
    ),
    "lecture-5": _lectures_3_to_5(
        "lecture 5's: the same with BatchNorm, biases before it, by autograd",
        (2.0705, 2.1099),
        hidden=(KAIMING, 0.1),
        output=(0.1, 0.1),
        norm=True,
    ),
    "lecture-6-flat": _lecture_6(
        "lecture 6's: window 8 at once, BatchNorm",
        (1.918, 2.027),
        n_embd=10,
        n_hidden=200,
        at_once=8,
    ),
    "lecture-6-by-place": _lecture_6(
        "lecture 6's: window 8 by pairs, BatchNorm for each place by itself",
        (1.941, 2.029),
        n_embd=10,
        n_hidden=68,
        by_place=True,
    ),
    "lecture-6-pairs": _lecture_6(
        "lecture 6's: window 8 by pairs, BatchNorm over all places",
        (1.912, 2.022),
        n_embd=10,
        n_hidden=68,
    ),
    "lecture-6": _lecture_6("lecture 6's: the same, embedding 24, 128 channels", (1.7690, 1.9937)),
}
