"""Where a model loses: by the place in the document, and by the character that comes.

The mean of the losses over all places, each as often as it occurs, is the loss of the split.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from makemore.corpus.documents import Documents, Text
from makemore.corpus.predictions import Ints
from makemore.diagnostics.explain import shown_characters
from makemore.evaluation.scores import Floats, predict
from makemore.maker import Maker
from makemore.pictures.request import Request
from makemore.pictures.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_PLACES, MOST_CHARACTERS = 40, 64
MARKERS = "osD^vPX"


@dataclass(frozen=True)
class Mean:
    """A mean loss, in nats.

    Attributes:
        loss: over all its predictions.
        error: standard error of that mean.
        predictions: how many there are.
    """

    loss: float
    error: float
    predictions: int


@dataclass(frozen=True)
class Losses:
    """Where one run loses.

    Attributes:
        name: of the run.
        split: that was predicted.
        places: from the first of a document, or of a line of a text, on.
        characters: as they are shown, the most frequent first; the end as a dot.
    """

    name: str
    split: str
    places: dict[int, Mean]
    characters: dict[str, Mean]


@dataclass(frozen=True)
class Found:
    """The losses of some runs."""

    runs: list[Losses]
    of_lines: bool

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return asdict(self)


def find(request: Request) -> Found:
    """Find where some runs lose.

    Raises:
        UserError: a corpus can't be read, or the split is empty.
    """
    named = zip(request.names, request.makers, strict=True)
    runs = [find_losses(name, maker, request) for name, maker in named]
    return Found(runs, any(maker.is_text for maker in request.makers))


def find_losses(name: str, maker: Maker, request: Request) -> Losses:
    """Predict a split, and take the mean of the losses by place and by character."""
    documents = request.documents(maker)
    losses = predict(maker.model, documents).losses
    places = means(losses, places_of(maker, documents))
    by_id = means(losses, documents.pieces().targets)
    shown = shown_characters(maker.vocabulary)
    ids = sorted(by_id, key=lambda id_: -by_id[id_].predictions)
    return Losses(name, request.split_of(maker), places, {shown[id_]: by_id[id_] for id_ in ids})


def places_of(maker: Maker, documents: Documents) -> Ints:
    """Give the place of each prediction, from 1 on; in a text, that since the last line break."""
    pieces = documents.pieces()
    places = pieces.positions
    if not isinstance(documents, Text) or "\n" not in maker.vocabulary.characters:
        return places + 1
    (line_break,) = maker.vocabulary.encode("\n")
    starts = np.where(pieces.inputs == line_break, places, 0)
    return places - np.maximum.accumulate(starts) + 1


def means(losses: Floats, groups: Ints) -> dict[int, Mean]:
    """Take the mean of the losses in each group: both (predictions,)."""
    found = {}
    for group in np.unique(groups).tolist():
        some = losses[groups == group]
        found[group] = Mean(float(some.mean()), float(some.std() / len(some) ** 0.5), len(some))
    return found


def draw(figure: "Figure", found: Found) -> None:
    """Draw the mean by place with its error, and the mean of each character."""
    figure.set_size_inches(9, 7)
    above, below = figure.subplots(2, 1)
    unit = "line" if found.of_lines else "document"
    first = found.runs[0]
    above.set(
        title=f"Loss by place and by character, {first.split} split",
        xlabel=f"place in the {unit}",
        ylabel="loss (nats)",
    )
    below.set(xlabel="character that comes, the most frequent first", ylabel="loss (nats)")
    characters = list(first.characters)[:MOST_CHARACTERS]
    for number, run in enumerate(found.runs):
        colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
        places = [place for place in run.places if place <= MOST_PLACES]
        middle = np.array([run.places[place].loss for place in places])
        error = np.array([run.places[place].error for place in places])
        above.plot(places, middle, color=colour, marker=marker, markersize=4, label=run.name)
        above.fill_between(places, middle - error, middle + error, color=colour, alpha=0.25, lw=0)
        known = [place for place, one in enumerate(characters) if one in run.characters]
        losses = [run.characters[characters[place]].loss for place in known]
        below.plot(known, losses, color=colour, marker=marker, ls="", label=run.name)
        if len(found.runs) == 1:
            below.vlines(known, 0, losses, color=colour, lw=1.5, alpha=0.5)
    for axes in (above, below):
        axes.set_ylim(bottom=0)
    names = [{" ": "␣", "\\n": "↵"}.get(one, one) for one in characters]
    below.set_xticks(
        range(len(names)), names, parse_math=False, fontsize=11 if len(names) < 40 else 8
    )
    below.grid(visible=False, axis="x")
    above.legend(loc="best")
