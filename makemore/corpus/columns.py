"""A table in a file, CSV, TSV or JSON: its columns' names, and the cells of one."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, Literal

from makemore.corpus.decoding import refuse_surrogates
from makemore.corpus.sources import bounded
from makemore.errors import UserError

DELIMITERS = {".csv": ",;\t|", ".tsv": "\t", ".tab": "\t"}
JSON_SUFFIXES = {".jsonl", ".ndjson", ".json"}
SUFFIXES = {*DELIMITERS, *JSON_SUFFIXES}
"""Of the names of tables."""
DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
"""Of numbers as they are spelled."""
LARGEST_ARRAY = 2**27
"""Characters of an array of JSON, which is read at once, in about ten times as many bytes."""
ROWS = 2**12
"""Rows that are read at a time."""
LARGEST_CELL = 2**31 - 1
"""Characters of a cell; the csv module has a limit of its own, for the whole process."""
SEEN = 20
"""Rows that tell whether a file is a table."""

LISTED = 200
"""Characters of a sentence that columns' names may take."""

Likeness = Literal["named", "looks"]
"""A file with the suffix of a table, or one that only looks like it."""


def cells_of(name: str, text: Iterable[str], suffix: str, column: str) -> Iterator[str]:
    """Take one column of a table, row by row; a row that lacks it gives an empty cell.

    Args:
        name: of the file, for the sentences that refuse it.
        text: of the file, in pieces of any length; the first row of CSV and TSV names the columns.
        suffix: of its name; where it tells nothing, the first line does.
        column: its name.

    Raises:
        UserError: there is no such column, or the file is no such table.
    """
    lines = lines_of(text)
    head = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    first, lines = "".join(head), chain(head, lines)
    if _is_json(first, suffix):
        yield from _json_cells(name, _json_rows(name, lines, first.lstrip()[:1] == "["), column)
        return
    rows = _rows(name, lines, _delimiter(first, suffix))
    header = [cell.strip() for cell in next(rows, [])]
    if column not in header:
        raise _no_column(name, column, header)
    place = header.index(column)
    for row in rows:
        if row:
            yield row[place] if place < len(row) else ""


def lines_of(text: Iterable[str]) -> Iterator[str]:
    """Cut pieces of a text into its lines, each with its line break."""
    parts: list[str] = []  # of a line that goes on
    for piece in text:
        first, *others = piece.split("\n")
        parts.append(first)
        if others:
            yield "".join(parts) + "\n"
            parts = [others.pop()]
            for line in others:
                yield line + "\n"
    if rest := "".join(parts):
        yield rest


def columns_of(text: str, suffix: str) -> tuple[Likeness, list[str]] | None:
    """Name the columns of what by its beginning seems to be a table; None for a list or a text.

    With the suffix of a table a file is one, if only of one column. By its looks alone it must have
    three, or two with a tab between, and as many in each of its first rows; or rows of JSON.
    """
    likeness: Likeness = "looks"
    if suffix in SUFFIXES:
        likeness = "named"
    lines = list(islice((line for line in io.StringIO(text) if line.strip()), SEEN))
    if _is_json(text, suffix):
        if text.lstrip()[:1] == "[":
            one = _first_of_array(text)
            return None if one is None else (likeness, list(one))
        objects = list(filter(None, map(_json_object, lines)))
        whole = bool(objects) and len(objects) == len(lines)
        return (likeness, list(objects[0])) if whole else None
    delimiter = _delimiter(text, suffix)
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return None
    header = [cell.strip() for cell in rows[0]] if rows else []
    if likeness == "named":
        return (likeness, header) if header else None
    enough = len(rows) >= SEEN // 2 and len(header) >= (2 if delimiter == "\t" else 3)
    names = all(cell and not cell[0].isdigit() for cell in header)
    even = all(len(row) == len(header) for row in rows)
    distinct = len(set(header)) == len(header)
    return (likeness, header) if enough and names and even and distinct else None


