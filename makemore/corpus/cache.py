"""Where packed corpora are kept, to be opened by whoever reads the same files in the same way.

The name of each is a hash of the files' bytes and of all that changes what is packed. So it is
never out of date, and what a run is given does not depend on whether it was there before.
"""

import hashlib
import json
import shutil
import time
import unicodedata
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from makemore.corpus.bar import Bar
from makemore.corpus.once import size_of
from makemore.corpus.packed import Contents, DamagedError, Packed
from makemore.corpus.packing import UNFINISHED, WhatToRead, pack
from makemore.corpus.sources import Source
from makemore.display import Grid, Shown, visible
from makemore.errors import UserError

VERSION = 1
"""Of what a packed corpus holds; another isn't looked at."""
ABANDONED = 24 * 3600
"""Seconds after which nobody goes on writing."""


def cache_folder() -> Path:
    """Tell where packed corpora are kept."""
    import platformdirs  # late, for --help

    return platformdirs.user_cache_path("makemore") / "corpora"


def find_packed(what: WhatToRead, source: str, bar: Bar) -> Packed:
    """Open a packed corpus, or pack it first.

    Args:
        what: is read, and how.
        source: the name of what is read.
        bar: shows how far it is.

    Raises:
        UserError: a file can't be read, or has changed meanwhile.
        OSError: nothing can be kept in the cache.
    """
    every = [one for files in what.files.values() for one in files.sources]
    before, total = _states(every), sum(map(size_of, every))
    bar.begin(f"looking at {visible(source)}", total)
    folder = cache_folder() / _key(what, bar)
    with suppress(DamagedError):
        found = Packed.open(folder, source, what.how)
        with suppress(OSError):
            folder.touch()  # so that the list tells when it was used
        return found

    if folder.exists():
        shutil.rmtree(folder)
    _clear_abandoned()
    at = ""

    def watch(part: str, n: int) -> None:
        nonlocal at
        if part != at:
            at = part
            bar.begin(f"{part} {visible(source)}", total if part == "reading" else 0)
        bar.advance(n)

    pack(what, folder, source, watch)
    if _states(every) != before:
        shutil.rmtree(folder, ignore_errors=True)
        raise UserError(f"{source} has changed while it was read: try again when it is finished.")
    return Packed.open(folder, source, what.how)


def _states(sources: list[Source]) -> list[Any]:
    """Tell what changes with a file."""
    states = []
    for source in sources:
        with suppress(OSError):
            state = source.path.stat()
            states.append((state.st_size, state.st_mtime_ns, state.st_ino))
    return states


def _key(what: WhatToRead, bar: Bar) -> str:
    """Hash the bytes of files, and all that changes what is made of them."""
    files = {}
    for split, own in what.files.items():
        files[str(split)] = [(one.suffix, _hash(one, bar)) for one in own.sources]
    settings = [VERSION, unicodedata.unidata_version, asdict(what.how), what.shares]
    everything = [*settings, what.seed, what.min_count, files]
    return hashlib.blake2b(json.dumps(everything).encode(), digest_size=16).hexdigest()


def _hash(source: Source, bar: Bar) -> str:
    digest = hashlib.blake2b(digest_size=32)
    for chunk in source.raw(bar.advance):
        digest.update(chunk)
    return digest.hexdigest()


def _clear_abandoned() -> None:
    """Remove what a process has left behind that was killed."""
    for path in cache_folder().glob(f"*{UNFINISHED}"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED:
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


@dataclass(frozen=True)
class Cached:
    """A packed corpus in the cache.

    Attributes:
        name: of its folder.
        source: the name of what was read; None where it is not finished, or damaged.
        documents, characters: how many it holds.
        bytes: on the disk.
        used: when it was opened last, in seconds since 1970.
    """

    name: str
    source: str | None
    documents: int
    characters: int
    bytes: int
    used: float

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return asdict(self)


class CachedList(Shown, list[Cached]):
    """The packed corpora of the cache, which show themselves as a table."""

    def grid(self) -> Grid:
        """Show a row for each, the one that was used last first."""
        rows = [
            (
                visible(one.source) if one.source is not None else "(not finished)",
                time.strftime("%Y-%m-%d %H:%M", time.localtime(one.used)),
                f"{one.documents:,}",
                f"{one.characters:,}",
                f"{one.bytes / 2**20:,.1f} MiB",
            )
            for one in self
        ]
        return Grid(rows, ["read from", "last used", "documents", "characters", "on disk"], left=2)


def list_cache() -> CachedList:
    """List the packed corpora that are kept, the one that was used last first."""
    found = CachedList()
    for path in cache_folder().glob("*"):
        with suppress(OSError):
            files = [path] if path.is_file() else list(path.iterdir())
            size = sum(file.stat().st_size for file in files)
            source, documents, characters = None, 0, 0
            with suppress(DamagedError):
                contents = Contents.of(path)
                source, documents = contents.source, sum(contents.documents.values())
                characters = sum(contents.sizes.values())
            used = path.stat().st_mtime
            found.append(Cached(path.name, source, documents, characters, size, used))
    found.sort(key=lambda one: one.used, reverse=True)
    return found


def clear_cache() -> CachedList:
    """Remove all packed corpora; who has opened one can still use it.

    Returns:
        What was removed.

    Raises:
        UserError: one can't be removed.
    """
    found = list_cache()
    for one in found:
        try:
            _remove(cache_folder() / one.name)
        except OSError as error:
            raise UserError(f"Can't remove {error.filename}: {error.strerror}.") from error
    return found
