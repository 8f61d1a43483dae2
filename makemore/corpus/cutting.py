"""Where a text that comes in chunks can be cut."""

import re
from collections.abc import Iterable, Iterator

from makemore.corpus.reading import BLANK, BLANK_LINES, LINE

SAFE = re.compile("[\\x00-\\x7f\u3001-\u3096\u30a1-\u30fa\u4e00-\u9fff]")
"""Characters that never melt into one with those before them: ASCII, kana and Chinese ones."""
NEAR = 2**10
"""Characters at the end of a chunk among which one of these is looked for."""
CELLS = 2**14
"""Cells of a table that make a batch."""
LONG = 2**20
"""Characters that make one too."""


def cut_last(rest: str, chunk: str) -> tuple[str, str, str]:
    """Cut what goes on with a chunk at its last line break."""
    body, found, tail = chunk.rpartition(LINE)
    return (rest + body, found, tail) if found else ("", "", rest + tail)


def cut_all(text: str, separator: str) -> tuple[list[str], str]:
    """Cut a text at every separator that is whole; give the pieces, and what follows the last."""
    if separator != BLANK:
        *pieces, rest = text.split(separator)
        return pieces, rest
    pieces, start = [], 0
    for found in BLANK_LINES.finditer(text):
        if found.end() == len(text) or not text[found.end() :].strip():
            break  # more empty lines may follow
        pieces.append(text[start : found.start()])
        start = found.end()
    return [piece for piece in pieces if piece.strip("\n")], text[start:]


def safe_end(text: str) -> int:
    """Find where a text can be cut, so that its parts are spelled as the whole is."""
    line = text.rfind("\n") + 1
    if line:
        return line
    near = max(0, len(text) - NEAR)
    return near + max((found.start() for found in SAFE.finditer(text, near)), default=-near)


def grouped(cells: Iterable[str]) -> Iterator[list[str]]:
    """Put cells together to batches of some length."""
    some, size = list[str](), 0
    for cell in cells:
        some.append(cell)
        size += len(cell)
        if size > LONG or len(some) == CELLS:
            yield some
            some, size = [], 0
    if some:
        yield some
