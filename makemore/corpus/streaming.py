"""Documents one after another, in as much memory as some lines need, for files of any length."""

import codecs
import io
from collections.abc import Iterator
from itertools import chain, repeat
from typing import cast

from makemore.corpus.columns import SUFFIXES
from makemore.corpus.decoding import decode
from makemore.corpus.reading import LINE, LINES, HowToRead, clean, read_documents
from makemore.corpus.sources import GZIP, Paths, as_list, name_of, open_to_read, unpack
from makemore.errors import UserError

BYTES_AT_A_TIME = 2**14
"""Whole lines of about so many bytes are decoded at once: alone, each costs as much as scoring it.
"""
LONGEST_LINE = 2**26
"""Bytes."""


def stream_documents(paths: Paths, how: HowToRead = LINES) -> Iterator[str]:
    """Give what `read_documents` gives, each document when it is asked for.

    Files of lines are read some lines at a time. Others are read as a whole, each when its turn
    comes.

    Raises:
        UserError: as `read`, when the first document of a file is asked for, or the line that is
            wrong.
    """
    in_lines = how.format == "lines" and how.separator == LINE
    in_lines = in_lines and how.column is None and how.encoding is None
    for path in as_list(paths):
        if not in_lines or path.is_dir() or path.suffix.lower() in {".gz", *SUFFIXES}:
            yield from read_documents(path, how)
        else:
            try:
                with open_to_read(path) as file:
                    yield from _stream_lines(cast(io.BufferedIOBase, file), name_of(path), how)
            except OSError as error:
                raise UserError(f"Can't read {path}: {error.strerror}.") from error


def _stream_lines(file: io.BufferedIOBase, name: str, how: HowToRead) -> Iterator[str]:
    lines, number, empty = _lines(file, name), 1, True
    first = next(lines, [b""])
    if first[0].startswith(GZIP):
        unpacked = unpack(name, b"".join(chain(first, *lines)))
        lines = _lines(io.BytesIO(unpacked), name)
        first = next(lines, [b""])
    for some in chain([first], lines):
        for text in _decode_lines(name, some, number):
            for document in map(how.trim, clean(text).split("\n")):
                if document:
                    empty = False
                    yield document
        number += len(some)
    if empty:
        raise UserError(f"{name} holds no text.")


def _lines(file: io.BufferedIOBase, name: str) -> Iterator[list[bytes]]:
    """Read whole lines, the first alone, and then as many as a pipe has ready, up to a size.

    Raises:
        UserError: a line is too long.
    """
    number = 1
    for size in chain([0], repeat(BYTES_AT_A_TIME)):
        block = file.read1(size) if size else b""
        end = b"" if block.endswith(b"\n") else file.readline(LONGEST_LINE)
        if not block and not end:
            return
        lines = io.BytesIO(block + end).readlines()
        if len(lines[-1]) >= LONGEST_LINE:
            raise UserError(
                f"{name} has a line of more than {LONGEST_LINE / 2**20:g} MiB "
                f"(line {number + len(lines) - 1}): cut it."
            )
        yield lines
        number += len(lines)


def _decode_lines(name: str, lines: list[bytes], number: int) -> Iterator[str]:
    """Decode lines of a file from this number on: all at once, or those before a wrong one."""
    content = b"".join(lines)
    try:
        text = decode(name, content, first_line=number)
    except UserError:
        if len(lines) == 1:
            raise
        for offset, line in enumerate(lines):
            yield from _decode_lines(name, [line], number + offset)
        return
    # only the file's first byte-order mark is no character
    yield "\ufeff" + text if number > 1 and content.startswith(codecs.BOM_UTF8) else text
