"""Where a trained network draws the line between the moons, as text, SVG and PNG."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from makemore.micrograd.moons import Moons, Point, score
from makemore.micrograd.nn import MLP

REGIONS = {True: "▒", False: " "}
"""Where the score is above 0, and where not."""
DOTS = {True: "●", False: "○"}
COLOURS = {True: "#5e3c99", False: "#e66101"}
UNIT = 80
"""Pixels."""


@dataclass(frozen=True)
class Boundary:
    """Scores on a grid that covers some points, and those points.

    Attributes:
        moons: the points.
        h: from one column, or row, to the next.
        xs: of the columns, from the left.
        ys: of the rows, from below.
        scores: those of a row for each of `ys`.
    """

    moons: Moons
    h: float
    xs: list[float]
    ys: list[float]
    scores: list[list[float]]


def find_boundary(network: MLP, moons: Moons, h: float = 0.25, margin: float = 1.0) -> Boundary:
    """Score a grid of points h apart, which begins a margin below all of these, and so ends."""
    xs, ys = (
        _between(min(c) - margin, max(c) + margin, h) for c in zip(*moons.points, strict=True)
    )
    scores = [[score(network, (x, y)).data for x in xs] for y in ys]
    return Boundary(moons, h, xs, ys, scores)


def _between(low: float, high: float, h: float) -> list[float]:
    return [low + place * h for place in range(math.ceil((high - low) / h))]


def to_text(boundary: Boundary) -> str:
    """Draw the two regions, of which one is grey, and the points; a row of text for each of `ys`.

    A column is two characters wide, so that both directions are about as long.
    """
    rows = [[REGIONS[s > 0] for s in row for _ in range(2)] for row in boundary.scores]
    left, below = boundary.xs[0], boundary.ys[0]
    for (x, y), label in zip(boundary.moons.points, boundary.moons.labels, strict=True):
        column, row = round((x - left) / boundary.h * 2), round((y - below) / boundary.h)
        row, column = min(row, len(rows) - 1), min(column, len(rows[0]) - 1)
        rows[row][column] = DOTS[label > 0]
    return "\n".join("".join(row).rstrip() for row in reversed(rows))


def to_image(boundary: Boundary, kind: str) -> bytes:
    """Draw the file of a kind, ".svg" or ".png"."""
    return to_png(boundary) if kind == ".png" else to_svg(boundary).encode()


def to_svg(boundary: Boundary) -> str:
    """Draw the scores as colours, the line where they are 0, and the points."""
    h = boundary.h
    left, top = boundary.xs[0] - h / 2, boundary.ys[-1] + h / 2
    width, height = len(boundary.xs) * h * UNIT, len(boundary.ys) * h * UNIT
    size = f'width="{width:.0f}" height="{height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width:.0f} {height:.0f}">',
        f'<rect {size} fill="#fff"/>',
    ]
    for y, row in zip(boundary.ys, boundary.scores, strict=True):
        for x, s in zip(boundary.xs, row, strict=True):
            corner = f'x="{(x - h / 2 - left) * UNIT:.1f}" y="{(top - y - h / 2) * UNIT:.1f}"'
            strength = f'fill="{COLOURS[s > 0]}" fill-opacity="{0.5 * math.tanh(abs(s)):.2f}"'
            lines.append(f'<rect {corner} width="{h * UNIT:g}" height="{h * UNIT:g}" {strength}/>')
    ends = " ".join(
        f"M{(a - left) * UNIT:.1f} {(top - b) * UNIT:.1f}"
        f"L{(c - left) * UNIT:.1f} {(top - d) * UNIT:.1f}"
        for (a, b), (c, d) in line_of(boundary)
    )
    lines.append(f'<path d="{ends}" stroke="#222" stroke-width="2" stroke-linecap="round"/>')
    for (x, y), label in zip(boundary.moons.points, boundary.moons.labels, strict=True):
        at = f'cx="{(x - left) * UNIT:.1f}" cy="{(top - y) * UNIT:.1f}"'
        lines.append(f'<circle {at} r="5" fill="{COLOURS[label > 0]}" stroke="#fff"/>')
    return "\n".join([*lines, "</svg>", ""])


def to_png(boundary: Boundary) -> bytes:
    """Draw the same as an image, with axes, by matplotlib.

    Raises:
        ImportError: matplotlib is not installed.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.8), dpi=150, layout="constrained")
    axes = figure.add_subplot(xlabel="x", ylabel="y", aspect="equal")
    strengths = [[math.tanh(s) for s in row] for row in boundary.scores]
    axes.pcolormesh(boundary.xs, boundary.ys, strengths, cmap="PuOr", vmin=-2, vmax=2)
    axes.contour(boundary.xs, boundary.ys, boundary.scores, levels=[0], colors="#222")
    xs, ys = zip(*boundary.moons.points, strict=True)
    colours = [COLOURS[label > 0] for label in boundary.moons.labels]
    axes.scatter(xs, ys, c=colours, edgecolors="#fff", linewidths=0.5, zorder=2)
    image = BytesIO()
    figure.savefig(image, format="png")
    return image.getvalue()


def line_of(boundary: Boundary) -> Iterator[tuple[Point, Point]]:
    """Find where the score is 0, as pieces of a line: one or two in each square of the grid.

    Along the side of a square the score is taken to be straight (marching squares).
    """
    xs, ys, scores = boundary.xs, boundary.ys, boundary.scores
    for i in range(len(ys) - 1):
        for j in range(len(xs) - 1):
            around = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]
            ends = []
            for (a, b), (c, d) in zip(around, [*around[1:], around[0]], strict=True):
                one, other = scores[a][b], scores[c][d]
                if (one > 0) != (other > 0):
                    share = one / (one - other)
                    ends.append((xs[b] + share * (xs[d] - xs[b]), ys[a] + share * (ys[c] - ys[a])))
            yield from zip(ends[::2], ends[1::2], strict=True)
