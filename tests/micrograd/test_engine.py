"""Values against the lecture's figures, PyTorch in float64 and finite differences."""

import gc
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from makemore.micrograd import Value
from makemore.micrograd.engine import graph
from makemore.micrograd.gradcheck import gradcheck

Expression = Callable[..., Any]
"""A function of `Value`s or of tensors, as both have the same operations."""


def in_torch(f: Expression, *numbers: float) -> tuple[float, list[float]]:
    """Compute a function and its gradients with PyTorch."""
    inputs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]
    result = f(*inputs)
    return result.item(), [gradient.item() for gradient in torch.autograd.grad(result, inputs)]


def in_values(f: Expression, *numbers: float) -> tuple[float, list[float]]:
    """Compute a function and its gradients with `Value`s."""
    inputs = [Value(x) for x in numbers]
    result = f(*inputs)
    result.backward()
    return result.data, [x.grad for x in inputs]


def test_the_lecture_s_first_graph_has_its_gradients() -> None:
    a, b, c, f = Value(2.0), Value(-3.0), Value(10.0), Value(-2.0)
    e = a * b
    d = e + c
    loss = d * f
    assert (d.data, loss.data) == (4.0, -8.0)
    loss.backward()
    gradients = [value.grad for value in (a, b, c, d, e, f, loss)]
    assert gradients == [6.0, -4.0, -2.0, -2.0, -2.0, 4.0, 1.0]
    for leaf in (a, b, c, f):
        leaf.data += 0.01 * leaf.grad
    assert ((a * b + c) * f).data == pytest.approx(-7.286496)


def test_the_lecture_s_neuron_has_its_gradients() -> None:
    def neuron(x1: Any, x2: Any, w1: Any, w2: Any, b: Any) -> Any:
        return (x1 * w1 + x2 * w2 + b).tanh()

    at = (2.0, 0.0, -3.0, 1.0, 6.8813735870195432)
    result, gradients = in_values(neuron, *at)
    assert result == pytest.approx(0.7071067811865476)
    assert gradients == pytest.approx([-1.5, 0.5, 1.0, 0.0, 0.5])
    assert gradients == pytest.approx(in_torch(neuron, *at)[1])


def test_tanh_taken_apart_is_tanh() -> None:
    n = Value(0.8813735870195432)
    e = (2 * n).exp()
    o = (e - 1) / (e + 1)
    o.backward()
    assert [o.data, e.data] == pytest.approx([0.7071067811865477, 5.828427124746192])
    assert [n.grad, e.grad] == pytest.approx([0.5, 0.0429], abs=5e-5)
    assert [n.grad] == pytest.approx(in_values(lambda x: x.tanh(), n.data)[1])


def test_what_is_used_twice_gets_the_gradients_of_both_uses() -> None:
    assert in_values(lambda a: a + a, 3.0) == (6.0, [2.0])
    assert in_values(lambda a, b: (a * b) * (a + b), -2.0, 3.0) == (-6.0, [-3.0, -8.0])


def test_a_result_along_exponentially_many_ways_takes_no_longer() -> None:
    def double(x: Any) -> Any:
        for _ in range(60):
            x = x + x
        return x

    assert in_values(double, 1.0) == (2.0**60, [2.0**60])


def test_the_softmax_of_the_exercise_has_its_loss_and_gradients() -> None:
    logits = [Value(x) for x in (0.0, 3.0, -2.0, 1.0)]
    counts = [logit.exp() for logit in logits]
    loss = -(counts[3] / sum(counts, Value(0.0))).log()
    loss.backward()
    assert loss.data == pytest.approx(2.1755153626167147)
    expected = [0.041772570515350445, 0.8390245074625319, 0.005653302662216329, -0.8864503806400986]
    assert [logit.grad for logit in logits] == pytest.approx(expected)


def test_an_operation_of_one_s_own_is_a_value_with_its_slopes() -> None:
    def sin(x: Value) -> Value:
        return Value(math.sin(x.data), (x,), "sin", (math.cos(x.data),))

    result, gradients = in_values(
        lambda a, b, c: -(a**3) + sin(3 * b) - 1.0 / c + b**2.5 - a**0.5, 2.0, 3.0, 4.0
    )
    assert result == pytest.approx(6.336362190988558)
    assert gradients == pytest.approx([-12.353553390593273, 10.25699027111255, 0.0625])


@pytest.mark.parametrize("number", [0.7, 2.0, 30.0])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + 3,
        lambda x: 3 + x,
        lambda x: x - 3,
        lambda x: 3 - x,
        lambda x: x * 3,
        lambda x: 3 * x,
        lambda x: x / 3,
        lambda x: 3 / x,
        lambda x: x**3,
        lambda x: x**-1.5,
        lambda x: x**0,
        lambda x: 3**x,
        lambda x: x**x,
        lambda x: -x,
        lambda x: x.exp(),
        lambda x: x.log(),
        lambda x: x.tanh(),
        lambda x: x.relu(),
    ],
)
def test_every_operation_is_pytorch_s(f: Expression, number: float) -> None:
    value, slopes = in_values(f, number)
    expected, gradients = in_torch(f, number)
    assert value == pytest.approx(expected, rel=1e-14)
    assert slopes == pytest.approx(gradients, rel=1e-12, abs=1e-15)  # tanh'(30) is 0 in float64


