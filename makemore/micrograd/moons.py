"""A first training, whole: two half moons of points, told apart by a network of 337 numbers.

It is the original micrograd's demonstration, to its digits: 100 points, three layers, and 100 steps
of gradient descent, in which the loss falls from 0.8958 to 0.0110 and the last point changes sides.

The network gives each point a score, whose sign is its guess of the moon. It is to be right with
some room: a point costs max(0, 1 - label * score), nothing from a score of 1 on its own side. Large
parameters cost a little too, so that of all boundaries a smooth one is found.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from makemore.micrograd.engine import Value
from makemore.micrograd.nn import MLP

Point = tuple[float, float]
SEED = 1337
SIZES = (16, 16, 1)
"""Neurons of each layer."""
DECAY = 1e-4
"""What the sum of all squared parameters counts in the loss."""


@dataclass(frozen=True)
class Moons:
    """Points in the plane, each with the moon it belongs to: 1 or -1."""

    points: list[Point]
    labels: list[int]


@dataclass(frozen=True)
class Step:
    """How good the network was before a step.

    Attributes:
        step: its number, from 0 on.
        loss: of its batch, with what the parameters cost.
        accuracy: the share of its batch whose score has the right sign.
    """

    step: int
    loss: float
    accuracy: float

    def __str__(self) -> str:
        return f"step {self.step:2}  loss {self.loss:.7f}  accuracy {self.accuracy:.1%}"


def make_moons(n: int = 100, noise: float = 0.1, seed: int = SEED) -> Moons:
    """Make two half circles that reach into each other, in a random order and a little blurred.

    With the default arguments the points are those of the original, which are scikit-learn's
    `make_moons(100, noise=0.1)` after `numpy.random.seed(1337)`.

    Args:
        n: how many points.
        noise: the standard deviation by which each coordinate is off.
        seed: of numpy's older random numbers, 0 to 2**32 - 1.
    """
    import numpy as np

    generator = np.random.RandomState(seed)  # a newer one would draw other points
    upper, lower = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    x = np.concatenate([np.cos(upper), 1 - np.cos(lower)])
    y = np.concatenate([np.sin(upper), 0.5 - np.sin(lower)])
    labels = np.repeat([-1, 1], [len(upper), len(lower)])
    order = np.arange(n)
    generator.shuffle(order)
    points = np.stack([x, y], axis=1)[order] + generator.normal(scale=noise, size=(n, 2))
    return Moons([(x, y) for x, y in points.tolist()], labels[order].tolist())


def make_network(seed: int = SEED) -> MLP:
    """Make the network untrained; this seeds Python's own random numbers, which it draws from."""
    random.seed(seed)
    return MLP(2, SIZES)


def score(network: MLP, point: Point) -> Value:
    """Let the network judge a point: above 0 for one moon, below for the other."""
    judged = network([Value(coordinate) for coordinate in point])
    assert isinstance(judged, Value), "the last layer has one neuron"
    return judged


def measure(network: MLP, moons: Moons) -> tuple[Value, float]:
    """Compute the loss on some points, and the accuracy."""
    judged = [
        (label, score(network, p)) for p, label in zip(moons.points, moons.labels, strict=True)
    ]
    costs = [(1 - label * s).relu() for label, s in judged]
    right = [(label > 0) == (s.data > 0) for label, s in judged]
    loss = total(costs) * (1 / len(costs)) + DECAY * total([p * p for p in network.parameters()])
    return loss, sum(right) / len(right)


def total(values: Sequence[Value]) -> Value:
    """Add values up."""
    first, *others = values
    return sum(others, first)


def draw_batch(moons: Moons, batch_size: int | None) -> Moons:
    """Draw so many of the points with Python's own random numbers; None, or too many: take all."""
    n = len(moons.points)
    if batch_size is None:
        return moons
    drawn = random.sample(range(n), min(batch_size, n))
    return Moons([moons.points[i] for i in drawn], [moons.labels[i] for i in drawn])


def learning_rate(step: int, steps: int) -> float:
    """Give the length of a step, along the gradient: 1 at first, then less and less, to 0.1."""
    return 1 - 0.9 * step / steps


def train(
    network: MLP, moons: Moons, steps: int = 100, batch_size: int | None = None
) -> Iterator[Step]:
    """Train a network by gradient descent, and tell of each step before it is taken.

    Args:
        network: whose parameters change.
        moons: what it learns from.
        steps: how many.
        batch_size: learn from so many points a step, drawn each time; from all unless given.
    """
    for step in range(steps):
        loss, accuracy = measure(network, draw_batch(moons, batch_size))
        yield Step(step, loss.data, accuracy)
        network.zero_grad()
        loss.backward()
        for parameter in network.parameters():
            parameter.data -= learning_rate(step, steps) * parameter.grad
