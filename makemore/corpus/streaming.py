"""Documents one after another, in as much memory as a line needs, for files of any length."""

import codecs
import io
import sys
from collections.abc import Iterable, Iterator
from itertools import chain

from makemore.corpus.columns import SUFFIXES
from makemore.corpus.decoding import decode
from makemore.corpus.reading import LINE, LINES, HowToRead, clean, read_documents
from makemore.corpus.sources import GZIP, STDIN, Paths, as_list, name_of, unpack
from makemore.errors import UserError


def stream_documents(paths: Paths, how: HowToRead = LINES) -> Iterator[str]:
    """Give what `read_documents` gives, each document when it is asked for.

    Files of lines are read a line at a time. Others are read as a whole, each when its turn comes.

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


def _stream_lines(file: Iterable[bytes], name: str, how: HowToRead) -> Iterator[str]:
    lines, empty = iter(file), True
    first = next(lines, b"")
    whole = chain([first], lines)
    if first.startswith(GZIP):
        whole = chain(io.BytesIO(unpack(name, b"".join(whole))))
    for number, line in enumerate(whole, start=1):
        text = decode(name, line, first_line=number)
        if number > 1 and line.startswith(codecs.BOM_UTF8):
            text = "\ufeff" + text  # only the file's first is no character
        for document in map(how.trim, clean(text).split("\n")):
            if document:
                empty = False
                yield document
    if empty:
        raise UserError(f"{name} holds no text.")
