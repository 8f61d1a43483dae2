"""What is likely next, all through one word: bars under its letters."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from makemore.corpus.reading import clean
from makemore.display import visible
from makemore.errors import UsageError
from makemore.evaluation.scores import score_documents
from makemore.pictures.request import Request
from makemore.pictures.style import BLUE, FAINT, ORANGE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 20
"""Characters of a word that have room."""
BARS = 10
"""Characters that have a bar under each letter, the likeliest."""


@dataclass(frozen=True)
class Found:
    """The probabilities of a word.

    Attributes:
        model: its name.
        word: as the model reads it.
        characters: what comes at each place: its letters, and "" for the end where there is one.
        probabilities: at each place, of every character, the likeliest first.
    """

    model: str
    word: str
    characters: list[str]
    probabilities: list[dict[str, float]]

    @property
    def bits(self) -> list[float]:
        """How surprising each character is."""
        each = zip(self.characters, self.probabilities, strict=True)
        return [-math.log2(found[one]) if found[one] else math.inf for one, found in each]

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return {
            "model": self.model,
            "word": self.word,
            "characters": self.characters,
            "probabilities": self.probabilities,
        }


def find(request: Request) -> Found:
    """Find the probabilities of a word.

    Raises:
        UserError: the model doesn't know a character.
        UsageError: it is empty or too long.
    """
    (name,), maker = request.names, request.maker
    word = clean(request.word_of(maker))
    if len(word) > MOST:
        raise UsageError(f"A word of up to {MOST} characters has room; this has {len(word)}.")
    (score,) = score_documents(
        maker.model,
        maker.vocabulary,
        [word],
        maker.config.data.format,
        likeliest=maker.model.vocab_size,
    )
    return Found(name, word, score.characters, score.expected or [])


def draw(figure: "Figure", found: Found) -> None:
    """Draw a column for each letter, with bars for the likeliest and its own in a colour."""
    n = len(found.characters)
    figure.set_size_inches(max(7.0, 0.62 * n + 0.6), 5)
    axes = figure.add_subplot(
        ylim=(BARS + 1.6, -2.2),
        xlim=(-0.1, n),
        yticks=[],
        xticks=[],
        title=f"{found.model}: how likely each next character is",
        xlabel="a full bar is a probability of 1; below each letter, its surprise in bits",
    )
    axes.spines[:].set_visible(False)
    columns = zip(found.characters, found.probabilities, found.bits, strict=True)
    for place, (own, probabilities, bits) in enumerate(columns):
        middle = place + 0.45
        text: dict[str, Any] = {"ha": "center", "va": "center", "parse_math": False}
        axes.text(middle, -1.6, shown(own), fontsize=18, weight="bold", **text)
        axes.text(middle, -0.8, f"{bits:.1f}", fontsize=10, color=FAINT, **text)
        rows = list(probabilities)[:BARS]
        if own not in rows:
            rows.append(own)
        for character in rows:
            row = rows.index(character) + (0.6 if len(rows) > BARS and character == own else 0)
            colour = ORANGE if character == own else BLUE
            axes.barh(row, 0.62, 0.8, place + 0.24, color=FAINT, alpha=0.15)
            axes.barh(row, 0.62 * probabilities[character], 0.8, place + 0.24, color=colour)
            axes.text(place + 0.1, row, shown(character), fontsize=10, **text)


def shown(character: str) -> str:
    """Write a character so that it can be seen: the end as a dot, a space as a box."""
    return {"": "·", " ": "␣", "\n": "↵"}.get(character, visible(character))
