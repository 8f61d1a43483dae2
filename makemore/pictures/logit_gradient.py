"""Lecture 5's image: the gradient of the loss by the logits, softmax minus one-hot.

In each row the character that did come next is pulled up, and all others are pushed down, each by
its probability. A row sums to 0.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from makemore.diagnostics.examples import Examples, pick_examples
from makemore.diagnostics.explain import shown_characters
from makemore.models.base import Model
from makemore.pictures.characters import with_ink
from makemore.pictures.request import Request
from makemore.pictures.style import DIVERGING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BATCH_SIZE = 32
"""As in the lecture."""
SHOWN = 10
"""Last characters of a context that are written."""
MOST_NAMED = 64
"""Characters below the image that can be read."""


@dataclass(frozen=True)
class Found:
    """A batch.

    Attributes:
        model: name of the architecture.
        contexts: before each prediction, a dot for the boundary, (B,).
        following: what comes next.
        characters: of the columns, (V,).
        gradients: of each prediction's loss by its logits, (B, V), in nats.
    """

    model: str
    contexts: list[str]
    following: list[str]
    characters: list[str]
    gradients: Tensor

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return vars(self) | {"gradients": self.gradients.tolist()}


def find(request: Request) -> Found:
    """Find the gradients of some predictions of the split.

    Raises:
        UserError: the corpus can't be read.
    """
    maker = request.maker
    examples = pick_examples(maker.model, request.documents(maker))
    shown = [*map(with_ink, shown_characters(maker.vocabulary))]
    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(0))[:BATCH_SIZE]
    gradients = logit_gradients(maker.model, examples).cpu()[order]
    contexts, following = [], []
    for index in order.tolist():
        ids, target = examples.prefix(index)
        contexts.append("".join(shown[i] for i in ids))
        following.append(shown[target])
    return Found(maker.config.name, contexts, following, shown, gradients)


@torch.no_grad()
def logit_gradients(model: Model, examples: Examples) -> Tensor:
    """Compute the gradient of each prediction's loss by its logits: (B, V).

    With p = softmax(logits) and y the one-hot of what comes next, it is p - y. The lecture divides
    it by B, since its loss is the mean.
    """
    with model.evaluating():
        logits = model.by_layers(examples.contexts)[examples.predicted].double()  # (B, V)
    targets = examples.targets[examples.predicted]
    gradients = logits.softmax(-1)
    gradients[torch.arange(len(targets)), targets] -= 1
    return gradients


def draw(figure: "Figure", found: Found) -> None:
    """Draw a row for each prediction."""
    rows, columns = found.gradients.shape
    figure.set_size_inches(max(7.5, min(12.0, 1.8 + 0.2 * columns)), 1.4 + 0.19 * rows)
    axes = figure.add_subplot(xlabel="logit of", ylabel="context → what comes next")
    image = axes.imshow(
        found.gradients.numpy(),
        cmap=DIVERGING,
        vmin=-1,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
    )
    axes.grid(visible=False)
    axes.set_title(f"{found.model}: softmax minus one-hot, {rows} predictions", parse_math=False)
    if columns <= MOST_NAMED:
        axes.set_xticks(range(columns), found.characters, fontsize=9, parse_math=False)
    else:
        axes.set_xlabel("logit of character number")
    named = [
        f"{context[-SHOWN:]} → {after}"
        for context, after in zip(found.contexts, found.following, strict=True)
    ]
    axes.set_yticks(range(rows), named, fontsize=8, family="monospace", parse_math=False)
    figure.colorbar(image, ax=axes, label="gradient of its loss (nats)", shrink=0.8)
