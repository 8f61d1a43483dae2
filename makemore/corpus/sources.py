"""Paths become bytes: a file, the files of a folder, standard input; gzip is unpacked."""

import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from makemore.errors import UsageError, UserError

STDIN = Path("-")
"""The path that stands for standard input."""
GZIP = b"\x1f\x8b"
"""What every gzipped file begins with (RFC 1952)."""
MOST_BYTES = 2**32
"""Of what doesn't say how long it is: a pipe, or a gzipped file once it is unpacked."""
BLOCK = 2**20

Paths = str | Path | Sequence[str | Path]
"""Files and folders, one or several, as a user names them."""


@dataclass(frozen=True)
class Source:
    """The bytes of one file.

    Attributes:
        name: as a sentence names it.
        suffix: of its name, in small letters, such as ".csv"; that of gzip left aside.
        content: unpacked.
    """

    name: str
    suffix: str
    content: bytes


def as_list(paths: Paths) -> list[Path]:
    """Give one path or several as a list.

    Raises:
        UsageError: one is empty, which would be the current folder, or there is none.
    """
    several = [paths] if isinstance(paths, str | Path) else list(paths)
    if "" in several or not several:
        raise UsageError(
            f"--data: the path of a file or a folder, or a list of paths, not {paths!r}."
        )
    return list(map(Path, several))


def name_of(paths: Paths) -> str:
    """Name one path or several in a few words."""
    first, *others = map(_name, as_list(paths))
    return f"{first} and {len(others)} more" if others else first


def read_sources(paths: Paths) -> Iterator[Source]:
    """Read files in their order, one at a time; a folder gives its own, sorted by their paths.

    Files and folders whose names begin with a dot are passed over in a folder.

    Raises:
        UserError: one can't be read or unpacked, or a folder holds no file.
    """
    for path in as_list(paths):
        try:
            for file in _files(path):
                yield _read(file)
        except OSError as error:
            raise UserError(f"Can't read {error.filename or _name(path)}: {error.strerror}.") from (
                error
            )


def unpack(name: str, content: bytes) -> bytes:
    """Unpack what is gzipped; other bytes are given back as they are.

    Raises:
        UserError: they are damaged.
    """
    if not content.startswith(GZIP):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as file:
            return _bounded(name, file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{name} is gzipped, and damaged: {error}.") from error


@contextmanager
def open_to_read(path: Path) -> Iterator[BinaryIO]:
    """Open a file, a pipe or, for `STDIN`, standard input.

    Raises:
        OSError: it can't be opened.
        UserError: it is a device, which may never end.
    """
    if path == STDIN:
        yield sys.stdin.buffer
        return
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)) and not file.isatty():
            raise UserError(f"{path} is a device, and no text: give a file or a folder.")
        yield file


def read_bytes(path: Path) -> bytes:
    """Read a file, a pipe or, for `STDIN`, standard input, as it is now or to its end.

    Raises:
        OSError: it can't be read.
        UserError: it is a device, or doesn't end.
    """
    with open_to_read(path) as file:
        # no more than there is: a file may grow faster than it is read
        size = 0 if path == STDIN else os.fstat(file.fileno()).st_size
        return file.read(size) if size else _bounded(_name(path), file)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = [
        file
        for file in sorted(path.rglob("*"))
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    if not found:
        raise UserError(f"{path} is a folder without files.")
    return found


def _read(path: Path) -> Source:
    content = read_bytes(path)
    unpacked = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return Source(_name(path), unpacked.suffix.lower(), unpack(_name(path), content))


def _bounded(name: str, file: BinaryIO | gzip.GzipFile) -> bytes:
    """Read to the end, if it comes.

    Raises:
        UserError: it hasn't come after `MOST_BYTES`.
    """
    content = bytearray()
    while block := file.read(BLOCK):
        content += block
        if len(content) > MOST_BYTES:
            raise UserError(
                f"{name} gives more than {MOST_BYTES / 2**30:g} GiB: does it end? "
                f"If so, put a part of it in a file."
            )
    return bytes(content)


def _name(path: Path) -> str:
    return "standard input" if path == STDIN else str(path)
