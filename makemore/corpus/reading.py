"""How files are read: as lines, as pieces, or as one long text; one spelling, trimmed ends."""

import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from makemore.corpus.changes import Changes
from makemore.corpus.decoding import is_encoding
from makemore.errors import UsageError

Format = Literal["lines", "text"]
LINE = "\n"
"""The usual separator: each line is a document."""
BLANK = "blank"
"""The separator that stands for one empty line or several."""
BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
"""One empty line or several, and the end of the line before."""


@dataclass(frozen=True)
class HowToRead:
    """How files are read.

    Attributes:
        format: lines: documents, cut at the separator; text: one long text, as it stands.
        separator: what stands between two documents: any characters, or `BLANK`.
        keep_blanks: keep the blanks at a document's ends.
        column: of a table, the one that is read.
        encoding: as Python names it; None: UTF-8.
    """

    format: Format = "lines"
    separator: str = LINE
    keep_blanks: bool = False
    column: str | None = None
    encoding: str | None = None

    def of_others(self, column: str | None, encoding: str | None) -> "HowToRead":
        """Read other files in the same way, but for what is told.

        Args:
            column: of a table; "" reads the lines of a file, and no column.
            encoding: as Python names it.

        Raises:
            UsageError: there is no such encoding.
        """
        if encoding is not None and not is_encoding(encoding):
            raise UsageError(
                f"--encoding: there is no encoding {encoding!r}: try latin-1, cp1252 or utf-16."
            )
        column = self.column if column is None else column or None
        return replace(self, column=column, encoding=encoding or self.encoding)

    def cut(self, text: str) -> list[str]:
        """Cut a text at the separator."""
        if self.separator != BLANK:
            return text.split(self.separator)
        pieces = BLANK_LINES.split(f"\n{text}\n")
        return [piece for piece in pieces if piece.strip("\n")]

    @property
    def between(self) -> str:
        """What is written between two documents that end in a line break, to be read again."""
        if self.separator == BLANK:
            return "\n"
        rest = self.separator.removeprefix("\n")
        return rest if not rest or rest.endswith("\n") else f"{rest}\n"

    @property
    def several_lines(self) -> bool:
        """Whether a document may have several lines."""
        return self.separator != LINE

    def trim(self, document: str) -> str:
        """Drop what doesn't count at a document's ends: empty lines, and blanks unless kept.

        Where a document has several lines, its first one keeps its indentation.
        """
        if self.keep_blanks:
            return document.strip("\n")
        trimmed = document.strip()
        if "\n" not in trimmed:
            return trimmed
        indented = len(document) - len(document.lstrip())
        return document[document.rfind("\n", 0, indented) + 1 :].rstrip()


LINES = HowToRead()
"""How a file is read unless told."""


def embedded_names() -> Path:
    """Path of the names that come with makemore: in the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "data" / "names.txt"
    return installed if installed.exists() else package.parent / "data" / "names.txt"


def clean(text: str) -> str:
    """Normalise one document or prompt: NFC, so that one character has one spelling."""
    return unicodedata.normalize("NFC", text)


def unescape(text: str) -> str:
    r"""Read \n as a line break, \t as a tab and \\ as a backslash, where no shell types them."""
    spelled = {"n": "\n", "t": "\t", "\\": "\\"}
    return re.sub(r"\\([nt\\])", lambda match: spelled[match[1]], text)


def split_lines(text: str) -> list[str]:
    """Cut a text into one document a line, without surrounding white space and empty lines."""
    return [line for line in map(str.strip, text.split("\n")) if line]


def trim_all(pieces: list[str], how: HowToRead) -> tuple[list[str], Changes]:
    """Trim all pieces, and drop the empty ones."""
    if how.several_lines:
        whole = [piece.strip("\n") for piece in pieces]  # a line break there is the separator's
        trimmed = list(map(how.trim, pieces))
    else:
        whole, trimmed = pieces, pieces if how.keep_blanks else list(map(str.strip, pieces))
    documents = list(filter(None, trimmed))
    empty = len(trimmed) - len(documents)
    blanks = 0
    if whole != trimmed:
        pairs = zip(whole, trimmed, strict=True)
        blanks = sum(bool(after) and before != after for before, after in pairs)
    return documents, Changes(empty=empty, trimmed=blanks)
