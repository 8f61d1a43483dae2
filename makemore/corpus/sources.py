"""Paths become bytes: a file, the files of a folder, standard input.

Bytes come in chunks, so that a file of any length takes no more memory than a chunk.
"""

import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TypeVar

from makemore.corpus.unpacking import may_be_packed, unpacker_of
from makemore.errors import UsageError, UserError

STDIN = Path("-")
"""The path that stands for standard input."""
PACKED = {".gz", ".zst"}
"""Endings of a name that say how the file is packed, and nothing of what it holds."""
CHUNK = 2**20
"""Bytes that are read at a time."""
MOST_BYTES = 2**32
"""Of what doesn't say how long it is: a pipe, or a packed file once it is unpacked."""

Seen = Callable[[int], None]
Chunk = TypeVar("Chunk", bytes, str)
Paths = str | Path | Sequence[str | Path]
"""Files and folders, one or several, as a user names them."""


@dataclass(frozen=True)
class Source:
    """One file.

    Attributes:
        path: as it was named; `STDIN` for standard input.
        kept: where its bytes are, or they themselves, if it could be read only once.
    """

    path: Path
    kept: Path | bytes | None = None

    @property
    def name(self) -> str:
        """As a sentence names it."""
        return _name(self.path)

    @property
    def suffix(self) -> str:
        """Of its name, in small letters, such as ".csv"; one that says how it is packed aside."""
        suffix = self.path.suffix.lower()
        return self.path.with_suffix("").suffix.lower() if suffix in PACKED else suffix

    @property
    def content(self) -> bytes:
        """All its bytes, unpacked.

        Raises:
            UserError: as `chunks`.
        """
        return b"".join(self.chunks())

    def chunks(self, seen: Seen = lambda n: None) -> Iterator[bytes]:
        """Give its bytes in order, unpacked.

        Args:
            seen: told of how many bytes of the file itself each chunk has taken.

        Raises:
            UserError: it can't be read or unpacked.
        """
        raw = self.raw(seen)
        first = next(raw, b"")
        while may_be_packed(first) and (more := next(raw, b"")):
            first += more
        whole = chain([first], raw)
        unpack = unpacker_of(first)
        yield from whole if unpack is None else _bounded(self.name, unpack(self.name, whole))

    def raw(self, seen: Seen = lambda n: None) -> Iterator[bytes]:
        """Give its bytes as they are.

        Raises:
            UserError: it can't be read, is a device, or doesn't end.
        """
        try:
            with self.open() as file:
                for chunk in _chunks_of(self.name, file):
                    seen(len(chunk))
                    yield chunk
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Open it, as it is.

        Raises:
            OSError: it can't be read.
            UserError: it is a device.
        """
        if isinstance(self.kept, bytes):
            return io.BytesIO(self.kept)
        return open_to_read(self.kept or self.path)


@dataclass(frozen=True)
class Files:
    """Files that are read one after another.

    Attributes:
        name: of all, in a few words.
        sources: each of them.
    """

    name: str
    sources: tuple[Source, ...]


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


def find_files(paths: Paths) -> Files:
    """Find files in their order; a folder gives its own, sorted by their paths.

    Files and folders whose names begin with a dot are passed over in a folder.

    Raises:
        UserError: a folder holds no file, or can't be read.
    """
    sources = list[Source]()
    for path in as_list(paths):
        try:
            sources += map(Source, _in_folder(path) if path.is_dir() else [path])
        except OSError as error:
            raise _unreadable(path, error) from error
    return Files(name_of(paths), tuple(sources))


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
        return b"".join(_chunks_of(_name(path), file))


def _in_folder(folder: Path) -> list[Path]:
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise UserError(f"{folder} is a folder without files.")
    return found


def _unreadable(path: Path, error: OSError) -> UserError:
    return UserError(f"Can't read {error.filename or _name(path)}: {error.strerror}.")


def _chunks_of(name: str, file: BinaryIO) -> Iterator[bytes]:
    """Read a file as it is now, since it may grow faster than it is read; a pipe to its end."""
    left = _length(file)
    if not left:
        yield from _bounded(name, iter(partial(_read_some, file, CHUNK), b""))
        return
    while left and (chunk := file.read(min(CHUNK, left))):
        left -= len(chunk)
        yield chunk


def _length(file: BinaryIO) -> int:
    """Tell how many bytes a file has; 0: it doesn't say."""
    try:
        return os.fstat(file.fileno()).st_size if file is not sys.stdin.buffer else 0
    except (AttributeError, OSError, ValueError):  # no file of the system's
        return 0


def _read_some(file: BinaryIO, size: int) -> bytes:
    """Read what is there already: who types a line gets it answered."""
    read = getattr(file, "read1", file.read)
    some: bytes = read(size)
    return some


def _bounded(name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Give chunks to their end, if it comes before `MOST_BYTES`.

    Raises:
        UserError: it hasn't.
    """
    return bounded(
        chunks,
        MOST_BYTES,
        f"{name} gives more than {MOST_BYTES / 2**30:g} GiB: does it end? "
        f"If so, put a part of it in a file.",
    )


def bounded(chunks: Iterable[Chunk], most: int, problem: str) -> Iterator[Chunk]:
    """Give chunks of bytes or characters, up to so many in all.

    Raises:
        UserError: there are more, which is the problem.
    """
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise UserError(problem)
        yield chunk


def _name(path: Path) -> str:
    return "standard input" if path == STDIN else str(path)
