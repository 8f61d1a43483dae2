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


def measure(network: MLP, points: Sequence[Point], labels: Sequence[int]) -> tuple[Value, float]:
    """Compute the loss on some points, and the accuracy."""
    scores = [score(network, point) for point in points]
    costs = [(1 - label * s).relu() for label, s in zip(labels, scores, strict=True)]
    right = [(label > 0) == (s.data > 0) for label, s in zip(labels, scores, strict=True)]
    loss = total(costs) * (1 / len(costs)) + DECAY * total([p * p for p in network.parameters()])
    return loss, sum(right) / len(right)


def total(values: Sequence[Value]) -> Value:
    """Add values up."""
    first, *others = values
    return sum(others, first)


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
        batch_size: learn from so many points a step, drawn with Python's own random numbers;
            from all of them unless given.
    """
    n = len(moons.points)
    for step in range(steps):
        batch = range(n) if batch_size is None else random.sample(range(n), min(batch_size, n))
        loss, accuracy = measure(
            network, [moons.points[i] for i in batch], [moons.labels[i] for i in batch]
        )
        yield Step(step, loss.data, accuracy)
        network.zero_grad()
        loss.backward()
        for parameter in network.parameters():
            parameter.data -= learning_rate(step, steps) * parameter.grad


def train_in_arrays(network: MLP, moons: Moons, steps: int = 100) -> Iterator[Step]:
    """Do what `train` does, with numpy: a layer and all points at once, the chain rule by hand.

    The numbers are the same to rounding, and there are far fewer steps of Python between them.
    Here h is a layer's input (N, nin), and w and b are its weights (nout, nin) and biases (nout,).

    Args:
        network: where the parameters start; it is left as it is.
        moons: what is learned from, all of it in each step.
        steps: how many.
    """
    import numpy as np

    x, labels = np.array(moons.points), np.array(moons.labels)
    layers = [
        (
            np.array([[w.data for w in neuron.w] for neuron in layer.neurons]),
            np.array([neuron.b.data for neuron in layer.neurons]),
        )
        for layer in network.layers
    ]
    for step in range(steps):
        inputs = [x]
        for w, b in layers[:-1]:
            inputs.append(np.maximum(inputs[-1] @ w.T + b, 0))
        w, b = layers[-1]
        scores = (inputs[-1] @ w.T + b)[:, 0]  # (N,)
        costs = np.maximum(1 - labels * scores, 0)
        squares = sum(np.square(w).sum() + np.square(b).sum() for w, b in layers)
        right = (labels > 0) == (scores > 0)
        yield Step(step, float(costs.mean() + DECAY * squares), float(right.mean()))
        rate = learning_rate(step, steps)
        slope = (-labels * (costs > 0) / len(labels))[:, None]  # d loss / d output, (N, nout)
        for (w, b), h in zip(reversed(layers), reversed(inputs), strict=True):
            of_w, of_b = slope.T @ h + 2 * DECAY * w, slope.sum(0) + 2 * DECAY * b
            slope = slope @ w * (h > 0)
            w -= rate * of_w
            b -= rate * of_b
