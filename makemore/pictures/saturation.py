"""Units by examples in black and white, as in lecture 4: white where a unit has no slope.

A column that is white throughout is a dead unit: no example moves it, and so it never learns.
"""

from typing import TYPE_CHECKING

from makemore.diagnostics.insides import Layer
from makemore.models.activations import FLAT
from makemore.pictures.activations import Found, find_layers
from makemore.pictures.request import Request
from makemore.pictures.style import RED, WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXAMPLES = 48
"""Rows of an image. Whether a unit is dead is asked of all examples."""
MOST = 8
"""Layers that are shown."""
NAMED = 10
"""Dead units that are named."""


def find(request: Request) -> Found:
    """Look at the layers of a run.

    Raises:
        UserError: it has no nonlinearity, or the corpus can't be read.
    """
    return find_layers(request.maker, request)


def draw(figure: "Figure", found: Found) -> None:
    """Draw an image for each layer, and a mark below each dead unit."""
    layers = found.layers[:MOST]
    figure.set_size_inches(WIDTH + 1, 0.9 + 1.85 * len(layers))
    more = f"; the first {MOST} of {len(found.layers)} layers" if len(found.layers) > MOST else ""
    figure.suptitle(
        f"{found.model}: white where a unit has hardly a slope{more}",
        x=0.01,
        ha="left",
        fontsize=12,
    )
    every = figure.subplots(len(layers), 1, squeeze=False)[:, 0]
    for axes, layer in zip(every, layers, strict=True):
        axes.imshow(
            layer.stuck[:EXAMPLES].cpu().numpy(),
            cmap="gray",
            vmin=0,
            vmax=1,
            aspect="auto",
            interpolation="nearest",
        )
        axes.grid(visible=False)
        axes.set_title(_title(layer), fontsize=10, parse_math=False)
        axes.set_ylabel("example")
        axes.set_xlim(-0.5, layer.stuck.shape[1] - 0.5)
        dead = layer.dead_units
        if dead:
            below = axes.get_xaxis_transform()
            feet = [0.0] * len(dead)
            axes.plot(dead, feet, "^", color=RED, clip_on=False, markersize=7, transform=below)
    every[-1].set_xlabel("unit (a triangle below: dead)")


def _title(layer: Layer) -> str:
    if layer.saturates:
        what = f"{layer.saturated:.1%} saturated (beyond {FLAT})"
    else:
        what = f"{layer.saturated:.1%} cut off"
    dead = layer.dead_units
    named = ", ".join(map(str, dead[:NAMED]))
    if len(dead) > NAMED:
        named += f" and {len(dead) - NAMED} more"
    return f"{layer.name}: {what}; " + (f"dead: {named}" if dead else "none dead")
