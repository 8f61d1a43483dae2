"""Files become strings: one document a line, one a piece, or one long text.

A file's bytes become characters (`decoding`), these one spelling (NFC), and these are cut into
documents at a separator, whose ends are trimmed. Of a table one column is taken first.
"""

import operator
import re
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from makemore.corpus.changes import Changes
from makemore.corpus.columns import cells_of, columns_of, listed
from makemore.corpus.decoding import decode, is_encoding
from makemore.corpus.sources import Paths, Source, name_of, read_sources
from makemore.errors import UsageError, UserError

Format = Literal["lines", "text"]
LINE = "\n"
"""The usual separator: each line is a document."""
BLANK = "blank"
"""The separator that stands for one empty line or several."""


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
        pieces = re.split(r"\n(?:[^\S\n]*\n)+", f"\n{text}\n")
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


@dataclass(frozen=True)
class Reading:
    """What files gave.

    Attributes:
        documents: in the order of the files; of a text, all of it as one.
        text: of the files, before it was cut.
        changes: what was dropped or changed.
        table: the columns' names, where the files look like a table and are not read as one.
    """

    documents: list[str]
    text: str
    changes: Changes = field(default_factory=Changes)
    table: list[str] | None = None


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


def read(paths: Paths, how: HowToRead = LINES) -> Reading:
    """Read the documents of files, in the order of the files.

    Raises:
        UserError: a file can't be read or decoded, has no such column, is a table whose column is
            not named, or all together hold no text.
    """
    one, *others = [_read(source, how) for source in read_sources(paths)]
    if others:
        # no last line of a file goes on with the first of the next
        parts = [part.text if part.text.endswith("\n") else part.text + "\n" for part in others]
        first = one.text if one.text.endswith("\n") else one.text + "\n"
        one = Reading(
            [document for part in (one, *others) for document in part.documents],
            "".join([first, *parts]),
            sum((part.changes for part in others), one.changes),
            one.table,
        )
    if not one.text.strip():
        raise UserError(f"{name_of(paths)} holds no text.")
    if how.format == "text":
        return Reading([one.text], one.text, one.changes)
    return one


def read_documents(paths: Paths, how: HowToRead = LINES) -> list[str]:
    """Read only the documents.

    Raises:
        UserError: as `read`.
    """
    return read(paths, how).documents


def split_lines(text: str) -> list[str]:
    """Cut a text into one document a line, without surrounding white space and empty lines."""
    return [line for line in map(str.strip, text.split("\n")) if line]


def _read(source: Source, how: HowToRead) -> Reading:
    decoded = decode(source.name, source.content, how.encoding)
    text = clean(decoded)
    respelled = 0
    if text != decoded:
        respelled = sum(map(operator.ne, text.split("\n"), decoded.split("\n")))
    changes, table, cells = Changes(respelled=respelled), None, [text]
    if how.column is not None and text.strip():
        cells = cells_of(source.name, text, source.suffix, how.column)
        text = "\n".join(cells)
    elif how.format == "lines":
        table = _refuse_table(source, text)
    if how.format == "text":
        return Reading([], text, changes)
    pieces = [piece for cell in cells for piece in how.cut(cell)]
    if how.column is None and pieces and not pieces[-1].strip():
        pieces.pop()  # the file's end
    documents, more = _trim_all(pieces, how)
    return Reading(documents, text, changes + more, table)


def _trim_all(pieces: list[str], how: HowToRead) -> tuple[list[str], Changes]:
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


def _refuse_table(source: Source, text: str) -> list[str] | None:
    """Refuse what has the suffix of a table; name the columns of what only looks like one.

    Raises:
        UserError: it is a table.
    """
    found = columns_of(text, source.suffix)
    if found is None:
        return None
    likeness, columns = found
    if likeness == "named" and len(columns) > 1:
        raise UserError(
            f"{source.name} is a table with the columns {listed(columns)}: name one of them "
            f"by --column, or let the file end in .txt to read its lines as they are."
        )
    return columns
