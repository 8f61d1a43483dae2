"""Files become documents, or one long text, in a stream: a batch of them at a time.

A file's bytes become characters (`decoding`), these one spelling (NFC), and these are cut into
documents at a separator, whose ends are trimmed. Of a table one column is taken first. What is at
hand is never more than a few chunks of a file, and the longest document.
"""

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from makemore.corpus.changes import Changes
from makemore.corpus.columns import SUFFIXES, cells_of, columns_of, listed
from makemore.corpus.cutting import cut_all, cut_last, grouped, safe_end
from makemore.corpus.decoding import decode_chunks
from makemore.corpus.parquet import SUFFIX as PARQUET
from makemore.corpus.parquet import parquet_cells
from makemore.corpus.reading import BLANK, LINE, LINES, HowToRead, clean, trim_all
from makemore.corpus.sources import Files, Paths, Seen, Source, find_files
from makemore.errors import UserError

HEAD = 2**20
"""Characters of the beginning that tell what kind of corpus files are."""
LONGEST = 2**26
"""Characters of a document; a longer one is likelier a text that was not meant to be cut."""
NUL = "\0"
"""What stands in no document."""


@dataclass(frozen=True)
class Reading:
    """What files gave.

    Attributes:
        documents: in the order of the files; of a text, all of it as one.
        head: the beginning of the files, before it was cut.
        changes: what was dropped or changed.
        table: the columns' names, where the files look like a table and are not read as one.
        separated: whether the separator stands anywhere.
    """

    documents: list[str]
    head: str
    changes: Changes = field(default_factory=Changes)
    table: list[str] | None = None
    separated: bool = False


@dataclass(frozen=True)
class Batch:
    """Some documents before they are trimmed, or a part of a text.

    Attributes:
        text: the documents, joined.
        between: what they are joined by, and none of them holds; "" where it is a part of a text.
    """

    text: str
    between: str

    def documents(self, how: HowToRead) -> tuple[list[str], Changes]:
        """Trim the documents, and drop the empty ones."""
        if not self.between:
            return [self.text], Changes()
        return trim_all(self.text.split(self.between), how)


