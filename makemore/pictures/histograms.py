"""Histograms below one another, on one axis: what several pictures of layers are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from makemore.pictures.style import BLUE, FAINT, ORANGE

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

BINS = 80
MOST = 16
"""Histograms that are readable below one another."""
TALLEST = 0.9
"""Of a row, how high its highest bin is."""
INCHES_A_ROW, INCHES_AROUND = 0.62, 1.1


@dataclass(frozen=True)
class Row:
    """One histogram.

    Attributes:
        name: at its left.
        values: any shape.
        note: at its right.
        marked: bool of that shape: values of another colour; None: none.
    """

    name: str
    values: Tensor
    note: str
    marked: Tensor | None = None


def height_of(rows: Sequence[Row]) -> float:
    """Tell how many inches some histograms take."""
    return INCHES_AROUND + INCHES_A_ROW * min(len(rows), MOST)


def draw_histograms(
    figure: "FigureBase", rows: Sequence[Row], title: str, label: str, span: tuple[float, float]
) -> None:
    """Draw histograms of one axis, each as high as its highest bin.

    Args:
        figure: a figure, or a part of one.
        rows: at least one; of more than `MOST` the first.
        title: above all.
        label: of the axis, with its unit.
        span: of the axis; what lies beyond stands in the last bin of its end.
    """
    if len(rows) > MOST:
        title = f"{title}; the first {MOST} of {len(rows)}"
    shown = rows[:MOST]
    axes = figure.subplots()
    axes.set_title(title, parse_math=False)
    axes.set_xlabel(f"{label}; height: share of a row's values")
    edges = np.linspace(*span, BINS + 1)
    floors = np.arange(len(shown))[::-1]
    for floor, row in zip(floors, shown, strict=True):
        values = row.values.flatten().double().cpu().numpy().clip(*span)
        every, _ = np.histogram(values, edges)
        scale = TALLEST / every.max()
        axes.stairs(floor + scale * every, edges, baseline=floor, fill=True, color=BLUE)
        if row.marked is not None:
            marked, _ = np.histogram(values[row.marked.flatten().cpu().numpy()], edges)
            axes.stairs(floor + scale * marked, edges, baseline=floor, fill=True, color=ORANGE)
        axes.axhline(floor, color=FAINT, linewidth=0.8)
    axes.axvline(0, color=FAINT, linewidth=0.8)
    axes.grid(visible=False, axis="y")
    axes.set_xlim(*span)
    axes.set_ylim(0, len(shown))
    axes.spines["left"].set_visible(False)
    notes = axes.secondary_yaxis("right")
    notes.spines["right"].set_visible(False)
    middles = floors + TALLEST / 2
    look: dict[str, Any] = {"fontsize": 9, "parse_math": False}
    axes.set_yticks(middles, [row.name for row in shown], **look)
    notes.set_yticks(middles, [row.note for row in shown], **look)
    axes.tick_params(axis="y", length=0)
    notes.tick_params(axis="y", length=0)
