"""A number that remembers how it was computed, and so can tell what it depends on, and how much.

    a, b = Value(2.0), Value(-3.0)
    c = a * b + a
    c.backward()
    a.grad, b.grad  # -2.0 and 2.0: how fast c grows with a, and with b

Every operation gives a new `Value`, and writes two things down in it: which values it was computed
from, and its slope by each of them, which is a formula from school. So a computation leaves a graph
behind, and `backward` walks it from the result back to where it began.

That is all that it takes to train a network. What PyTorch adds is speed: it does the same for whole
arrays of numbers, and a step of `makemore moons` takes it a 300th of the time on the same core, in
float64 (`python benchmarks/moons.py`).
"""

import math


class Value:
    """A number, and the gradient by it of the result that `backward` was called on.

    It computes with + - * / **, also with plain numbers, and raises what Python raises where there
    is no result: ZeroDivisionError, ValueError (the logarithm of 0, a root of -1), and
    OverflowError where ** or `exp` pass the largest float.

    Attributes:
        data: the number.
        grad: d result / d self; 0 until `backward` is called.
        label: what it is called in a picture of the graph.
    """

    __slots__ = ("_op", "_prev", "_slopes", "data", "grad", "label")

    def __init__(
        self,
        data: float,
        _children: tuple["Value", ...] = (),
        _op: str = "",
        _slopes: tuple[float, ...] = (),
        label: str = "",
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.label = label
        self._op = _op
        self._prev = _children
        self._slopes = _slopes  # d self / d child, one for each child

    def __add__(self, other: "Value | float") -> "Value":
        b = _value(other)
        return Value(self.data + b.data, (self, b), "+", (1.0, 1.0))

    def __sub__(self, other: "Value | float") -> "Value":
        b = _value(other)
        return Value(self.data - b.data, (self, b), "-", (1.0, -1.0))

    def __mul__(self, other: "Value | float") -> "Value":
        b = _value(other)
        return Value(self.data * b.data, (self, b), "*", (b.data, self.data))

    def __truediv__(self, other: "Value | float") -> "Value":
        b = _value(other)
        quotient = self.data / b.data
        return Value(quotient, (self, b), "/", (1 / b.data, -quotient / b.data))

    def __pow__(self, other: "Value | float") -> "Value":
        if not isinstance(other, Value):
            power, slope, _ = _power(self.data, other)
            return Value(power, (self,), f"**{other}", (slope,))
        power, *slopes = _power(self.data, other.data)
        return Value(power, (self, other), "**", tuple(slopes))

    def __neg__(self) -> "Value":
        return Value(-self.data, (self,), "neg", (-1.0,))

    __radd__ = __add__  # 2 + a is a + 2
    __rmul__ = __mul__

    def __rsub__(self, other: float) -> "Value":
        return Value(other) - self

    def __rtruediv__(self, other: float) -> "Value":
        return Value(other) / self

    def __rpow__(self, other: float) -> "Value":
        return Value(other) ** self

    def exp(self) -> "Value":
        """Give e to this power: the one function that is its own slope."""
        e = math.exp(self.data)
        return Value(e, (self,), "exp", (e,))

    def log(self) -> "Value":
        """Give the natural logarithm."""
        return Value(math.log(self.data), (self,), "log", (1 / self.data,))

    def tanh(self) -> "Value":
        """Squash the number into -1 to 1."""
        t = math.tanh(self.data)
        return Value(t, (self,), "tanh", (1 - t * t,))

    def relu(self) -> "Value":
        """Give the number itself, or 0 where it is negative."""
        if self.data <= 0:
            return Value(0.0, (self,), "ReLU", (0.0,))
        return Value(self.data, (self,), "ReLU", (1.0,))

    def backward(self) -> None:
        """Add to the gradient of every value how fast this one grows with it.

        The chain rule says it: if L grows u times as fast as v, and v grows s times as fast as x,
        then by this way L grows u * s times as fast as x. Where x was used several times, each use
        is one more way to L, and the speeds of all ways add up.

        So a value knows its gradient once all that used it have handed down their shares, and then
        hands down its own: the order is that of the computation, backwards. The first has 1.

        What was computed from nothing, such as a weight, adds what this call finds to the gradient
        that it has: set that to 0 in between, or they pile up.
        """
        values = graph(self)
        for value in values:
            if value._prev:
                value.grad = 0.0
        self.grad += 1.0
        for value in reversed(values):
            grad = value.grad
            for child, slope in zip(value._prev, value._slopes, strict=True):
                child.grad += grad * slope

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"


def graph(result: Value) -> list[Value]:
    """List what a value was computed from, each behind its own children, and last the value.

    A stack takes the place of recursion, which Python would end after a thousand calls.
    """
    found: list[Value] = []
    begun: list[Value] = []  # those whose children are not all found
    ahead: list[Value | None] = [result]  # None stands behind the children of the last one begun
    seen = set()
    while ahead:
        value = ahead.pop()
        if value is None:
            found.append(begun.pop())
        elif value not in seen:
            seen.add(value)
            begun.append(value)
            ahead.append(None)
            ahead.extend(reversed(value._prev))
    return found


def _value(number: Value | float) -> Value:
    return number if isinstance(number, Value) else Value(number)


def _power(x: float, y: float) -> tuple[float, float, float]:
    """Compute x ** y and its slopes by x and by y: y * x ** (y - 1), and x ** y * log(x).

    At x = 0 the slopes are what these come to; below it there is none by y.
    """
    power = math.pow(x, y)
    by_x = y * math.pow(x, y - 1) if x or y >= 1 else math.inf if y else 0.0
    by_y = power * math.log(x) if x > 0 else math.nan if x else 0.0
    return power, by_x, by_y
