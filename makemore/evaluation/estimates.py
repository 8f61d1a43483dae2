"""A number that is estimated, and how far it may be off."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """A number of documents.

    Attributes:
        value: how many.
        error: its standard error; 0: it is exact.
        at_least: too few of those drawn are less likely to tell more than that there are so many.
    """

    value: float
    error: float
    at_least: bool = False

    def __str__(self) -> str:
        if self.at_least:
            return f"over {_write(self.value)}"
        if self.error == 0:
            return f"{self.value:,.0f}"
        return f"{_write(self.value)} ± {_write(self.error, 2)}"

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return {"estimate": self.value, "error": self.error, "at_least": self.at_least}


def _write(number: float, digits: int = 3) -> str:
    """Write a number with so many digits that count."""
    rounded = float(f"{number:.{digits - 1}e}")
    if 10 ** (digits - 1) <= rounded < 1e7 or rounded == round(rounded) < 1e7:
        return f"{rounded:,.0f}"
    return f"{rounded:.{digits}g}"
