"""What has been read of a corpus, in files, until all its characters are known."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np

from makemore.corpus.pieces import Numbers, Piece
from makemore.corpus.splits import Split


class Spool:
    """What has been read, until all characters are known: pieces, in files that go at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pieces: list[tuple[Split | None, Piece, int]] = []

    def __enter__(self) -> "Spool":
        paths = [self._folder / f"spool.{name}" for name in ("ids", "lengths", "hashes")]
        self._files: list[BinaryIO] = [path.open("x+b") for path in paths]
        return self

    def __exit__(self, *error: object) -> None:
        for file in self._files:
            file.close()
        for path in self._folder.glob("spool.*"):
            path.unlink()

    def add(self, of: Split | None, piece: Piece) -> None:
        """Keep a piece of the data, or of the split that has files of its own."""
        arrays = (piece.ids, piece.lengths, piece.hashes)
        for file, array in zip(self._files, arrays, strict=True):
            file.write(array.data)
        # what stays at hand is small, and no view of what came from another process
        none = [np.zeros(0, array.dtype) for array in arrays]
        kept = replace(
            piece,
            characters=piece.characters.copy(),
            counts=piece.counts.copy(),
            ids=none[0],
            lengths=none[1],
            hashes=none[2],
        )
        self._pieces.append((of, kept, len(piece.ids)))

    def __iter__(self) -> Iterator[tuple[Split | None, Piece]]:
        """Give the pieces again, in order."""
        for file in self._files:
            file.seek(0)
        for of, kept, size in self._pieces:
            n = sum(kept.documents)
            shapes = [(kept.ids.dtype, size), (kept.lengths.dtype, n), (kept.hashes.dtype, n)]
            ids, lengths, hashes = (
                np.frombuffer(file.read(dtype.itemsize * length), dtype)
                for file, (dtype, length) in zip(self._files, shapes, strict=True)
            )
            yield of, replace(kept, ids=ids, lengths=lengths, hashes=hashes)

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return sum(sum(kept.documents) for _, kept, _ in self._pieces)

    @property
    def size(self) -> int:
        """How many characters the data has, without the splits that have files of their own."""
        return sum(size for of, _, size in self._pieces if of is None)

    def counts(self, rare: Numbers | None = None) -> Numbers:
        """Count each code point, int64; of the documents without a rare one."""
        total = np.zeros(0x110000, dtype=np.int64)
        if rare is None:
            for _, kept, _ in self._pieces:
                total[kept.characters] += kept.counts
        else:
            for _, piece in self:
                total[piece.characters] += without_rare(piece, rare).counts
        return total


def without_rare(piece: Piece, rare: Numbers) -> Piece:
    """Leave out the documents that have a rare character: bool by code point."""
    is_rare = rare[piece.characters]
    if not is_rare.any():
        return piece
    ends = np.cumsum(piece.lengths, dtype=np.int64)
    kept = ~np.logical_or.reduceat(is_rare[piece.ids], ends - piece.lengths)
    ids = piece.ids[np.repeat(kept, piece.lengths)]
    bounds = np.cumsum((0, *piece.documents))
    train, val, test = (int(kept[i:j].sum()) for i, j in pairwise(bounds))
    return replace(
        piece,
        ids=ids,
        counts=np.bincount(ids, minlength=len(piece.characters)),
        lengths=piece.lengths[kept],
        hashes=piece.hashes[kept],
        documents=(train, val, test),
    )
