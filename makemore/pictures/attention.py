"""Whom each place of a word attends to, head by head and layer by layer, and what it predicts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.reading import clean
from makemore.diagnostics.explain import shown_characters
from makemore.errors import UserError
from makemore.maker import Maker
from makemore.models.watching import attention_maps
from makemore.pictures.characters import with_ink
from makemore.pictures.request import Request
from makemore.pictures.style import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

MOST = 32
"""Maps that are shown."""
WIDEST = 9.0
"""Inches of the maps that stand side by side."""
MOST_LETTERS = 26
"""Of a module's name above a map."""
LIKELIEST = 3
"""Characters that a place may predict, with their probabilities."""


@dataclass(frozen=True)
class Map:
    """What one head sees.

    Attributes:
        layer: which attention of the model, from 1 on.
        head: of it, from 1 on.
        place: name of the module that computes it.
        weights: (T, T), of the places that are seen (last) by each; rows sum to 1.
    """

    layer: int
    head: int
    place: str
    weights: Tensor


@dataclass(frozen=True)
class Found:
    """A word's maps, and what each place would predict.

    Attributes:
        model: name of the architecture.
        characters: that each place has read, the start as a dot, (T,).
        following: what comes after each; "" where a text goes on.
        maps: layer by layer.
        predicted: of each place, the likeliest characters with their probabilities.
    """

    model: str
    characters: list[str]
    following: list[str]
    maps: list[Map]
    predicted: list[list[tuple[str, float]]]

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        maps = [vars(one) | {"weights": one.weights.tolist()} for one in self.maps]
        return vars(self) | {"maps": maps}


def find(request: Request) -> Found:
    """Find the maps of the word that is asked for.

    Raises:
        UserError: the model has no attention or doesn't know a character, or the word is longer
            than it takes.
    """
    return find_attention(request.maker, request.word_of(request.maker))


def find_attention(maker: Maker, word: str) -> Found:
    """Find a word's maps in a model, and what each place would predict.

    Raises:
        UserError: as `find`.
    """
    model, name = maker.model, maker.config.name
    ids = [BOUNDARY, *maker.vocabulary.encode(clean(word))]
    if model.block_size is not None and len(ids) > model.block_size:
        raise UserError(
            f"{name} sees {model.block_size - 1} characters at once, and --word has {len(ids) - 1}."
        )
    tokens = torch.tensor([ids], device=model.device)
    # with gradients on, PyTorch takes no path that hides what it computes
    with model.evaluating(), torch.enable_grad(), attention_maps(model) as found:
        logits = model(tokens)[0].detach()
    # a head's places are all that it could see; a softmax over something else has another size
    maps = [
        Map(layer, head, place.removeprefix("module."), weights)
        for layer, (place, heads) in enumerate(
            ((p, w[0].reshape(-1, *w.shape[-2:])) for p, w in found if w.shape[-1] == len(ids)),
            start=1,
        )
        for head, weights in enumerate(heads.cpu(), start=1)
    ]
    if not maps:
        raise UserError(f"{name} has no attention.")
    shown = [*map(with_ink, shown_characters(maker.vocabulary))]
    most = logits.double().softmax(-1).topk(min(LIKELIEST, logits.shape[-1]))
    return Found(
        name,
        [shown[i] for i in ids],
        [*(shown[i] for i in ids[1:]), "" if maker.is_text else shown[BOUNDARY]],
        maps,
        [
            [(shown[i], p) for i, p in zip(which, how_likely, strict=True)]
            for which, how_likely in zip(most.indices.tolist(), most.values.tolist(), strict=True)
        ],
    )


def draw(figure: "Figure", found: Found) -> None:
    """Draw the maps, a row for each layer, and below them what each place would predict."""
    maps = found.maps[:MOST]
    heads = max(one.head for one in maps)
    n = len(found.characters)
    side = max(2.1, 0.16 * n)
    columns = min(heads if heads > 1 else 4, max(1, int(WIDEST // side)), len(maps))
    rows = -(-len(maps) // columns)
    width, below = max(7.5, columns * side + 0.6, 0.36 * n), 2.0
    figure.set_size_inches(width, rows * (side + 0.35) + below + 0.4)
    more = f"; the first {MOST} of {len(found.maps)} maps" if len(found.maps) > MOST else ""
    figure.suptitle(
        f"{found.model}: whom each place attends to{more}", x=0.01, ha="left", fontsize=12
    )
    heights = [rows * (side + 0.35), below]
    above, under = figure.subfigures(2, 1, height_ratios=heights, squeeze=False)[:, 0]
    every = above.subplots(rows, columns, squeeze=False)
    image = None
    for axes, one in zip(every.flat, maps, strict=False):
        later = np.triu(np.ones((n, n), dtype=bool), 1)
        image = axes.imshow(np.ma.array(one.weights.numpy(), mask=later), vmin=0, vmax=1)
        axes.grid(visible=False)
        ticks, size = range(n), 9 if n <= 16 else 6
        axes.set_xticks(ticks, found.characters, fontsize=size, parse_math=False)
        axes.set_yticks(ticks, found.characters, fontsize=size, parse_math=False)
        named = f"layer {one.layer}, head {one.head}" if heads > 1 else _short(one.place)
        axes.set_title(named, fontsize=9 if heads > 1 else 8, parse_math=False)
    for axes in every.flat[len(maps) :]:
        axes.set_visible(False)
    above.supxlabel("character that is seen", fontsize=10)
    above.supylabel("place that looks", fontsize=10)
    assert image is not None
    above.colorbar(image, ax=every, label="share of attention", shrink=0.8)
    _draw_predictions(under, found)


def _short(place: str) -> str:
    """Name the module whose part has computed a map."""
    module = place.rpartition(".")[0] or place
    return module if len(module) <= MOST_LETTERS else f"…{module[1 - MOST_LETTERS :]}"


def _draw_predictions(figure: "SubFigure", found: Found) -> None:
    """Write below each character what would come next."""
    n = len(found.characters)
    axes = figure.subplots()
    likely = np.zeros((LIKELIEST, n))
    for place, options in enumerate(found.predicted):
        for rank, (character, probability) in enumerate(options):
            likely[rank, place] = probability
            right = character == found.following[place]
            axes.text(
                place,
                rank,
                f"{character}\n{100 * probability:.0f}%",
                ha="center",
                va="center",
                fontsize=8,
                fontweight="bold" if right else "normal",
                color="white" if probability < 0.6 else INK,
                parse_math=False,
            )
    axes.imshow(likely, vmin=0, vmax=1, aspect="auto")
    axes.grid(visible=False)
    axes.set_xticks(range(n), found.characters, parse_math=False)
    axes.set_yticks(range(LIKELIEST), [str(rank + 1) for rank in range(LIKELIEST)])
    axes.set_xlabel("place: the last character that it has read")
    axes.set_ylabel("rank")
    axes.set_title("What each would predict (bold: what does come next)", fontsize=10)
