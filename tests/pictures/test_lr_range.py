"""The picture of a sweep, as text and as a figure."""

import math

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from makemore.diagnostics.lr_range import LearningRateRange, suggest
from makemore.pictures.lr_range import draw, shown_losses, to_text


def sweep(burst: bool = False) -> LearningRateRange:
    """Make a sweep whose losses are a parabola from 3.3 down to 2 at a rate of 0.01."""
    rates = np.geomspace(1e-5, 10, 121).tolist()
    losses = [2 + 1.3 * (math.log10(rate / 0.01) / 3) ** 2 for rate in rates]
    if burst:
        losses[-5:] = [1e9] * 5
    return LearningRateRange("mlp", 0.1, rates, losses, None, suggest(rates, losses))


@pytest.mark.parametrize("width", [30, 40, 60, 76, 100])
@pytest.mark.parametrize("burst", [False, True])
def test_the_text_keeps_its_width_and_marks_both_rates(width: int, burst: bool) -> None:
    lines = to_text(sweep(burst), width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line.isascii() for line in lines)
    assert "suggested 0.003" in lines[-2]
    assert "recipe 0.1" in lines[-1]


def test_the_curve_is_lowest_above_its_rate() -> None:
    lines = to_text(sweep(), 69, 12).splitlines()
    margin = lines[0].index("|") + 1
    columns = 69 - margin - 1
    (bottom,) = [line for line in lines[:12][::-1] if "*" in line][:1]
    middle = (bottom.index("*") + bottom.rindex("*")) / 2 - margin
    assert middle == pytest.approx(3 / 6 * (columns - 1), abs=1.5), (
        "0.01 is halfway from 1e-5 to 10"
    )
    assert lines[-1].index("^") - margin == round(4 / 6 * (columns - 1))


def test_the_axis_names_the_powers_of_ten() -> None:
    axis = to_text(sweep(), 76).splitlines()[-3].split()
    assert axis == ["1e-05", "0.0001", "0.001", "0.01", "0.1", "1", "10"]


def test_what_bursts_leaves_the_picture_at_the_top() -> None:
    low, high = shown_losses(sweep(burst=True))
    assert 1.8 < low < 2 < 3.1 < high < 3.5


def test_the_figure_shows_every_step_with_units_on_its_axes() -> None:
    found, figure = sweep(), Figure()
    draw(figure, found)
    (axes,) = figure.axes
    assert isinstance(axes, Axes)
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "learning rate")
    assert axes.get_ylabel() == "loss of a batch (nats a character)"
    steps, smoothed, suggested, recipe = axes.get_lines()
    assert list(np.asarray(steps.get_ydata())) == found.losses
    assert list(np.asarray(smoothed.get_ydata())) == found.suggestion.smoothed
    assert next(iter(np.asarray(suggested.get_xdata()))) == found.suggested
    assert next(iter(np.asarray(recipe.get_xdata()))) == found.recipe
