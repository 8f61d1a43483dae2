"""What is predicted, named by where it stands: runs of predictions within documents.

Documents may be memory maps, far larger than the memory. So no array of all predictions is ever
made: what is wanted is named as pieces, and only those are read.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

BOUNDARY = 0
"""The id that starts and stops a document."""

Ints = NDArray[np.int64]
Ids = NDArray[np.integer]
"""Of whatever integer type, in memory or mapped."""


@dataclass(frozen=True)
class Pieces:
    """Runs of predictions, each within one document: whole documents, or parts of long ones.

    Attributes:
        ids: of all the documents.
        starts: int64 (pieces,), where in `ids` the first character stands that is predicted.
        before: int64 (pieces,), how many characters of its document come before that one.
        sizes: int64 (pieces,), predictions in each, at least 1.
        rows: int64 (pieces,), the document of each.
        ended: bool (pieces,), whether the last of them is the end of the document.
    """

    ids: Ids
    starts: Ints
    before: Ints
    sizes: Ints
    rows: Ints
    ended: NDArray[np.bool_]

    def __len__(self) -> int:
        """Count the pieces."""
        return len(self.starts)

    def __getitem__(self, chosen: slice | Ints) -> "Pieces":
        """Choose some of the pieces."""
        return Pieces(
            self.ids,
            self.starts[chosen],
            self.before[chosen],
            self.sizes[chosen],
            self.rows[chosen],
            self.ended[chosen],
        )

    @property
    def predictions(self) -> int:
        """Count the predictions of all pieces."""
        return int(self.sizes.sum())

    @property
    def places(self) -> Ints:
        """Where in `ids` each predicted character stands, int64 (predictions,).

        That of an end is just behind the document's last character.
        """
        return runs(self.starts, self.sizes)

    @property
    def numbers(self) -> Ints:
        """Number of each prediction among those of all the documents, int64 (predictions,).

        The first has the number of the place where the first document starts.
        """
        return runs(self.starts + self.rows, self.sizes)  # each document before has an end too

    @property
    def positions(self) -> Ints:
        """Place of each prediction in its document, 0 for the first character's."""
        return runs(self.before, self.sizes)

    @property
    def inputs(self) -> Ints:
        """Token before each prediction, piece after piece, int64 (predictions,)."""
        return self.tokens_before(self.places, self.positions)

    @property
    def targets(self) -> Ints:
        """Token that is predicted, the boundary where a document ends, int64 (predictions,)."""
        targets = np.full(self.predictions, BOUNDARY, dtype=np.int64)
        characters = np.ones(len(targets), dtype=bool)
        characters[np.cumsum(self.sizes)[self.ended] - 1] = False
        targets[characters] = self.ids[self.places[characters]]
        return targets

    def tokens_before(self, places: Ints, positions: Ints, distance: int = 0) -> Ints:
        """Read the token before each of some predictions, int64; boundaries before a start.

        Args:
            places: int64, of any shape, as in `places`.
            positions: int64, likewise, as in `positions`.
            distance: how many tokens to go back beyond that.
        """
        tokens = np.full(places.shape, BOUNDARY, dtype=np.int64)
        inside = positions > distance
        tokens[inside] = self.ids[places[inside] - 1 - distance]
        return tokens

    def alphabetical_order(self, vocab_size: int) -> Ints:
        """Order in which the pieces are sorted by their beginnings, int64 (pieces,).

        A beginning is as many characters as one 64-bit number holds, a digit each.
        """
        keys = np.zeros(len(self), dtype=np.int64)
        for position in range(int(63 / math.log2(max(vocab_size, 2)))):
            inside = self.sizes - self.ended > position
            keys *= vocab_size
            keys[inside] += self.ids[self.starts[inside] + position]
        return np.lexsort((self.starts, keys))


@dataclass(frozen=True)
class Cut:
    """Where a document may be cut so that each part is read as within the whole.

    Attributes:
        first: after so many predictions; 0: nowhere.
        stride: and after every so many more.
    """

    first: int = 1
    stride: int = 1

    def sizes(self, most: int) -> tuple[int, int]:
        """Give the size of a document's first part and of each further one, about `most`."""
        each = max(1, most // self.stride) * self.stride
        return self.first + max(0, most - self.first) // self.stride * self.stride, each

    def of(self, size: int, most: int) -> Iterator[tuple[int, int]]:
        """Cut a document of so many predictions: where each part begins and where it ends."""
        end, each = self.sizes(most) if self.first else (size, size)
        begin = 0
        while begin < size:
            yield begin, min(end, size)
            begin, end = end, end + each


class Chunked(Protocol):
    """What is predicted a chunk at a time: all of some documents, or a choice of their pieces."""

    @property
    def of_text(self) -> bool:
        """Whether it is of one long text."""

    def chunks(self, most: int, cut: Cut) -> Iterator[Pieces]:
        """Go through all predictions in their order, at most about so many at a time."""


@dataclass(frozen=True)
class Chosen:
    """Some pieces of documents; each is predicted as within its document.

    Attributes:
        pieces: at least one.
        of_text: whether they are of one long text.
    """

    pieces: Pieces
    of_text: bool

    def chunks(self, most: int, cut: Cut) -> Iterator[Pieces]:
        """Go through the pieces in their order, at most about so many predictions at a time."""
        ends = np.cumsum(self.pieces.sizes)
        first = 0
        while first < len(self.pieces):
            limit = ends[first] - self.pieces.sizes[first] + most
            end = max(first + 1, int(np.searchsorted(ends, limit, side="right")))
            yield self.pieces[first:end]
            first = end


def runs(starts: Ints, sizes: Ints) -> Ints:
    """Count on from each start, `sizes` numbers of each run, one run after another: int64."""
    shift = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    numbers: Ints = np.arange(len(shift)) + shift
    return numbers
