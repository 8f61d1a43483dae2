"""A file is replaced whole, or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from makemore.errors import UserError


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file so that whoever looks, also after a crash, sees the old or the new one.

    Raises:
        UserError: it can't be written; the old one still stands.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
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


def _sync_directory(directory: Path) -> None:
    if os.name == "posix":  # elsewhere a directory can't be opened, nor need it be
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
