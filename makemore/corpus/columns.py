"""A table in a file, CSV, TSV or JSON: its columns' names, and the cells of one."""

import csv
import io
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

from makemore.corpus.decoding import refuse_surrogates
from makemore.errors import UserError

DELIMITERS = {".csv": ",;\t|", ".tsv": "\t", ".tab": "\t"}
JSON_SUFFIXES = {".jsonl", ".ndjson", ".json"}
SUFFIXES = {*DELIMITERS, *JSON_SUFFIXES}
"""Of the names of tables."""
LARGEST_CELL = 2**31 - 1
"""Characters of a cell; the csv module has a limit of its own, for the whole process."""
SEEN = 20
"""Rows that tell whether a file is a table."""

LISTED = 200
"""Characters of a sentence that columns' names may take."""

Likeness = Literal["named", "looks"]
"""A file with the suffix of a table, or one that only looks like it."""


def cells_of(name: str, text: str, suffix: str, column: str) -> list[str]:
    """Take one column of a table, row by row; a row that lacks it gives an empty cell.

    Args:
        name: of the file, for the sentences that refuse it.
        text: of the file; the first row of CSV and TSV names the columns.
        suffix: of its name; where it tells nothing, the first line does.
        column: its name.

    Raises:
        UserError: there is no such column, or the file is no such table.
    """
    if _is_json(text, suffix):
        return _json_cells(name, text, column)
    rows = _rows(name, text, _delimiter(text, suffix))
    header = [cell.strip() for cell in next(rows, [])]
    if column not in header:
        raise _no_column(name, column, header)
    place = header.index(column)
    return [row[place] if place < len(row) else "" for row in rows if row]


def columns_of(text: str, suffix: str) -> tuple[Likeness, list[str]] | None:
    """Name the columns of what seems to be a table; None for a list or a text.

    With the suffix of a table a file is one, if only of one column. By its looks alone it must have
    three, or two with a tab between, and as many in each of its first rows; or rows of JSON.
    """
    likeness: Likeness = "looks"
    if suffix in SUFFIXES:
        likeness = "named"
    lines = list(islice((line for line in io.StringIO(text) if line.strip()), SEEN))
    if _is_json(text, suffix):
        objects = _json_array(text) or list(filter(None, map(_json_object, lines)))
        whole = bool(objects) and (len(objects) == len(lines) or text.lstrip()[0] == "[")
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


def _rows(name: str, text: str, delimiter: str) -> Iterator[list[str]]:
    before = csv.field_size_limit(LARGEST_CELL)
    # strict: a quote that never closes would make one cell of all that follows
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise UserError(f"{name} is no table, by its line {reader.line_num}: {error}.") from error
    finally:
        csv.field_size_limit(before)


def _json_cells(name: str, text: str, column: str) -> list[str]:
    cells, columns = [], dict[str, None]()
    for place, row in _json_rows(name, text):
        columns |= dict.fromkeys(row)
        cell = row.get(column)
        if isinstance(cell, dict | list | bool):
            raise UserError(f"{name}, {place}: {column} is {type(cell).__name__}, not text.")
        cells.append("" if cell is None else cell)
    if column not in columns:
        raise _no_column(name, column, list(columns))
    refuse_surrogates(name, "".join(cells))
    return cells


def _json_rows(name: str, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each object of an array, or of the lines, and its place."""
    if (array := _json_array(text)) is not None:
        yield from ((f"object {number}", row) for number, row in enumerate(array, start=1))
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        row = _json_object(line)
        if row is None:
            raise UserError(f"{name}, line {number}, is no object of JSON in one line.")
        yield f"line {number}", row


def _json_array(text: str) -> list[dict[str, Any]] | None:
    """Read an array of objects, which may go over many lines; None where it is something else."""
    found = _json(text) if text.lstrip()[:1] == "[" else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return None
    return found


def _json_object(line: str) -> dict[str, Any] | None:
    """Read an object; None where it is something else."""
    found = _json(line)
    return found if isinstance(found, dict) else None


def _json(text: str) -> Any:
    """Read JSON, its numbers as they are spelled; None where it is none."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
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
