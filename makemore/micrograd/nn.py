"""Networks of single numbers: a neuron, a layer of them, layers one after another.

Their weights are drawn from Python's own random numbers, so `random.seed` repeats a network.
"""

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from makemore.micrograd.engine import Value

Activation = Literal["relu", "tanh"]
NAMES = {"relu": "ReLU", "tanh": "Tanh"}


class Module:
    """Something with parameters to train."""

    def parameters(self) -> list[Value]:
        """List them, always in the same order."""
        return []

    def zero_grad(self) -> None:
        """Forget the gradients, before the next `backward` adds to them."""
        for parameter in self.parameters():
            parameter.grad = 0.0


class Neuron(Module):
    """A weighted sum of its inputs and a bias, bent by an activation unless it is to be linear."""

    def __init__(self, nin: int, nonlin: bool = True, activation: Activation = "relu") -> None:
        if activation not in NAMES:
            raise ValueError(f"An activation is one of {', '.join(NAMES)}, not {activation}.")
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.activation = activation

    def __call__(self, x: Sequence[Value | float]) -> Value:
        """Give activation(b + w0 * x0 + w1 * x1 + …)."""
        total = self.b
        for w, xi in zip(self.w, x, strict=True):
            total = total + w * xi
        if not self.nonlin:
            return total
        return total.tanh() if self.activation == "tanh" else total.relu()

    def parameters(self) -> list[Value]:
        """List the weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{NAMES[self.activation] if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons that all read the same inputs."""

    def __init__(
        self, nin: int, nout: int, nonlin: bool = True, activation: Activation = "relu"
    ) -> None:
        self.neurons = [Neuron(nin, nonlin, activation) for _ in range(nout)]

    def __call__(self, x: Sequence[Value | float]) -> Value | list[Value]:
        """Give what each neuron makes of x; where there is but one, its value alone."""
        outputs = [neuron(x) for neuron in self.neurons]
        return outputs if len(outputs) > 1 else outputs[0]

    def parameters(self) -> list[Value]:
        """List those of one neuron after another."""
        return [parameter for neuron in self.neurons for parameter in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron: each layer reads the one before it, and the last one is linear."""

    def __init__(self, nin: int, nouts: Sequence[int], activation: Activation = "relu") -> None:
        sizes = [nin, *nouts]
        self.layers = [
            Layer(n, m, nonlin=place < len(nouts), activation=activation)
            for place, (n, m) in enumerate(pairwise(sizes), start=1)
        ]

    def __call__(self, x: Sequence[Value | float]) -> Value | list[Value]:
        """Give the last layer's outputs: one `Value`, or a list of several."""
        first, *others = self.layers
        out = first(x)
        for layer in others:
            out = layer([out] if isinstance(out, Value) else out)
        return out

    def parameters(self) -> list[Value]:
        """List those of one layer after another."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