@pytest.mark.parametrize(
    ("base", "exponent"), [(-2.0, 3.0), (-1.5, 0.0), (0.0, 2.0), (0.0, 1.0), (0.0, 0.5), (0.0, 0.0)]
)
def test_powers_of_what_is_not_positive_are_pytorch_s(base: float, exponent: float) -> None:
    for f in (lambda x, y: x**exponent + 0 * y, lambda x, y: x**y):
        value, slopes = in_values(f, base, exponent)
        expected, gradients = in_torch(f, base, exponent)
        assert value == expected
        assert slopes == pytest.approx(gradients, rel=0, abs=0, nan_ok=True)


def test_what_has_no_real_result_is_refused() -> None:
    with pytest.raises(ValueError, match="domain"):
        Value(-8.0) ** (1 / 3)
    with pytest.raises(ValueError, match="domain"):
        Value(0.0).log()
    with pytest.raises(ZeroDivisionError):
        1 / Value(0.0)


def test_only_a_result_that_is_too_large_overflows() -> None:
    assert in_values(lambda x: x.tanh(), 1000.0) == (1.0, [0.0])
    assert in_values(lambda x: x.tanh(), -1000.0) == (-1.0, [0.0])
    assert in_values(lambda x: x.exp(), -1000.0) == (0.0, [0.0])
    with pytest.raises(OverflowError):
        Value(1000.0).exp()


def test_relu_is_flat_at_0_and_hides_no_nan() -> None:
    assert in_values(lambda x: x.relu(), 0.0) == in_torch(lambda x: x.relu(), 0.0) == (0.0, [0.0])
    assert math.isnan(Value(math.nan).relu().data)


SMOOTH: list[tuple[int, Expression]] = [
    (2, lambda x, y: x + y),
    (2, lambda x, y: x - y),
    (2, lambda x, y: x * y),
    (2, lambda x, y: x / (y * y + 0.5)),
    (2, lambda x, y: (x * x + 0.5) ** y.tanh()),
    (1, lambda x: -x),
    (1, lambda x: 2 - x),
    (1, lambda x: 1.5 * x),
    (1, lambda x: 3 / (x * x + 1)),
    (1, lambda x: (x.tanh() + 1.5) ** 2.5),
    (1, lambda x: 2 ** x.tanh()),
    (1, lambda x: x.tanh()),
    (1, lambda x: x.tanh().exp()),
    (1, lambda x: (x * x + 0.5).log()),
]
"""Operations of one or two numbers, each defined for all numbers."""


def expressions(operations: list[tuple[int, Expression]]) -> st.SearchStrategy[Expression]:
    """Draw functions of three numbers; each of their steps takes any results of those before."""

    def build(steps: list[tuple[tuple[int, Expression], list[int]]]) -> Expression:
        def f(*inputs: Any) -> Any:
            results = list(inputs)
            for (n, operation), places in steps:
                results.append(operation(*(results[place % len(results)] for place in places[:n])))
            return results[-1] + 0 * sum(inputs[1:], inputs[0])  # so that all inputs have a part

        return f

    places = st.lists(st.integers(0, 30), min_size=2, max_size=2)
    steps = st.lists(st.tuples(st.sampled_from(operations), places), min_size=1, max_size=12)
    return steps.map(build)


three = st.tuples(*[st.floats(-2, 2)] * 3)


@given(expressions([*SMOOTH, (1, lambda x: x.relu())]), three)
def test_any_expression_has_pytorch_s_gradients(f: Expression, at: tuple[float, ...]) -> None:
    expected, gradients = in_torch(f, *at)
    assume(max(map(abs, [expected, *gradients])) < 1e3)
    value, slopes = in_values(f, *at)
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert slopes == pytest.approx(gradients, rel=1e-9, abs=1e-9)


@given(expressions(SMOOTH), three)
def test_any_smooth_expression_passes_the_check(f: Expression, at: tuple[float, ...]) -> None:
    value, slopes = in_values(f, *at)
    assume(max(map(abs, [value, *slopes])) < 1e2)
    assert gradcheck(f, *at).worst < 1e-5


@pytest.mark.campaign
def test_a_chain_of_a_million_values_is_walked_without_recursion() -> None:
    def count(x: Any) -> Any:
        for _ in range(1_000_000):
            x = x + 1.0
        return x

    assert in_values(count, 0.0) == (1e6, [1.0])


def test_a_second_backward_adds_the_same_to_the_leaves_as_in_pytorch() -> None:
    def twice(x: Any, **keep: bool) -> float:
        h = x * x
        y = (h * h).tanh() + h
        y.backward(**keep)
        y.backward()
        return float(x.grad)

    x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    assert twice(Value(0.7)) == pytest.approx(twice(x, retain_graph=True))


def test_a_weight_that_changes_before_backward_changes_no_gradient() -> None:
    x, w = Value(2.0), Value(3.0)
    y = x * w
    w.data = 100.0
    y.backward()
    assert x.grad == 3.0


def test_the_graph_lists_children_first() -> None:
    a, b = Value(1.0), Value(2.0)
    c = a * b
    d = c + a
    assert graph(d) == [a, b, c, d]


def test_a_computation_leaves_nothing_for_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        a, b = Value(-4.0), Value(2.0)
        y = (a * b + b**3).relu() - (a - b).tanh() / a + b.exp()
        y.backward()
        del a, b, y
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_value_shows_its_number_and_its_gradient() -> None:
    a = Value(2.5)
    (a * 3).backward()
    assert repr(a) == "Value(data=2.5, grad=3.0)"


def test_micrograd_imports_nothing_else_of_ours_nor_pytorch() -> None:
    code = """if True:
        import sys
        from makemore.micrograd import boundary, gradcheck, moons, nn, trace
        moons.make_moons()
        ours = {name for name in sys.modules if name.startswith("makemore.")}
        assert all(name.startswith("makemore.micrograd") for name in ours), ours
        assert "torch" not in sys.modules
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
