"""Gradients by layer, as lecture 4 draws them: of what layers give, and of their weights.

A layer's gradient should spread as much as its neighbours'. For weights the lecture compares it
with the spread of the weights themselves: a layer whose ratio is far larger learns far faster.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from makemore.diagnostics.examples import pick_examples
from makemore.diagnostics.insides import Insides, look_inside
from makemore.errors import UserError
from makemore.pictures.histograms import Row, draw_histograms, height_of
from makemore.pictures.request import Request
from makemore.pictures.style import WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEVIATIONS = 3.0
"""The axis reaches as far as so many deviations of the row with the largest."""


@dataclass(frozen=True)
class Found:
    """The gradients of a model for a batch.

    Attributes:
        model: name of the architecture.
        insides: the batch forward and backward.
    """

    model: str
    insides: Insides

    def figures(self) -> dict[str, Any]:
        """Name all that is written beside the histograms, as JSON can write it."""
        return {
            "model": self.model,
            "examples": self.insides.examples,
            "loss": self.insides.loss,
            "layers": [
                {
                    "layer": layer.name,
                    "mean": layer.gradients.mean().item(),
                    "deviation": layer.gradients.std().item(),
                }
                for layer in self.insides.layers
            ],
            "weights": [
                {
                    "weight": weight.name,
                    "mean": weight.gradient.mean().item(),
                    "deviation": weight.gradient.std().item(),
                    "gradient_to_data": weight.ratio if math.isfinite(weight.ratio) else None,
                }
                for weight in self.insides.weights
            ],
        }


def find(request: Request) -> Found:
    """Find the gradients of the loss of a batch of the split.

    Raises:
        UserError: the model counts and has none, or the corpus can't be read.
    """
    maker = request.maker
    if maker.model.closed_form:
        raise UserError(f"{maker.config.name} is fitted by counting, without a gradient.")
    examples = pick_examples(maker.model, request.documents(maker))
    return Found(maker.config.name, look_inside(maker.model, examples))


def draw(figure: "Figure", found: Found) -> None:
    """Draw the histograms of layers, where there are any, and below them those of weights."""
    of_layers = [
        Row(layer.name, layer.gradients, f"deviation\n{layer.gradients.std():.2e}")
        for layer in found.insides.layers
    ]
    of_weights = [
        Row(w.name, w.gradient, f"deviation {w.gradient.std():.2e}\ngradient:data {w.ratio:.2e}")
        for w in found.insides.weights
    ]
    groups = [
        (of_layers, "by what each layer gives", "gradient (nats)"),
        (of_weights, "by each matrix of weights", "gradient (nats)"),
    ]
    groups = [group for group in groups if group[0]]
    heights = [height_of(rows) for rows, _, _ in groups]
    figure.set_size_inches(WIDTH + 2, sum(heights))
    parts = figure.subfigures(len(groups), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, (rows, what, label) in zip(parts, groups, strict=True):
        reach = DEVIATIONS * max(_deviation(row.values) for row in rows) or 1.0
        title = f"{found.model}: gradient of the loss {what}"
        draw_histograms(part, rows, title, label, (-reach, reach))


def _deviation(values: Tensor) -> float:
    return values.std().item() if values.numel() > 1 else 0.0
