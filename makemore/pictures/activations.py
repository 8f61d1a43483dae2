"""What each layer gives: lecture 4's histograms, with mean, deviation and the share saturated."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from makemore.diagnostics.examples import pick_examples
from makemore.diagnostics.insides import Insides, Layer, look_inside
from makemore.errors import UserError
from makemore.maker import Maker
from makemore.pictures.histograms import Row, draw_histograms, height_of
from makemore.pictures.request import Request
from makemore.pictures.style import WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDEST = 0.999
"""Share of the values that the axis holds, where no nonlinearity bounds them."""


@dataclass(frozen=True)
class Found:
    """The layers of a model for a batch.

    Attributes:
        model: name of the architecture.
        insides: the batch forward and backward.
    """

    model: str
    insides: Insides

    @property
    def layers(self) -> list[Layer]:
        """The nonlinearities, in the order in which they are first called."""
        return self.insides.layers

    def figures(self) -> dict[str, Any]:
        """Name all that is written beside the histograms, as JSON can write it."""
        layers = [layer.figures() for layer in self.layers]
        return {"model": self.model, "examples": self.insides.examples, "layers": layers}


def find(request: Request) -> Found:
    """Look at the layers of a run.

    Raises:
        UserError: it has no nonlinearity, or the corpus can't be read.
    """
    return find_layers(request.maker, request)


def find_layers(maker: Maker, request: Request) -> Found:
    """Let a batch of the split go through the model of a run.

    Raises:
        UserError: as `find`.
    """
    insides = look_inside(maker.model, pick_examples(maker.model, request.documents(maker)))
    if not insides.layers:
        raise UserError(
            f"{maker.config.name} has no layer with a tanh, sigmoid, ReLU, GELU or SiLU."
        )
    return Found(maker.config.name, insides)


def draw(figure: "Figure", found: Found) -> None:
    """Draw a histogram for each layer; what is saturated has another colour."""
    rows = [
        Row(layer.name, layer.after, _note(layer), layer.stuck if layer.saturates else None)
        for layer in found.layers
    ]
    figure.set_size_inches(WIDTH + 1.5, height_of(rows))
    draw_histograms(
        figure,
        rows,
        f"{found.model}: activations by layer, {found.insides.examples:,} predictions",
        "activation (orange: saturated)",
        _span(found.layers),
    )


def _note(layer: Layer) -> str:
    spread = f"mean {layer.after.mean():+.2f}, deviation {layer.after.std():.2f}"
    if layer.saturates:
        return f"{spread}\nsaturated {layer.saturated:.1%}"
    return f"{spread}\ncut off {layer.saturated:.1%}"


def _span(layers: list[Layer]) -> tuple[float, float]:
    if all(layer.saturates for layer in layers):
        return -1.0, 1.0
    values = torch.cat([layer.after.flatten() for layer in layers]).sort().values
    return values[int((1 - WIDEST) * len(values))].item(), values[int(WIDEST * len(values))].item()
