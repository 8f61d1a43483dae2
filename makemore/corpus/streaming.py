"""Documents one after another, in as much memory as some lines need, for files of any length."""

import codecs
import io
import sys
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import BinaryIO

from makemore.corpus.columns import SUFFIXES
from makemore.corpus.decoding import decode
from makemore.corpus.reading import LINE, LINES, HowToRead, clean, read_documents
from makemore.corpus.sources import GZIP, STDIN, Paths, as_list, name_of, unpack
from makemore.errors import UserError

BYTES_AT_A_TIME = 2**14
"""Whole lines of about so many bytes are decoded at once: alone, each costs as much as scoring it.
"""


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
        elif path == STDIN:
            yield from _stream_lines(sys.stdin.buffer, name_of(path), how)
        else:
            try:
                with path.open("rb") as file:
                    yield from _stream_lines(file, str(path), how)
            except OSError as error:
                raise UserError(f"Can't read {path}: {error.strerror}.") from error


def _stream_lines(file: BinaryIO, name: str, how: HowToRead) -> Iterator[str]:
    first = file.readline()
    if first.startswith(GZIP):
        file = io.BytesIO(unpack(name, first + file.read()))
        first = file.readline()
    number, empty = 1, True
    for lines in chain([[first]], iter(partial(file.readlines, BYTES_AT_A_TIME), [])):
        for text in _decode_lines(name, lines, number):
            for document in map(how.trim, clean(text).split("\n")):
                if document:
                    empty = False
                    yield document
        number += len(lines)
    if empty:
        raise UserError(f"{name} holds no text.")


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
