"""What was written for the original micrograd runs here with only the import changed.

https://github.com/karpathy/micrograd: its names, what they take, and programs in its manner, which
are held to PyTorch in float64.
"""

import random
from inspect import signature
from typing import Any

import pytest
import torch

from makemore.lectures.moons import to_torch
from makemore.micrograd import Value as ValueOfPackage
from makemore.micrograd.engine import Value
from makemore.micrograd.nn import MLP, Layer, Module, Neuron
from tests.micrograd.test_engine import Expression, in_torch, in_values


def folded_relus(x: Any) -> Any:
    """Use each result several times: -20 and 46 at -4."""
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    return (z * z).relu() + q + q * x


def readme_example(a: Any, b: Any) -> Any:
    """Compute what the original's README computes, with each of its operations."""
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    f = (c - d) ** 2
    return f / 2.0 + 10.0 / f


def numbers_from_the_left(a: Any, b: Any) -> Any:
    return (1 - a) * (2 / b) - 3 * a + 0.5 + (a - 4) / 8 + sum([a, b, a * b])


def negative_powers(a: Any, b: Any) -> Any:
    return a**-1 + b**-2 + (a * b) ** 0.5 + (-b) ** 3


def test_the_original_s_example_has_its_figures() -> None:
    result, gradients = in_values(readme_example, -4.0, 2.0)
    assert result == pytest.approx(24.70408163265306, rel=1e-14)
    assert gradients == pytest.approx([138.83381924198252, 645.5772594752186], rel=1e-14)


@pytest.mark.parametrize(
    ("program", "at"),
    [
        (folded_relus, (-4.0,)),
        (folded_relus, (3.0,)),
        (readme_example, (-4.0, 2.0)),
        (numbers_from_the_left, (0.7, -1.3)),
        (negative_powers, (1.5, 0.25)),
    ],
)
def test_a_program_has_pytorch_s_result_and_gradients(
    program: Expression, at: tuple[float, ...]
) -> None:
    result, gradients = in_values(program, *at)
    expected, theirs = in_torch(program, *at)
    assert result == pytest.approx(expected, rel=1e-14)
    assert gradients == pytest.approx(theirs, rel=1e-13)


def test_the_names_take_what_the_original_s_take() -> None:
    """Ours may take more, behind it."""
    wanted = {
        Value: ["data", "_children", "_op"],
        Neuron: ["nin", "nonlin"],
        Layer: ["nin", "nout", "nonlin"],
        MLP: ["nin", "nouts"],
    }
    for ours, names in wanted.items():
        assert list(signature(ours).parameters)[: len(names)] == names
    assert ValueOfPackage is Value
    assert all(issubclass(one, Module) for one in (Neuron, Layer, MLP))


def test_plain_numbers_make_a_value_with_its_parts() -> None:
    x = Value(3)
    y = (x * 2).relu()
    assert (x.data, x.grad, set(x._prev), x._op) == (3, 0, set(), "")
    assert (y._op, {child.data for child in y._prev}) == ("ReLU", {6})
    (product,) = y._prev
    assert (product._op, x in product._prev) == ("*", True)


def test_a_graph_is_walked_by_what_a_value_was_made_of() -> None:
    """As the original's notebook walks it, to draw it."""
    n = Neuron(2)
    y = n([Value(1.0), Value(-2.0)])
    nodes: set[Value] = set()
    edges: set[tuple[Value, Value]] = set()

    def walk(v: Value) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                walk(child)

    walk(y)
    operations = sorted(v._op for v in nodes if v._op)
    assert operations == ["*", "*", "+", "+", "ReLU"]
    assert len(nodes) == 5 + 5  # weights, bias and inputs; and the results
    assert len(edges) == 2 * 4 + 1


def test_modules_hold_their_parts_by_the_original_s_names() -> None:
    network = MLP(2, [3, 1])
    assert [len(layer.neurons) for layer in network.layers] == [3, 1]
    neuron = network.layers[0].neurons[0]
    assert neuron.parameters() == [*neuron.w, neuron.b]
    assert (neuron.nonlin, network.layers[1].neurons[0].nonlin) == (True, False)
    assert [n.nonlin for n in Layer(2, 2, nonlin=False).neurons] == [False, False]


def test_a_network_trains_in_the_original_s_manner_as_pytorch_s_does() -> None:
    random.seed(4)
    model: Any = MLP(2, [4, 3, 1])
    points = [[2.0, 1.0], [-1.0, 0.5], [0.3, -2.0]]
    targets = [1, -1, 1]
    theirs = to_torch(model)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.05)

    for _ in range(5):
        scores = [model(list(map(Value, point))) for point in points]
        losses = [
            (1 + -target * score).relu() for target, score in zip(targets, scores, strict=True)
        ]
        total = sum(losses) * (1.0 / len(losses)) + 1e-2 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.05 * p.grad

        out = theirs(torch.tensor(points, dtype=torch.float64))[:, 0]
        hinge = (1 - torch.tensor(targets) * out).relu().mean()
        expected = hinge + 1e-2 * sum(p.square().sum() for p in theirs.parameters())
        optimizer.zero_grad()
        expected.backward()
        optimizer.step()
        assert total.data == pytest.approx(expected.item(), rel=1e-12)
