"""What the moons' training costs number by number, and in arrays.

    python benchmarks/moons.py [--rounds N] [--steps N]

The same steps, from the same parameters, in three ways: with micrograd's `Value`s, with numpy and
derivatives by hand, and with PyTorch in float64, each on one core. They take turns; a row tells the
time of a step, and how many times PyTorch's it is.
"""

import argparse
import gc
import time
from collections.abc import Callable, Iterator
from functools import partial

import torch
from side_by_side import in_turn, natural
from torch import nn

from makemore.micrograd.moons import (
    DECAY,
    Moons,
    Step,
    learning_rate,
    make_moons,
    make_network,
    train,
    train_in_arrays,
)
from makemore.micrograd.nn import MLP

VALUES, NUMPY, PYTORCH = "micrograd", "numpy", "PyTorch"


def train_in_torch(network: MLP, moons: Moons, steps: int = 100) -> Iterator[Step]:
    """Do what `train` does with PyTorch, in float64, where each gradient is its own autograd's."""
    layers: list[nn.Module] = []
    for layer in network.layers:
        rows = [[w.data for w in neuron.w] for neuron in layer.neurons]
        linear = nn.Linear(len(rows[0]), len(rows), dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(rows, dtype=torch.float64))
            biases = [neuron.b.data for neuron in layer.neurons]
            linear.bias.copy_(torch.tensor(biases, dtype=torch.float64))
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    x = torch.tensor(moons.points, dtype=torch.float64)
    labels = torch.tensor(moons.labels, dtype=torch.float64)
    parameters = list(model.parameters())
    for step in range(steps):
        scores = model(x)[:, 0]
        squares = torch.stack([p.square().sum() for p in parameters]).sum()
        loss = (1 - labels * scores).relu().mean() + DECAY * squares
        right = (labels > 0) == (scores > 0)
        yield Step(step, loss.item(), right.double().mean().item())
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.sub_(gradient, alpha=learning_rate(step, steps))


def milliseconds(training: Callable[..., Iterator[Step]], moons: Moons, steps: int) -> float:
    """Train from the start, and give the time of a step."""
    network = make_network()
    start = time.perf_counter()
    for _ in training(network, moons, steps=steps):
        pass
    return 1e3 * (time.perf_counter() - start) / steps


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=natural, default=5, help="of each; 5 unless given")
    parser.add_argument("--steps", type=natural, default=20, help="in a round; 20 unless given")
    arguments = parser.parse_args()
    gc.set_threshold(100_000)  # as the command line has it
    torch.set_num_threads(1)  # two would take no less for so little, and wait for each other
    ways = {VALUES: train, NUMPY: train_in_arrays, PYTORCH: train_in_torch}
    moons = make_moons()
    list(train_in_torch(make_network(), moons, steps=3))  # its first steps prepare what it needs
    measured = in_turn(
        arguments.rounds,
        {
            way: partial(milliseconds, training, moons, arguments.steps)
            for way, training in ways.items()
        },
    )
    print("| with | ms a step | times PyTorch's |")
    print("|---|---|---|")
    for way, ms in measured.items():
        print(f"| {way} | {ms.figure:.3g} | {ms.over(measured[PYTORCH]):.3g} |")


if __name__ == "__main__":
    main()
