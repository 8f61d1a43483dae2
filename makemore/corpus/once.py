"""What can be read only once, such as a pipe, is kept; and how large files are, unpacked."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from stat import S_ISREG

from makemore.corpus.packing import UNFINISHED
from makemore.corpus.sources import STDIN, Files, Source
from makemore.corpus.unpacking import GZIP, ZSTD
from makemore.errors import UserError
from makemore.signals import SIGNALS


def keep_once(
    files: Files, room: int, folder: Callable[[], Path], stack: ExitStack
) -> tuple[Files, int]:
    """See whether files are large, and keep the bytes of those that can be read only once.

    Args:
        files: what is read.
        room: how many bytes, unpacked, aren't large.
        folder: tells where they are kept, unless nothing can be written there.
        stack: at its end what was kept is gone.

    Returns:
        The files, and the room that is left; below 0: they are large.
    """
    sources = []
    for source in files.sources:
        if not _is_regular(source.path):
            source = _keep(source, max(0, room), folder(), stack)
        sources.append(source)
        if room >= 0:
            room -= _unpacked_size(source, room)
    return replace(files, sources=tuple(sources)), room


def _keep(source: Source, room: int, folder: Path, stack: ExitStack) -> Source:
    """Keep the bytes of a pipe: in memory, or in a file where they are many."""
    some, size, chunks = list[bytes](), 0, source.raw()
    for chunk in chunks:
        some.append(chunk)
        size += len(chunk)
        if size > room:
            break
    else:
        return replace(source, kept=b"".join(some))
    file = None
    for place in (folder, None):
        with suppress(OSError):
            if place is not None:
                place.mkdir(parents=True, exist_ok=True)
            named = tempfile.NamedTemporaryFile(dir=place, suffix=UNFINISHED)  # noqa: SIM115
            file = stack.enter_context(named)
            remove = partial(Path(file.name).unlink, missing_ok=True)
            stack.enter_context(SIGNALS.before_the_end(remove))
            break
    if file is None:
        return replace(source, kept=b"".join([*some, *chunks]))
    try:
        file.writelines(some)
        file.writelines(chunks)
        file.flush()
    except OSError as error:
        raise UserError(
            f"{source.name} can't be kept in {file.name}: {error.strerror}. Save it to a file."
        ) from error
    return replace(source, kept=Path(file.name))


def _is_regular(path: Path) -> bool:
    if path == STDIN:
        return False
    with suppress(OSError):
        return S_ISREG(path.stat().st_mode)
    return True  # that it can't be read is said where it is read


def _unpacked_size(source: Source, most: int) -> int:
    """Count the bytes of a file, unpacked, or some that are more than `most`."""
    size = size_of(source)
    if size > most or not _is_compressed(source):
        return size
    size = 0
    for chunk in source.chunks():
        size += len(chunk)
        if size > most:
            break
    return size


def _is_compressed(source: Source) -> bool:
    with suppress(OSError, UserError), source.open() as file:
        return file.read(len(ZSTD)).startswith((GZIP, ZSTD))
    return False


def size_of(source: Source) -> int:
    """Tell how many bytes a file has; 0 where that can't be told."""
    if isinstance(source.kept, bytes):
        return len(source.kept)
    with suppress(OSError):
        return (source.kept or source.path).stat().st_size
    return 0
