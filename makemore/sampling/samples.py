"""What is drawn: strings that know how they ended, and where they stand."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, Self

from makemore.corpus.splits import Corpus, Split
from makemore.display import Grid, Shown, visible

Place = Split | Literal["new"]


class Sample(str):
    """One drawn document: the prompt and what the model wrote after it.

    Attributes:
        finished: whether the model ended it; False where the longest length cut it off.
        place: in which split it stands, or "new"; None for what was cut off or not looked up.
    """

    finished: bool
    place: Place | None

    def __new__(cls, text: str, finished: bool = True, place: Place | None = None) -> Self:
        """Make a string that knows both."""
        sample = super().__new__(cls, text)
        sample.finished = finished
        sample.place = place
        return sample

    def figures(self) -> dict[str, Any]:
        """Name all that is known of it, as JSON can write it."""
        return {"text": str(self), "in": self.place, "finished": self.finished}


class Samples(Shown, list[Sample]):
    """Some samples, which show themselves as a table of where each stands."""

    def grid(self) -> Grid:
        """Show each sample, and its place."""
        texts = [visible(one) + ("" if one.finished else "…") for one in self]
        places = [one.place or "" for one in self]
        return Grid(list(zip(texts, places, strict=True)), left=2)


def look_up(samples: Iterable[Sample], corpus: Corpus) -> Iterator[Sample]:
    """Tell of each sample where it stands in a corpus."""
    for one in samples:
        place: Place | None = None
        if one.finished:
            place = corpus.find(one) or "new"
        yield Sample(one, one.finished, place)
