"""The check finds wrong gradients, and leaves no trace."""

import math
import random

import pytest

from makemore.micrograd.engine import Value
from makemore.micrograd.gradcheck import Gradients, gradcheck
from makemore.micrograd.nn import MLP


def wrong_square(x: Value) -> Value:
    return Value(x.data * x.data, (x,), "square", (x.data,))  # it should be twice that


def test_right_gradients_pass() -> None:
    checked = gradcheck(lambda a, b: (a * b + b.exp()).tanh(), 0.3, -0.5)
    assert checked.worst < 1e-9
    assert checked.analytic == pytest.approx(checked.numeric, abs=1e-9)


def test_the_lecture_s_slope_is_measured() -> None:
    values = [Value(x) for x in (2.0, -3.0, 10.0, -2.0)]
    checked = gradcheck(lambda a, b, c, f: (a * b + c) * f, *values, h=1e-3)
    assert checked.numeric == pytest.approx([6.0, -4.0, -2.0, 4.0], rel=1e-9)


def test_a_wrong_gradient_is_found() -> None:
    checked = gradcheck(wrong_square, 3.0)
    assert checked.analytic == (3.0,)
    assert checked.numeric == pytest.approx([6.0])
    assert checked.worst == pytest.approx(0.5)


def test_a_difference_is_a_share_of_what_is_beyond_1() -> None:
    assert Gradients((0.1, 200.0), (0.2, 100.0)).worst == 0.5
    assert Gradients((0.1,), (0.2,)).worst == pytest.approx(0.1)
    assert Gradients((), ()).worst == 0.0


def test_a_gradient_that_is_no_number_passes_no_check() -> None:
    assert math.isnan(Gradients((1.0, math.nan, 1.0), (1.0, 1.0, 1.0)).worst)


def test_at_a_corner_the_two_differ() -> None:
    assert gradcheck(lambda x: x.relu(), 0.0).worst == pytest.approx(0.5)


def test_the_weights_of_a_network_are_checked_where_they_stand() -> None:
    random.seed(5)
    network = MLP(2, [3, 1], "tanh")

    def loss(*weights: Value) -> Value:
        output = network([0.5, -1.0])
        assert isinstance(output, Value)
        return (output - 1) ** 2

    checked = gradcheck(loss, *network.parameters())
    assert len(checked.analytic) == len(network.parameters())
    assert any(checked.analytic)
    assert checked.worst < 1e-8


def test_numbers_and_gradients_are_left_as_they_were() -> None:
    a, b = Value(2.0), Value(3.0)
    (a * b).backward()
    gradcheck(lambda x, y: x * y * y, a, b)
    assert [a.data, b.data, a.grad, b.grad] == [2.0, 3.0, 3.0, 2.0]


def test_numbers_are_put_back_where_a_function_fails() -> None:
    a = Value(1e-7)
    with pytest.raises(ValueError, match="domain"):
        gradcheck(lambda x: x.log(), a)
    assert a.data == 1e-7
