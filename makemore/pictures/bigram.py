"""Which character follows which: lecture 2's 27 x 27 image, of counts or of any model.

A bigram's row is all that it knows. A model that sees more is asked what it expects after a
document that so far is one character long, or, of a text, after a line that is.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from makemore.diagnostics.explain import shown_characters
from makemore.errors import UsageError, UserError
from makemore.evaluation.scores import Floats
from makemore.maker import Maker
from makemore.models.bigram import Bigram
from makemore.pictures.characters import shown_ids
from makemore.pictures.request import Request
from makemore.pictures.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_WITH_NUMBERS = 32
"""Characters up to which each cell has room for its pair and its number."""
INCHES_A_CELL = 0.36


@dataclass(frozen=True)
class Matrix:
    """What one model expects after each character.

    Attributes:
        probabilities: float64 (n, n), of the column's character after that of the row.
        counts: how often it follows in the train split, where the model is made of these.
    """

    name: str
    probabilities: Floats
    counts: Floats | None = None


@dataclass(frozen=True)
class Found:
    """One matrix, or two of the same characters.

    Attributes:
        characters: as they are shown; of a corpus of lines, the end is the first, as a dot.
        matrices: of the runs.
    """

    characters: list[str]
    matrices: list[Matrix]

    @property
    def difference(self) -> float:
        """Mean over the rows of half the sum of |p - q|, between two models: 0 to 1."""
        one, other = (matrix.probabilities for matrix in self.matrices)
        return float(np.abs(one - other).sum(axis=1).mean() / 2)

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        runs = [
            {
                "model": one.name,
                "probabilities": one.probabilities.tolist(),
                "counts": None if one.counts is None else one.counts.astype(int).tolist(),
            }
            for one in self.matrices
        ]
        difference = {"difference": self.difference} if len(runs) == 2 else {}
        return {"characters": self.characters, "runs": runs, **difference}


def find(request: Request) -> Found:
    """Find the matrices of one run or two.

    Raises:
        UsageError: the two don't share their characters.
        UserError: of many characters the most frequent are shown, and the corpus can't be read.
    """
    makers = request.makers
    kinds = {(one.vocabulary.characters, one.is_text) for one in makers}
    if len(kinds) > 1:
        raise UsageError("bigram shows two runs side by side where both know the same characters.")
    ids = shown_ids(makers[0])
    shown = shown_characters(makers[0].vocabulary)
    return Found(
        [shown[i] for i in ids],
        [find_matrix(*named, ids) for named in zip(request.names, makers, strict=True)],
    )


def find_matrix(name: str, maker: Maker, ids: list[int]) -> Matrix:
    """Ask a model what it expects after each character, and count where it is made of counts."""
    names = ["", *maker.vocabulary.characters]
    rows = []
    for row in ids:
        after = maker.probabilities(names[row])
        rows.append([after.get(names[column], 0.0) for column in ids])
    counts = None
    model = maker.model
    if isinstance(model, Bigram) and model.closed_form:
        try:
            documents = maker.corpus.encoded("train", maker.vocabulary)
        except UserError:
            pass  # it is shown as any other model is
        else:
            picked = torch.tensor(ids)
            pairs = model.count(documents)  # sparse
            counts = pairs.index_select(0, picked).index_select(1, picked).to_dense().numpy()
    return Matrix(name, np.array(rows), counts)


def draw(figure: "Figure", found: Found) -> None:
    """Draw a square for each pair; one run has the pair and its number in it, as in the lecture."""
    n, alone = len(found.characters), len(found.matrices) == 1
    numbers = alone and n <= MOST_WITH_NUMBERS
    side = INCHES_A_CELL * min(max(n, 14), MOST_WITH_NUMBERS)
    most = max(matrix.probabilities.max() for matrix in found.matrices)
    if alone:
        figure.set_size_inches(side if numbers else side * 1.15, side)
    else:
        figure.set_size_inches(side * 1.5, side * 0.74)
    panels = list(figure.subplots(1, len(found.matrices), squeeze=False)[0])
    for axes, matrix in zip(panels, found.matrices, strict=True):
        counts = matrix.counts if numbers else None
        values = matrix.probabilities if counts is None else counts
        image = axes.imshow(values, vmin=0, vmax=most if counts is None else None)
        axes.set_xticks(range(n), found.characters, fontsize=13 if n <= MOST_WITH_NUMBERS else 8)
        axes.set_yticks(range(n), found.characters, fontsize=13 if n <= MOST_WITH_NUMBERS else 8)
        axes.set_xlabel("next character", fontsize=16)
        axes.set_ylabel("character", fontsize=16)
        axes.grid(visible=False)
        what = "probability of the next character" if counts is None else "counts of pairs in train"
        axes.set_title(f"{matrix.name}: {what}" if alone else matrix.name, fontsize=18)
        if numbers:
            _write_numbers(axes, found.characters, values, ".0f" if counts is not None else ".3f")
    if not numbers:
        bar = figure.colorbar(image, ax=panels, shrink=0.7, aspect=30)
        bar.set_label("probability of the next character", fontsize=16)
    if not alone:
        apart = f"{100 * found.difference:.1f}%"
        figure.suptitle(f"The two differ in {apart} of the probability, on average", fontsize=18)


def _write_numbers(axes: "Axes", characters: list[str], values: Floats, form: str) -> None:
    """Write each pair into its square, and its number below it."""
    for row, one in enumerate(characters):
        for column, other in enumerate(characters):
            value = values[row, column]
            number = f"{value:{form}}"
            colour = "white" if value < 0.6 * values.max() else INK
            place: dict[str, Any] = {"ha": "center", "fontsize": 8, "color": colour}
            axes.text(column, row - 0.05, one + other, va="bottom", parse_math=False, **place)
            shown = number.removeprefix("0") if "." in number else number
            axes.text(column, row + 0.05, shown, va="top", **place)
