"""Gradients held to what small differences measure, which knows nothing of the chain rule."""

from collections.abc import Callable
from dataclasses import dataclass

from makemore.micrograd.engine import Value, graph


@dataclass(frozen=True)
class Gradients:
    """The gradients of a function by each of its arguments, found in two ways.

    Attributes:
        analytic: by `backward`.
        numeric: by differences.
    """

    analytic: tuple[float, ...]
    numeric: tuple[float, ...]

    @property
    def worst(self) -> float:
        """The largest difference, where a gradient is beyond 1 as a share of it; nan if one is."""
        shares = [
            abs(a - n) / max(1.0, abs(a), abs(n))
            for a, n in zip(self.analytic, self.numeric, strict=True)
        ]
        return next((share for share in shares if share != share), max(shares, default=0.0))


def gradcheck(f: Callable[..., Value], *values: Value | float, h: float = 1e-6) -> Gradients:
    """Compare the gradients of f(*values) with (f(x + h) - f(x - h)) / 2h for each x of them.

    Of the numeric ones about ten digits can be right with this h: a smaller one loses more to
    rounding, a larger one to the bend of f. At a corner, such as that of relu at 0, they are the
    mean of the slopes on both sides, and differ.

    Args:
        f: gives a `Value`; it may also read the values from elsewhere, as a network its weights.
        values: where it is checked. Their numbers are moved on the way and put back.
        h: how far.

    Returns:
        Both, to compare: `gradcheck(f, 2.0, -1.0).worst < 1e-6`.
    """
    arguments = [x if isinstance(x, Value) else Value(x) for x in values]
    return Gradients(
        tuple(_analytic(f(*arguments), arguments)),
        tuple(_numeric(f, arguments, place, h) for place in range(len(arguments))),
    )


def _analytic(result: Value, arguments: list[Value]) -> list[float]:
    """Read off the gradients, and leave those that were there as they were."""
    kept = [(value, value.grad) for value in [*graph(result), *arguments]]
    for value, _ in kept:
        value.grad = 0.0
    result.backward()
    found = [argument.grad for argument in arguments]
    for value, grad in kept:
        value.grad = grad
    return found


def _numeric(f: Callable[..., Value], arguments: list[Value], place: int, h: float) -> float:
    moved = arguments[place]
    x = moved.data
    try:
        moved.data = x + h
        above, to = f(*arguments).data, moved.data
        moved.data = x - h
        below, since = f(*arguments).data, moved.data
    finally:
        moved.data = x
    return (above - below) / (to - since)  # 2h, as rounded
