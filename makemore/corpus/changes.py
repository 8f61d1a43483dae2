"""What reading has dropped or changed, and what stays but can't be seen."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Changes:
    """How much was dropped or changed in reading.

    Attributes:
        empty: documents without a character, such as empty lines and cells; a file's end is none.
        trimmed: documents that lost blanks at their ends.
        respelled: lines in which NFC changed characters for others.
        rare: documents that were left out, since a character of theirs is rarer than `min_count`.
    """

    empty: int = 0
    trimmed: int = 0
    respelled: int = 0
    rare: int = 0

    def __add__(self, other: Self) -> Self:
        sums = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        return type(self)(**sums)

    def parts(self) -> Iterator[str]:
        """Say each thing that has happened in a few words."""
        if self.empty:
            yield f"{count(self.empty, 'empty document')} dropped"
        if self.trimmed:
            yield f"blanks dropped at the ends of {count(self.trimmed, 'document')}"
        if self.respelled:
            yield f"characters respelled (NFC) in {count(self.respelled, 'line')}"
        if self.rare:
            yield f"{count(self.rare, 'document')} with rare characters left out"


def name_invisible(counts: Mapping[str, int]) -> dict[str, int]:
    """Name the characters that no one sees, but a model learns: control and format characters.

    Args:
        counts: how often each character comes.

    Returns:
        How often each of those comes, by its name and code point.
    """
    return {_name(c): n for c, n in counts.items() if is_invisible(c)}


def is_invisible(character: str) -> bool:
    """Tell whether it is a control or format character; tabs and line breaks are seen.

    Format characters are those of Unicode's category Cf: byte-order marks, zero-width and
    bidirectional marks.
    """
    if character in "\n\t":
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}


def _name(character: str) -> str:
    name = unicodedata.name(character, "control character").lower()
    name = "byte-order mark" if character == "\ufeff" else name
    return f"{name} (U+{ord(character):04X})"


def count(n: int, noun: str) -> str:
    """Write a number of things, with an s where it isn't one."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
