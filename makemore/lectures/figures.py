"""A figure of a lecture, beside the same figure computed here."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from makemore.display import Grid, Shown

Numbers = float | tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """One number of a lecture, or a few that belong together, such as one for each layer.

    Attributes:
        name: what is measured.
        told: what the lecture's notebook shows, or gives when it is run again; None where it
            gives another number each time.
        found: the same, computed by the code of this room.
        note: what makemore's own models, or their defaults, do about it.
        form: with how many digits the numbers are written, as for `format`.
    """

    name: str
    told: Numbers | None
    found: Numbers
    note: str = ""
    form: str = ".4f"

    def write(self, numbers: Numbers | None) -> str:
        """Write the told numbers, or the found ones."""
        if numbers is None:
            return "-"
        several = numbers if isinstance(numbers, tuple) else (numbers,)
        return " ".join(format(number, self.form) for number in several)

    @property
    def agrees(self) -> bool:
        """Tell whether every digit that is written is the lecture's, where it tells one."""
        return self.told is None or self.write(self.told) == self.write(self.found)

    def to_json(self) -> dict[str, Any]:
        """Name all that is known; what is infinite is None, since JSON knows no infinity."""
        return {
            name: None if isinstance(value, float) and math.isinf(value) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, repr=False)
class Replay(Shown):
    """The figures of one lecture.

    Attributes:
        lecture: its number.
        figures: in the order of the lecture.
        same_data: whether they are computed on what the lecture computes on.
    """

    lecture: int
    figures: Sequence[Figure]
    same_data: bool

    def grid(self) -> Grid:
        """Show a row for each figure."""
        told = "the lecture's" if self.same_data else "the lecture's, of its own names"
        rows = [(f.name, f.write(f.told), f.write(f.found), f.note) for f in self.figures]
        return Grid(rows, ("figure", told, "here", "makemore's models"), left=4)

    def to_json(self) -> list[dict[str, Any]]:
        """Name all that is known of each figure."""
        of = {"lecture": self.lecture, "same_data": self.same_data}
        return [{**of, **figure.to_json()} for figure in self.figures]
