"""The loss as the learning rate rises: as text, and as a figure."""

import math
from typing import TYPE_CHECKING

from makemore.diagnostics.lr_range import LearningRateRange
from makemore.pictures.style import BLUE, FAINT, GREEN, ORANGE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOM = 0.1
"""Above the beginning of the loss: this share of its fall."""


def shown_losses(found: LearningRateRange) -> tuple[float, float]:
    """Tell from where to where losses are shown: up to a little above the beginning.

    What bursts leaves the picture at the top.
    """
    smoothed = found.suggestion.smoothed
    lowest, first = min(smoothed), smoothed[0]
    room = ROOM * (first - lowest) or 1.0
    return lowest - room, first + room


def to_text(found: LearningRateRange, width: int = 76, height: int = 12) -> str:
    """Draw the smoothed loss over the logarithm of the rate, in plain characters.

    Args:
        found: the sweep.
        width: of a line, in characters, at least 30.
        height: of the curve, in lines.

    Returns:
        Lines, each of up to `width` characters: the curve; below it the powers of ten; below these
        a mark for the suggested rate and for that of the recipe.
    """
    low, high = shown_losses(found)
    margin = max(len(f"{high:.2f}"), len(f"{low:.2f}"))
    columns = max(10, width - margin - 3)
    first, last = math.log10(found.rates[0]), math.log10(found.rates[-1])

    def column_of(rate: float) -> int:
        place = (math.log10(rate) - first) / (last - first) * (columns - 1)
        return min(max(round(place), 0), columns - 1)

    canvas = [[" "] * columns for _ in range(height)]
    for rate, loss in zip(found.rates, found.suggestion.smoothed, strict=True):
        row = round((high - loss) / (high - low) * (height - 1))
        if row >= 0:
            canvas[row][column_of(rate)] = "*"
    labels = {0: f"{high:.2f}", height - 1: f"{low:.2f}"}
    lines = [
        f"{labels.get(row, '').rjust(margin)} |{''.join(line).rstrip()}"
        for row, line in enumerate(canvas)
    ]
    blank = " " * (margin + 2)
    ticks, numbers = ["-"] * columns, [" "] * (columns + 1)
    for power in range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1):
        column, number = column_of(10.0**power), f"{10.0**power:g}"
        start = min(max(column - len(number) // 2, 0), columns - len(number))
        ticks[column] = "+"
        if not "".join(numbers[max(0, start - 1) : start + len(number) + 1]).strip():
            numbers[start : start + len(number)] = number
    lines += [" " * (margin + 1) + "+" + "".join(ticks), blank + "".join(numbers).rstrip()]
    marks = {"recipe": found.recipe}
    if found.suggested is not None:
        marks = {"suggested": found.suggested, **marks}
    for name, rate in marks.items():
        column, text = column_of(rate), f"{name} {rate:.3g}"
        after = column + 2 + len(text) <= columns
        line = " " * column + f"^ {text}" if after else f"{text} ^".rjust(column + 1)
        lines.append(blank + line)
    return "\n".join(lines)


def draw(figure: "Figure", found: LearningRateRange) -> None:
    """Draw the losses, their smoothed curve, the suggested rate and that of the recipe."""
    axes = figure.add_subplot(
        xscale="log",
        xlabel="learning rate",
        ylabel="loss of a batch (nats a character)",
        title=f"Learning rate range test: {found.model}",
        ylim=shown_losses(found),
    )
    axes.plot(found.rates, found.losses, ".", color=FAINT, markersize=3, label="each step")
    axes.plot(found.rates, found.suggestion.smoothed, color=BLUE, label="smoothed")
    if found.suggested is not None:
        label = f"suggested: {found.suggested:.3g}"
        axes.axvline(found.suggested, color=ORANGE, linestyle="-", label=label)
    axes.axvline(found.recipe, color=GREEN, linestyle="--", label=f"recipe: {found.recipe:.3g}")
    axes.legend(loc="lower left")
