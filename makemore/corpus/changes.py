"""What reading has dropped or changed, and what stays but can't be seen."""

import unicodedata
from collections.abc import Iterator, Sequence
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


def count_invisible(documents: Sequence[str], characters: str) -> dict[str, int]:
    """Count the characters that no one sees, but a model learns: control and format characters.

    Tabs and line breaks are not among them. Format characters are those of Unicode's category Cf:
    byte-order marks, zero-width and bidirectional marks.

    Args:
        documents: where they are counted.
        characters: the distinct ones of the documents.

    Returns:
        How often each comes, by its name and code point.
    """
    unseen = [c for c in characters if _is_invisible(c)]
    return {_name(c): sum(document.count(c) for document in documents) for c in unseen}


def _is_invisible(character: str) -> bool:
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