def _is_json(text: str, suffix: str) -> bool:
    if suffix in DELIMITERS:
        return False
    first = text.lstrip().partition("\n")[0]
    return suffix in JSON_SUFFIXES or (first[:1] == "{" and _json_object(first) is not None)


def _delimiter(text: str, suffix: str) -> str:
    """Take the one that cuts the header into the most columns."""
    header = text.lstrip("\n").partition("\n")[0]
    return max(DELIMITERS.get(suffix, DELIMITERS[".csv"]), key=header.count)


def _rows(name: str, lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    # strict: a quote that never closes would make one cell of all that follows
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        before = csv.field_size_limit(LARGEST_CELL)
        try:
            rows = list(islice(reader, ROWS))
        except csv.Error as error:
            raise UserError(
                f"{name} is no table, by its line {reader.line_num}: {error}."
            ) from error
        finally:
            csv.field_size_limit(before)
        if not rows:
            return
        yield from rows


def _json_cells(
    name: str, rows: Iterable[tuple[str, dict[str, Any]]], column: str
) -> Iterator[str]:
    columns = dict[str, None]()
    for place, row in rows:
        columns |= dict.fromkeys(row)
        yield spell(name, f"{name}, {place}: {column}", row.get(column))
    if column not in columns:
        raise _no_column(name, column, list(columns))


def spell(name: str, cell: str, value: Any) -> str:
    """Spell what stands in the cell of a table that knows other things than text too.

    Args:
        name: of the file.
        cell: as a sentence names it.
        value: what stands there; None: nothing.

    Raises:
        UserError: it is none that is spelled in one way.
    """
    if isinstance(value, dict | list | bool | bytes):
        raise UserError(f"{cell} is {type(value).__name__}, not text.")
    text = "" if value is None else str(value)
    refuse_surrogates(name, text)
    if "\0" in text:
        raise UserError(f"{cell} holds a NUL character, as no text does: remove it.")
    return text


def _json_rows(
    name: str, lines: Iterable[str], is_array: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each object of an array, which may go over many lines, or of the lines, and its place.

    Raises:
        UserError: a line is no object, or an array is too large to be read at once.
    """
    if is_array:
        text = "".join(
            bounded(
                lines,
                LARGEST_ARRAY,
                f"{name} is an array of JSON of more than {LARGEST_ARRAY:,} characters, which "
                f"can't be read in a stream: write one object a line, as JSON Lines (jq -c '.[]').",
            )
        )
        array = _json(text)
        if isinstance(array, list) and all(isinstance(one, dict) for one in array):
            yield from ((f"object {number}", row) for number, row in enumerate(array, start=1))
            return
        lines = lines_of([text])
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _json_object(line)
        if row is None:
            raise UserError(f"{name}, line {number}, is no object of JSON in one line.")
        yield f"line {number}", row


def _first_of_array(text: str) -> dict[str, Any] | None:
    """Read the first object of an array, whose end may be missing; None where it has none."""
    start = text.lstrip()[1:].lstrip()
    try:
        found, _ = DECODER.raw_decode(start)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _json_object(line: str) -> dict[str, Any] | None:
    """Read an object; None where it is something else."""
    found = _json(line)
    return found if isinstance(found, dict) else None


def _json(text: str) -> Any:
    """Read JSON, its numbers as they are spelled; None where it is none."""
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def listed(columns: list[str]) -> str:
    """Name columns in a sentence; of many, or of very long names, the beginning."""
    names = ", ".join(columns)
    return names if len(names) <= LISTED else f"{names[:LISTED]}…"


def _no_column(name: str, column: str, columns: list[str]) -> UserError:
    seen = f"it has {listed(columns)}" if columns else "it has none"
    if len(columns) == 1:
        seen = f"the only one that its first line names is {listed(columns)!r}"
    return UserError(f"{name} has no column {column!r}: {seen}.")
