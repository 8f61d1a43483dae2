"""A computation as a picture: its values with their numbers and gradients, and what made them.

As DOT, the language of Graphviz (https://graphviz.org), of any size: `dot -Tsvg`. Or as SVG at
once, where it is small. Time runs from left to right.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from makemore.micrograd.engine import Value, graph

MOST = 250
"""Values in an SVG: more could not be read."""

CHARACTER, HEIGHT, GAP, BEND = 7.3, 26.0, 16.0, 40.0
"""Pixels: the width of a character, the height of a box, what is between two, the room in which
edges bend."""
SWEEPS = 12
STYLE = """text { font: 12px ui-monospace, monospace; text-anchor: middle; fill: #222 }
rect { fill: #fff; stroke: #888 } .operation { fill: #f6e7c8 } .background { stroke: none }
path { fill: none; stroke: #aaa }"""


def to_dot(result: Value) -> str:
    """Write the graph of a value in DOT: for each value a record, for each operation a circle."""
    values = graph(result)
    number = {value: place for place, value in enumerate(values)}
    lines = ["digraph {", "  rankdir=LR"]
    for value in values:
        here = number[value]
        cells = " | ".join(_escape_record(cell) for cell in _cells(value))
        lines.append(f'  v{here} [shape=record, label="{{ {cells} }}"]')
        if value._op:
            lines.append(f'  o{here} [shape=circle, label="{_escape_record(value._op)}"]')
            lines.append(f"  o{here} -> v{here}")
        lines += [f"  v{number[child]} -> o{here}" for child in value._prev]
    return "\n".join([*lines, "}", ""])


def to_svg(result: Value) -> str:
    """Draw the graph of a value as SVG.

    Raises:
        ValueError: it has more than 250 values.
    """
    values = graph(result)
    if len(values) > MOST:
        raise ValueError(
            f"A picture of {len(values):,} values can't be read: draw a part of it, of at most "
            f"{MOST}, or all of it with Graphviz, from to_dot."
        )
    columns = _columns(values)
    _arrange(columns)
    edges, width, height = _place(columns)
    size = f'width="{width:.0f}" height="{height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<style>{STYLE}</style>",
        f'<rect class="background" {size}/>',
    ]
    spots = [spot for column in columns for spot in column]
    lines += [_draw_edge(spot, user, edges) for spot in spots for user in spot.users]
    for spot in spots:
        if spot.value:
            lines += _draw_value(spot.value, spot.y, edges[spot.column].left)
    return "\n".join([*lines, "</svg>", ""])


def fold(result: Value, inputs: Sequence[Value], op: str) -> Value:
    """Let one operation stand for all that lies between some inputs and a result, in a picture.

    Its slopes are the gradients of the result by the inputs, so `backward` through it finds the
    gradients that it finds through all. Those of every value before the result are 0 afterwards.

    Args:
        result: what was computed, with nothing but the inputs changing.
        inputs: none of them computed from another.
        op: what the operation is called.
    """
    values = {*graph(result), *inputs}
    for value in values:
        value.grad = 0.0
    result.backward()
    folded = Value(result.data, tuple(inputs), op, tuple(value.grad for value in inputs))
    for value in values:
        value.grad = 0.0
    return folded


@dataclass(eq=False)
class _Spot:
    """A value in the picture, or a bend of an edge that passes a column."""

    column: int
    value: Value | None = None
    users: list["_Spot"] = field(default_factory=list)  # in the next column
    children: list["_Spot"] = field(default_factory=list)  # in the one before
    y: float = 0.0


@dataclass(frozen=True)
class _Column:
    """Where the operations of a column start, and its boxes, and where the widest of these ends."""

    operations: float
    left: float
    right: float


def _columns(values: Sequence[Value]) -> list[list[_Spot]]:
    """Put each value as far to the right as those that use it allow."""
    back = dict.fromkeys(values, 0)
    for value in reversed(values):
        for child in value._prev:
            back[child] = max(back[child], back[value] + 1)
    last = max(back.values())
    spots = {value: _Spot(last - back[value], value) for value in values}
    columns: list[list[_Spot]] = [[] for _ in range(last + 1)]
    for spot in spots.values():
        columns[spot.column].append(spot)
    for value, user in spots.items():
        for child in value._prev:
            at = spots[child]
            for column in range(at.column + 1, user.column):
                bend = _Spot(column)
                columns[column].append(bend)
                _join(at, bend)
                at = bend
            _join(at, user)
    return columns


def _join(one: _Spot, other: _Spot) -> None:
    one.users.append(other)
    other.children.append(one)


def _arrange(columns: Sequence[list[_Spot]]) -> None:
    """Move all near to what they are joined to, from the left and from the right by turns."""
    for column in columns:
        _stack(column, [place * HEIGHT for place in range(len(column))])
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 else reversed(columns):
            wanted = []
            for spot in column:
                near = (spot.children if sweep % 2 else spot.users) or [spot]
                wanted.append(sum(other.y for other in near) / len(near))
            _stack(column, wanted)


def _stack(column: list[_Spot], wanted: Sequence[float]) -> None:
    """Put the spots of a column in the order of what they want, and as near to it as they fit."""
    order = sorted(range(len(column)), key=wanted.__getitem__)
    column[:] = [column[place] for place in order]
    y = -1e9
    for spot, place in zip(column, order, strict=True):
        y = spot.y = max(wanted[place], y)
        y += HEIGHT + GAP
    shift = (sum(wanted) - sum(spot.y for spot in column)) / len(column)
    for spot in column:
        spot.y += shift


def _place(columns: Sequence[Sequence[_Spot]]) -> tuple[list[_Column], float, float]:
    """Find the left and right of each column, and the size of the picture; y starts at its top."""
    edges: list[_Column] = []
    right = GAP - BEND
    for column in columns:
        operations = right + BEND
        left = operations + max(map(_operation_width, column))
        right = left + max(map(_box_width, column))
        edges.append(_Column(operations, left, right))
    spots = [spot for column in columns for spot in column]
    top = min(spot.y for spot in spots) - HEIGHT / 2 - GAP
    for spot in spots:
        spot.y -= top
    return edges, right + GAP, max(spot.y for spot in spots) + HEIGHT / 2 + GAP


def _box_width(spot: _Spot) -> float:
    return sum(map(_text_width, _cells(spot.value))) if spot.value else 0.0


def _operation_width(spot: _Spot) -> float:
    """Give the room for an operation and the line from it to its value."""
    return _text_width(spot.value._op) + GAP if spot.value and spot.value._op else 0.0


def _text_width(text: str) -> float:
    return (len(text) + 2) * CHARACTER


def _draw_edge(spot: _Spot, user: _Spot, columns: Sequence[_Column]) -> str:
    """Draw a line from a value, or a bend, through the rest of its column to what comes next."""
    here, there = columns[spot.column], columns[user.column]
    start, right, end = here.left + _box_width(spot), here.right, there.operations
    if spot.value is None:
        start = here.operations
    reach = there.left - _operation_width(user) if user.value else end
    middle = (right + end) / 2
    return (
        f'<path d="M{start:.1f} {spot.y:.1f}H{right:.1f}C{middle:.1f} {spot.y:.1f} '
        f'{middle:.1f} {user.y:.1f} {end:.1f} {user.y:.1f}H{reach:.1f}"/>'
    )


def _draw_value(value: Value, y: float, left: float) -> Iterator[str]:
    """Draw a value's box, and the operation before it."""
    if value._op:
        width = _text_width(value._op)
        start = left - width - GAP
        yield f'<path d="M{left - GAP:.1f} {y:.1f}H{left:.1f}"/>'
        yield _box(start, y, width, f' class="operation" rx="{HEIGHT / 2:g}"')
        yield _text(value._op, start + width / 2, y)
    cells = _cells(value)
    yield _box(left, y, sum(map(_text_width, cells)))
    for place, cell in enumerate(cells):
        if place:
            yield f'<path d="M{left:.1f} {y - HEIGHT / 2:.1f}v{HEIGHT:g}"/>'
        yield _text(cell, left + _text_width(cell) / 2, y)
        left += _text_width(cell)


def _box(left: float, y: float, width: float, more: str = "") -> str:
    top = y - HEIGHT / 2
    return f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{HEIGHT:g}"{more}/>'


def _text(text: str, x: float, y: float) -> str:
    return f'<text x="{x:.1f}" y="{y + 4:.1f}">{escape(text)}</text>'


def _cells(value: Value) -> list[str]:
    """Write what a box says."""
    numbers = [f"data {_short(value.data)}", f"grad {_short(value.grad)}"]
    return [value.label, *numbers] if value.label else numbers


def _short(number: float) -> str:
    """Write a number with four digits behind the point, or as a power of ten; -0.0 is 0."""
    return f"{number + 0.0:.4f}" if number == 0 or 1e-4 <= abs(number) < 1e6 else f"{number:.3e}"


def _escape_record(text: str) -> str:
    """Escape what means something in a label of DOT."""
    return re.sub(r'([\\{}|<>"])', r"\\\1", text).replace("\n", "\\n")