class Reader:
    """Reads files in a stream, once.

    Attributes:
        head, changes, table, separated: as of `Reading`, of what has been read so far. The changes
            are only those before trimming, unless `documents` was asked for.
    """

    def __init__(self, files: Files, how: HowToRead = LINES, seen: Seen = lambda n: None) -> None:
        """Prepare to read.

        Args:
            files: what is read.
            how: it is read.
            seen: told of how many bytes of a file each step has taken.
        """
        self.files, self.how = files, how
        self.changes = Changes()
        self.table: list[str] | None = None
        self.separated = False
        self._seen = seen
        self._head: list[str] = []
        self._room = HEAD
        self._ends_a_line = True

    @property
    def head(self) -> str:
        """The beginning of the files, whole lines where it is not all."""
        text = "".join(self._head)
        return text if self._room else text[: text.rfind("\n") + 1] or text

    def documents(self) -> Iterator[list[str]]:
        """Give the documents, a list of some at a time; of a text its parts, one at a time.

        Raises:
            UserError: as `read`.
        """
        for batch in self.batches():
            documents, changes = batch.documents(self.how)
            self.changes += changes
            yield documents

    def batches(self) -> Iterator[Batch]:
        """Give the same, each batch as it stood.

        Raises:
            UserError: as `read`.
        """
        empty = True
        sources = self.files.sources
        for number, source in enumerate(sources):
            self._ends_a_line = False
            for batch in self._read(source, first=number == 0):
                empty = empty and not batch.text.replace(NUL, "").strip()
                yield batch
            # no last line of a file goes on with the first of the next
            if len(sources) > 1 and not self._ends_a_line:
                self._remember("\n")
                if self.how.format == "text":
                    yield Batch("\n", "")
        if empty:
            raise UserError(f"{self.files.name} holds no text.")

    def _read(self, source: Source, first: bool) -> Iterator[Batch]:
        how = self.how
        if how.column is not None or source.suffix == PARQUET:
            yield from self._read_cells(source)
            return
        chunks, table = self._decode(source), None
        if how.format == "lines" and source.suffix in SUFFIXES:
            head, chunks = _beginning(chunks)
            table = _refuse_table(source, head)
        chunks = (self._remember(chunk) for chunk in chunks)
        if how.format == "text":
            yield from (Batch(chunk, "") for chunk in chunks)
            return
        yield from self._cut(source.name, chunks)
        if first:
            found = columns_of(self.head, source.suffix) if table is None else None
            self.table = found[1] if found else table

    def _read_cells(self, source: Source) -> Iterator[Batch]:
        """Read one column of a table."""
        how = self.how
        cells: Iterator[str]
        if source.suffix == PARQUET:
            cells = (clean(cell) for cell in parquet_cells(source, how.column))
        else:
            assert how.column is not None, "only of a Parquet file is it known without one"
            chunks = iter(_unless_blank(self._decode(source)))
            cells = cells_of(source.name, chunks, source.suffix, how.column)
        between = ""
        for some in grouped(cells):
            if how.format == "text":
                yield Batch(self._remember(between + "\n".join(some)), "")
                between = "\n"
            else:
                yield Batch(NUL.join(piece for cell in some for piece in how.cut(cell)), NUL)

    def _cut(self, name: str, chunks: Iterable[str]) -> Iterator[Batch]:
        """Cut a file at the separator; where nothing stands behind the last, it is the file's end.

        Raises:
            UserError: a document is longer than what is at hand may be.
        """
        separator = self.how.separator
        rest = "\n" if separator == BLANK else ""
        for chunk in chunks:
            if separator == LINE:
                text, found, rest = cut_last(rest, chunk)
                if found:
                    yield Batch(text, LINE)
            else:
                pieces, rest = cut_all(rest + chunk, separator)
                if pieces:
                    self.separated = True
                    yield Batch(NUL.join(pieces), NUL)
            if len(rest) > LONGEST:
                raise UserError(
                    f"{name} has a document of more than {LONGEST:,} characters: if it is one long "
                    f"text, add --format text."
                )
        last = self.how.cut(rest) if separator == BLANK else [rest]
        if last and rest.strip():
            yield Batch(NUL.join(last), NUL)

    def _decode(self, source: Source) -> Iterator[str]:
        """Decode a file, and give each character one spelling (NFC); count lines that it changes.

        What is cut at a line's end, or where no character melts into the next, is spelled as the
        whole is.
        """
        rest, counted = "", False  # counted: whether the line that goes on is among them
        for chunk in chain(
            decode_chunks(source.name, source.chunks(self._seen), self.how.encoding), [None]
        ):
            text = rest + (chunk or "")
            end = len(text) if chunk is None else safe_end(text)
            text, rest = text[:end], text[end:]
            cleaned = clean(text)
            if cleaned != text:
                respelled = [*map(operator.ne, cleaned.split("\n"), text.split("\n"))]
                new = sum(respelled) - (counted and respelled[0])
                self.changes += Changes(respelled=new)
                counted = respelled[-1] or (counted and len(respelled) == 1)
            elif "\n" in text:
                counted = False
            if cleaned:
                yield cleaned

    def _remember(self, text: str) -> str:
        """Keep what belongs to the beginning."""
        if self._room and text:
            self._head.append(text[: self._room])
            self._room -= len(self._head[-1])
        self._ends_a_line = text.endswith("\n") if text else self._ends_a_line
        return text


def read(files: Paths | Files, how: HowToRead = LINES, seen: Seen = lambda n: None) -> Reading:
    """Read the documents of files, in the order of the files.

    Raises:
        UserError: a file can't be read or decoded, has no such column, is a table whose column is
            not named, or all together hold no text.
    """
    reader = Reader(files if isinstance(files, Files) else find_files(files), how, seen)
    documents = [document for batch in reader.documents() for document in batch]
    if how.format == "text":
        documents = ["".join(documents)]
    return Reading(documents, reader.head, reader.changes, reader.table, reader.separated)


def read_documents(paths: Paths, how: HowToRead = LINES) -> list[str]:
    """Read only the documents.

    Raises:
        UserError: as `read`.
    """
    return read(paths, how).documents


def _beginning(chunks: Iterator[str]) -> tuple[str, Iterator[str]]:
    """Read as much as tells what a file is, and give it with all of the file."""
    seen, size = list[str](), 0
    for chunk in chunks:
        seen.append(chunk)
        size += len(chunk)
        if size >= HEAD:
            break
    return "".join(seen)[:HEAD], chain(seen, chunks)


def _unless_blank(chunks: Iterator[str]) -> Iterator[str]:
    """Give nothing of a file that holds nothing but white space."""
    blank = list[str]()
    for chunk in chunks:
        blank.append(chunk)
        if chunk.strip():
            yield from blank
            yield from chunks


def _refuse_table(source: Source, head: str) -> list[str] | None:
    """Refuse what has the suffix of a table; name the columns of what only looks like one.

    Raises:
        UserError: it is a table.
    """
    found = columns_of(head, source.suffix)
    if found is None:
        return None
    likeness, columns = found
    if likeness == "named" and len(columns) > 1:
        raise UserError(
            f"{source.name} is a table with the columns {listed(columns)}: name one of them "
            f"by --column, or let the file end in .txt to read its lines as they are."
        )
    return columns
