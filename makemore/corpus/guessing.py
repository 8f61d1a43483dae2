"""What kind of corpus a file looks like, for a hint where it is read as another."""

from itertools import pairwise
from typing import Literal

from makemore.corpus.columns import listed
from makemore.corpus.reader import Reader, Reading
from makemore.corpus.reading import BLANK, LINE, HowToRead, split_lines

Kind = Literal["lines", "pieces", "text"]


def guess_kind(text: str) -> Kind | None:
    """Tell which kind of corpus a text looks like; None where it might be any.

    A text has lines that no list has, or paragraphs with empty lines between them; where these
    have several lines each, they may as well be pieces, such as poems, tunes or levels. A list has
    many short lines of a few words, and none empty. A line or two that differ decide nothing.
    """
    lines = text.strip().split("\n")
    filled = split_lines(text)
    if not filled:
        return None
    empty = 1 - len(filled) / len(lines)
    long = [length for length in map(len, filled) if length > 100]
    endless = [length for length in long if length > 1000]
    few = len(endless) <= len(filled) / 100
    if not few and sum(endless) > sum(map(len, filled)) / 2:
        return "text"
    words = sum(len(line.split()) for line in filled) / len(filled)
    if len(lines) >= 20 and empty >= 0.02:
        pieces = 1 + sum(not a.strip() and bool(b.strip()) for a, b in pairwise(lines))
        if len(filled) >= 2 * pieces:
            return "pieces"
        return "text" if words >= 3 else None
    if len(lines) >= 20 and empty == 0 and words < 3 and len(long) <= len(lines) / 100:
        return "lines"
    return None


def hint(name: str, reading: Reading | Reader, how: HowToRead) -> str | None:
    """Say in a sentence that a file looks like another kind than it is read as; None if it doesn't.

    Args:
        name: of what was read.
        reading: what it gave, or who has read it.
        how: it was read.
    """
    if how.column is not None:
        return None
    if how.format == "lines" and how.separator not in (LINE, BLANK):
        if reading.separated:
            return None
        return f"{name} is one document: --separator {how.separator!r} stands nowhere in it."
    if how.format == "lines" and how.separator == LINE and reading.table:
        if len(reading.table) == 1:
            return (
                f"{name} may be a table with the column {reading.table[0]!r}: if it is, name it by "
                f"--column, so that its name isn't learned."
            )
        columns = listed(reading.table)
        return f"{name} looks like a table with the columns {columns}: if it is, add --column."
    kind = guess_kind(reading.head)
    if how.format == "text" and kind == "lines":
        return f"{name} looks like a list, one thing a line: if it is, add --format lines."
    if how.format == "lines" and kind == "text":
        return f"{name} looks like one long text: if it is, add --format text."
    if how.format == "lines" and how.separator == LINE and kind == "pieces":
        return (
            f"{name} has pieces of several lines, with empty lines between them: if each is a "
            f"document, add --separator {BLANK}; if it is one long text, --format text."
        )
    return None
