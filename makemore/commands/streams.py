"""Standard output and standard error that are closed, or on a full disk.

Nothing here imports torch, so that what goes wrong before it is imported is said too.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any

from makemore.errors import OutputError

OUT, ERR = 1, 2


class _Stream(FileIO):
    """One of both; where it can't be written once, what comes later is dropped.

    So nothing fails again when Python flushes it at its end.
    """

    def write(self, content: Any) -> int:
        if not content:
            return 0  # click asks so whether it may write bytes, and is told by no error
        try:
            return super().write(content)
        except OSError as error:
            _to_nowhere(self.fileno())
            if self.fileno() == ERR:
                return len(content)  # there is nowhere to say it
            if isinstance(error, BrokenPipeError):
                raise  # whoever read has gone, and wants no sentence
            raise OutputError(f"Standard output can't be written: {error.strerror}.") from error


@contextmanager
def streams_that_fail_well() -> Iterator[None]:
    """Let standard output raise an OutputError, and standard error none; closed ones take all."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            _to_nowhere(number)  # and no file that is opened gets its number, and all that is said
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _checked(sys.stdout, OUT), _checked(sys.stderr, ERR)
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout, sys.stderr = before


def _checked(stream: Any, number: int) -> Any:
    """Write where a stream does; a caller's own, or a console of Windows, stays as it is."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)  # it has no buffer with `python -u`
    if type(raw) is not FileIO or raw.fileno() != number:
        return stream
    checked = _Stream(number, "w", closefd=False)
    return TextIOWrapper(
        checked if raw is buffer else BufferedWriter(checked),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _to_nowhere(number: int) -> None:
    """Let a file's number stand for what takes all and keeps none."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
