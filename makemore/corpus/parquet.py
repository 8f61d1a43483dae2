"""A Parquet file: its columns' names, and the cells of one; pyarrow, an extra, reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from makemore.corpus.columns import listed, spell
from makemore.corpus.sources import Source
from makemore.errors import UserError

SUFFIX = ".parquet"
"""Of the names of such files."""
ROWS = 2**14
"""Rows that are read at a time."""


def parquet_cells(source: Source, column: str | None) -> Iterator[str]:
    """Take one column, row by row; an empty cell is "".

    Raises:
        UserError: no column is named, there is none of that name, the file is damaged, or pyarrow
            is not there.
    """
    with _opened(source) as file:
        names = file.schema_arrow.names
        if column is None:
            raise UserError(
                f"{source.name} is a table with the columns {listed(names)}: name one of them by "
                f"--column."
            )
        if column not in names:
            raise UserError(f"{source.name} has no column {column!r}: it has {listed(names)}.")
        number = 0
        for batch in file.iter_batches(ROWS, columns=[column]):
            for value in batch.column(0).to_pylist():
                number += 1
                yield spell(source.name, f"{source.name}, row {number}: {column}", value)


@contextmanager
def _opened(source: Source) -> Iterator[Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UserError(
            f"{source.name} is a Parquet file: pip install 'makemore[parquet]' lets makemore "
            f"read it."
        ) from error
    try:
        with source.open() as content, pyarrow.parquet.ParquetFile(content) as file:
            yield file
    except OSError as error:  # of pyarrow too
        reason = error.strerror or "it is damaged"
        raise UserError(f"Can't read {source.name}: {reason}.") from error
    except pyarrow.ArrowException as error:
        raise UserError(f"{source.name} is no Parquet file, or damaged: {error}.") from error
