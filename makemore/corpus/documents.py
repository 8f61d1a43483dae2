"""Encoded documents: the ids of many lines, or of one long text, as flat arrays.

A line has an end of its own, which is predicted too; a text only stops because its part does.
Both may be memory maps: what is wanted of them is named as `predictions.Pieces`.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from makemore.corpus.predictions import Cut, Ids, Ints, Pieces, runs

OFFSETS_AT_A_TIME = 2**20


@dataclass(frozen=True)
class Lines:
    """Documents, each with an end of its own: one flat array, and where each document starts.

    Document i is `ids[offsets[i] : offsets[i + 1]]`; the boundary is not stored. There may be other
    ids before the first document and behind the last.

    Attributes:
        ids: (characters,), of any integer type.
        offsets: (documents + 1,), likewise.
    """

    ids: Ids
    offsets: Ids
    of_text: ClassVar[bool] = False

    def __len__(self) -> int:
        """Count the documents."""
        return len(self.offsets) - 1

    @property
    def predictions(self) -> int:
        """How many characters a model predicts here: every one, and each document's end."""
        return int(self.offsets[-1]) - int(self.offsets[0]) + len(self)

    @cached_property
    def longest(self) -> int:
        """Most predictions of a document: its characters and its end."""
        chunks = range(0, len(self), OFFSETS_AT_A_TIME)
        most = (self._lengths(first, first + OFFSETS_AT_A_TIME).max() for first in chunks)
        return int(max(most, default=-1)) + 1

    def longer_than(self, predictions: int) -> Ints:
        """Find the documents of more predictions, in their order: int64 rows."""
        chunks = range(0, len(self), OFFSETS_AT_A_TIME)
        found = [
            first + np.flatnonzero(self._lengths(first, first + OFFSETS_AT_A_TIME) >= predictions)
            for first in chunks
        ]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def _lengths(self, first: int, end: int) -> Ints:
        """Count the characters in each of some neighbouring documents."""
        offsets = self.offsets[first : end + 1].astype(np.int64)
        return offsets[1:] - offsets[:-1]

    def pieces(self, rows: Ints | None = None) -> Pieces:
        """Take the documents at the given rows, in that order; None: all of them."""
        if rows is None:
            rows = np.arange(len(self))
        starts = self.offsets[rows].astype(np.int64)
        sizes = self.offsets[rows + 1].astype(np.int64) - starts + 1
        return Pieces(
            self.ids, starts, np.zeros_like(starts), sizes, rows, np.ones(len(rows), dtype=bool)
        )

    def parts(self, rows: Ints, first: Ints, end: Ints) -> Pieces:
        """Take the predictions `first` to `end`, or to the last, of the documents at some rows."""
        whole = self.pieces(rows)
        sizes = np.minimum(whole.sizes, end) - first
        return Pieces(self.ids, whole.starts + first, first, sizes, rows, end >= whole.sizes)

    def chunks(self, most: int, cut: Cut) -> Iterator[Pieces]:
        """Go through all predictions in their order, at most about so many at a time.

        A document stays whole where it has no more than that; otherwise it is cut.
        """
        row = 0
        while row < len(self):
            limit = int(self.offsets[row]) + row + most  # each document before has an end too
            places = range(row + 1, len(self) + 1)
            n = bisect_right(places, limit, key=lambda place: int(self.offsets[place]) + place)
            if n:
                yield self.pieces(np.arange(row, row + n))
            else:
                long = np.array([row])
                size = int(self.pieces(long).sizes[0])
                for first, end in cut.of(size, most):
                    yield self.parts(long, np.array([first]), np.array([end]))
            row += max(n, 1)

    def select(self, rows: Ints) -> "Lines":
        """Copy the documents at the given rows, in that order."""
        chosen = self.pieces(rows)
        lengths = chosen.sizes - 1
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        return Lines(self.ids[runs(chosen.starts, lengths)], offsets)


@dataclass(frozen=True)
class Text:
    """A part of one long text, from its first character on; its end is not predicted.

    Attributes:
        ids: (characters,), of any integer type.
    """

    ids: Ids
    of_text: ClassVar[bool] = True

    def __len__(self) -> int:
        """Count the documents: a text is one, unless it is empty."""
        return int(len(self.ids) > 0)

    @property
    def predictions(self) -> int:
        """How many characters a model predicts here: every one."""
        return len(self.ids)

    @property
    def longest(self) -> int:
        """Most predictions of a document: the text is one."""
        return len(self.ids)

    def longer_than(self, predictions: int) -> Ints:
        """Find the documents of more predictions: int64 rows."""
        return np.zeros(int(len(self.ids) > predictions), dtype=np.int64)

    def pieces(self, rows: Ints | None = None) -> Pieces:
        """Take all of the text as one piece, for each of the given rows; None: once."""
        rows = np.zeros(len(self), dtype=np.int64) if rows is None else rows
        return self.windows(np.zeros_like(rows), len(self.ids))

    def parts(self, rows: Ints, first: Ints, end: Ints) -> Pieces:
        """Take the predictions `first` to `end`, or to the last, for each of the given rows."""
        return self.windows(first, end - first)

    def windows(self, starts: Ints, size: int | Ints) -> Pieces:
        """Take `size` predictions, or those that are left, from each of the given ones on."""
        sizes = np.minimum(size, len(self.ids) - starts)
        rows = np.zeros_like(starts)
        return Pieces(self.ids, starts, starts, sizes, rows, rows > 0)

    def chunks(self, most: int, cut: Cut) -> Iterator[Pieces]:
        """Go through all predictions in their order, at most about so many at a time."""
        for first, end in cut.of(len(self.ids), most):
            yield self.windows(np.array([first]), end - first)


Documents = Lines | Text
