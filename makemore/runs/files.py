"""A file is replaced whole or not at all, or only ever grows."""

import errno
import os
from contextlib import suppress
from io import FileIO
from pathlib import Path

from makemore.errors import UserError

PARTIAL = ".partial"
"""What the name of a file ends with that is not whole yet."""
NO_FSYNC = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
"""How a file system says that it has no fsync, as some network drives do for a directory."""


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file so that whoever looks, also after a crash, sees the old or the new one.

    Raises:
        UserError: it can't be written; the old one still stands.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        partial.unlink(missing_ok=True)  # it may be a link, to a file that is none of the run's
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            sync(file.fileno())
        partial.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise UserError(f"Can't write {path}: {error.strerror}.") from error


def make_directory(path: Path) -> None:
    """Make a directory, unless it is there.

    Raises:
        UserError: it can't be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Can't make {path}: {error.strerror}.") from error


def remove(path: Path) -> None:
    """Remove a file, unless it is gone.

    Raises:
        UserError: it can't be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"Can't remove {path}: {error.strerror}.") from error


class Log:
    """A file that only grows. What is added is the system's at once, and waits in no buffer.

    So an error comes where something is added, and none when the file is closed or the program
    ends. Any method raises an OSError where it can't write.
    """

    def __init__(self, path: Path) -> None:
        self._file = FileIO(path, "a")

    def write(self, content: bytes) -> None:
        """Add to the end."""
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]

    def sync(self) -> None:
        """Bring all to disk."""
        sync(self._file.fileno())

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._file.closed

    def close(self) -> None:
        """Bring all to disk, and end; more than once does no harm."""
        if self.closed:
            return
        try:
            self.sync()
        finally:
            self._file.close()


def cut(path: Path, size: int) -> None:
    """Leave so many bytes of a file; of 0 none is left. A crash at any instant loses no others.

    It needs no room, on a full disk either.
    """
    if size == 0:
        path.unlink(missing_ok=True)
    elif path.stat().st_size > size:
        os.truncate(path, size)


def sync(descriptor: int) -> None:
    """Bring an open file to disk, where its file system can tell.

    Raises:
        OSError: it can't be brought there.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_FSYNC:
            raise


def _sync_directory(directory: Path) -> None:
    if os.name == "posix":  # elsewhere a directory can't be opened, nor need it be
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            sync(descriptor)
        finally:
            os.close(descriptor)
