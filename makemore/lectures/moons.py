"""Lecture 1: the training of `makemore.micrograd.moons` again in PyTorch, and what each takes.

The steps are the same: the same parameters at first, points, loss and rates, in float64. PyTorch
computes a layer for all points at once, where micrograd computes number by number.

https://github.com/karpathy/micrograd, demo.ipynb.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from makemore.compute.threads import one_thread
from makemore.micrograd.moons import DECAY, Moons, Step, draw_batch, learning_rate, make_network
from makemore.micrograd.nn import MLP

WARM_UP = 3
"""Steps of PyTorch that aren't timed: the first ones prepare what it needs."""


class Timed(Iterator[Step]):
    """Steps, and how long they take without what is done between them.

    Attributes:
        seconds: so far.
    """

    def __init__(self, steps: Iterator[Step]) -> None:
        self.steps = steps
        self.seconds = 0.0

    def __next__(self) -> Step:
        """Take a step."""
        start = time.perf_counter()
        try:
            return next(self.steps)
        finally:
            self.seconds += time.perf_counter() - start


@dataclass(frozen=True)
class Pace:
    """How long the same steps took, in seconds.

    Attributes:
        values: in micrograd's `Value`s.
        pytorch: in PyTorch.
    """

    values: float
    pytorch: float

    @property
    def ratio(self) -> float:
        """How many times as fast PyTorch was."""
        return self.values / self.pytorch

    def __str__(self) -> str:
        values = f"{self.values:.2f} s number by number"
        return f"{values}, {self.pytorch:.2g} s in PyTorch: {self.ratio:,.0f} times as fast"

    def figures(self) -> dict[str, float]:
        """Name both times and their ratio."""
        return {
            "values_seconds": self.values,
            "pytorch_seconds": self.pytorch,
            "ratio": self.ratio,
        }


def find_pace(
    values: float, moons: Moons, seed: int, steps: int, batch_size: int | None = None
) -> Pace:
    """Train again in PyTorch on one thread, and compare.

    Args:
        values: seconds that the training has taken in `Value`s.
        moons: what was learned from.
        seed: of the network, and of the batches.
        steps: how many there were.
        batch_size: points a step; all unless given.
    """
    with one_thread():  # two would take no less for so little, and wait for each other
        list(train_in_torch(make_network(seed), moons, WARM_UP))
        training = Timed(train_in_torch(make_network(seed), moons, steps, batch_size))
        list(training)
    return Pace(values, training.seconds)


def train_in_torch(
    network: MLP, moons: Moons, steps: int = 100, batch_size: int | None = None
) -> Iterator[Step]:
    """Do what `makemore.micrograd.moons.train` does, with PyTorch in float64.

    Args:
        network: where the parameters start; it is left as it is.
        moons: what is learned from.
        steps: how many.
        batch_size: learn from so many points a step, drawn each time; from all unless given.
    """
    model = to_torch(network)
    parameters = list(model.parameters())
    for step in range(steps):
        batch = draw_batch(moons, batch_size)
        x = torch.tensor(batch.points, dtype=torch.float64)  # (N, 2)
        labels = torch.tensor(batch.labels, dtype=torch.float64)  # (N,)
        scores = model(x)[:, 0]  # (N,)
        squares = torch.stack([p.square().sum() for p in parameters]).sum()
        loss = (1 - labels * scores).relu().mean() + DECAY * squares
        right = (labels > 0) == (scores > 0)
        yield Step(step, loss.item(), right.double().mean().item())
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.sub_(gradient, alpha=learning_rate(step, steps))


def to_torch(network: MLP) -> nn.Sequential:
    """Copy a network of `Value`s with relu into linear layers of PyTorch, in float64."""
    layers: list[nn.Module] = []
    for layer in network.layers:
        rows = [[w.data for w in neuron.w] for neuron in layer.neurons]
        biases = [neuron.b.data for neuron in layer.neurons]
        linear = nn.Linear(len(rows[0]), len(rows))
        linear.weight.data = torch.tensor(rows, dtype=torch.float64)  # (nout, nin)
        linear.bias.data = torch.tensor(biases, dtype=torch.float64)  # (nout,)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])
