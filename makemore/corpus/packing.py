"""A corpus is packed: read once in a stream, and written as flat arrays that are opened at once.

First all is read and put into a spool, batch by batch: the splits and hashes of its documents, and
the places of its characters among those of the batch. When all characters are known, and how often
each comes, the ids are written, each split in its files. Last come the hashes, sorted, and the
fingerprint. Only then the folder gets its name, so that it is there whole or not at all.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from makemore.corpus.changes import Changes
from makemore.corpus.fingerprint import fingerprint_of, sort_hashes
from makemore.corpus.guessing import hint
from makemore.corpus.packed import CONTENTS, Contents, Packed
from makemore.corpus.pieces import Numbers, Splitting, make_pieces
from makemore.corpus.reader import Reader
from makemore.corpus.reading import HowToRead
from makemore.corpus.sources import Files
from makemore.corpus.splits import SPLITS, Shares, Split, cuts
from makemore.corpus.spool import Spool, without_rare
from makemore.signals import SIGNALS

Watch = Callable[[str, int], None]
"""Told of what is done, and of how many bytes or documents more."""
UNFINISHED = ".partial"
"""Ends the name of a folder that is being written."""


@dataclass(frozen=True)
class WhatToRead:
    """What is packed, and how.

    Attributes:
        files: of the data, and of the splits that have files of their own.
        how, shares, seed, min_count: as of `load_corpus`.
    """

    files: Mapping[Split | None, Files]
    how: HowToRead
    shares: Shares
    seed: int
    min_count: int


def pack(what: WhatToRead, folder: Path, source: str, watch: Watch = lambda part, n: None) -> None:
    """Read files, and write their packed corpus to a folder that is not there yet.

    Another process may do the same at once: one of them names the folder.

    Args:
        what: is read.
        folder: where it is written.
        source: the name of what is read.
        watch: told how far it is.

    Raises:
        UserError: a file can't be read.
        OSError: the folder can't be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f"{folder.name}-{secrets.token_hex(4)}{UNFINISHED}")
    unfinished.mkdir()
    remove = partial(shutil.rmtree, unfinished, ignore_errors=True)
    with ExitStack() as stack:
        stack.callback(remove)
        stack.enter_context(SIGNALS.before_the_end(remove))
        with Spool(unfinished) as spool:
            changes, found_hint = _read_all(what, spool, watch)
            _write_all(what, spool, unfinished, source, changes, found_hint, watch)
        for path in unfinished.iterdir():
            _sync(path)
        _sync(unfinished)
        try:
            unfinished.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another was first
                raise
        _sync(folder.parent)


def _read_all(what: WhatToRead, spool: Spool, watch: Watch) -> tuple[Changes, str | None]:
    changes, found_hint = Changes(), None
    given = [split for split in what.files if split is not None]
    for of, files in what.files.items():
        reader = Reader(files, what.how, lambda n: watch("reading", n))
        splitting = Splitting(what.shares, what.seed, given, of)
        for piece in make_pieces(reader.batches(), what.how, splitting):
            changes += piece.changes
            spool.add(of, piece)
        changes += reader.changes
        if of is None:
            found_hint = hint("\0", reader, what.how)
    return changes, found_hint


def _write_all(
    what: WhatToRead,
    spool: Spool,
    folder: Path,
    source: str,
    changes: Changes,
    found_hint: str | None,
    watch: Watch,
) -> None:
    counts, rare = spool.counts(), None
    if what.min_count > 1:
        rare = (counts > 0) & (counts < what.min_count)
        counts = spool.counts(rare)
    known = np.flatnonzero(counts)
    id_of_code_point = np.zeros(len(counts), dtype=np.min_scalar_type(len(known)))
    id_of_code_point[known] = np.arange(1, len(known) + 1)

    writers = {split: _Writer(folder, split) for split in SPLITS}
    if what.how.format == "text":
        _write_text(what, spool, writers, id_of_code_point)
    else:
        before = spool.documents
        for _, piece in spool:
            kept = piece if rare is None else without_rare(piece, rare)
            ids = id_of_code_point[kept.characters][kept.ids]
            row = place = 0
            for split, n in zip(SPLITS, kept.documents, strict=True):
                lengths = kept.lengths[row : row + n]
                size = int(lengths.sum())
                writers[split].add(ids[place : place + size], lengths, kept.hashes[row : row + n])
                row, place = row + n, place + size
            watch("packing", sum(piece.documents))
        changes = replace(changes, rare=before - sum(w.documents for w in writers.values()))
    for writer in writers.values():
        writer.close()
    contents = Contents(
        source=source,
        seed=what.seed,
        documents={split: writer.documents for split, writer in writers.items()},
        sizes={split: writer.size for split, writer in writers.items()},
        counts={chr(code): int(counts[code]) for code in known.tolist()},
        longest=max(writer.longest for writer in writers.values()),
        distinct=0,
        fingerprint="",
        changes=changes,
        hint=found_hint,
    )
    with ThreadPoolExecutor(1) as another:  # both are done outside of Python's lock
        distinct = another.submit(sort_hashes, contents, folder, len(what.files) == 1)
        (folder / CONTENTS).write_bytes(contents.to_bytes())
        corpus = Packed.open(folder, source, what.how)
        fingerprint = fingerprint_of(corpus, lambda n: watch("hashing", n))
        contents = replace(contents, distinct=distinct.result(), fingerprint=fingerprint)
    (folder / CONTENTS).write_bytes(contents.to_bytes())


class _Writer:
    """Writes the files of one split."""

    def __init__(self, folder: Path, split: Split) -> None:
        names = ("ids", "offsets", "hashes")
        self._files = [(folder / f"{split}.{name}").open("xb") for name in names]
        self._files[1].write(np.zeros(1, dtype=np.int64).data)
        self.documents = self.size = self.longest = 0

    def add(self, ids: Numbers, lengths: Numbers, hashes: Numbers) -> None:
        """Write some documents behind the others."""
        offsets = self.size + np.cumsum(lengths, dtype=np.int64)
        for file, array in zip(self._files, (ids, offsets, hashes), strict=True):
            file.write(np.ascontiguousarray(array).data)
        self.documents += len(lengths)
        self.size += len(ids)
        self.longest = max(self.longest, int(lengths.max(initial=0)))

    def add_part(self, ids: Numbers) -> None:
        """Write a part of a text behind the others."""
        self._files[0].write(np.ascontiguousarray(ids).data)
        self.size += len(ids)

    def close(self) -> None:
        """End the files; a text is one document, unless it is empty."""
        if self.size and not self.documents:
            self.documents, self.longest = 1, self.size
            self._files[1].write(np.array([self.size], dtype=np.int64).data)
            self._files[2].write(np.zeros(1, dtype=np.uint64).data)
        for file in self._files:
            file.close()


def _write_text(
    what: WhatToRead, spool: Spool, writers: Mapping[Split, _Writer], id_of_code_point: Numbers
) -> None:
    """Cut a text in contiguous parts, as `cuts` says; other splits' files are whole."""
    size = spool.size
    starts = cuts(size, what.shares, what.files)
    bounds = list(zip(SPLITS, starts, [*starts[1:], size], strict=True))
    place = 0
    for of, piece in spool:
        ids = id_of_code_point[piece.characters][piece.ids]
        if of is not None:
            writers[of].add_part(ids)
            continue
        for split, start, end in bounds:
            writers[split].add_part(ids[max(0, start - place) : max(0, end - place)])
        place += len(ids)


def _sync(path: Path) -> None:
    """Let what is written be on the disk before the name is."""
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
