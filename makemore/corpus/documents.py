"""Encoded documents: the ids of many lines, or of one long text, as flat arrays.

A line has an end of its own, which is predicted too; a text only stops because its part does.
Both answer the same questions: the token before each prediction, the token predicted, and where in
its document that is.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

BOUNDARY = 0
"""The id that starts and stops a document."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """Documents, each with an end of its own: one flat array, and where each document starts.

    Document i is `ids[offsets[i] : offsets[i + 1]]`; the boundary is not stored.

    Attributes:
        ids: int32 (characters,).
        offsets: int64 (documents + 1,).
    """

    ids: NDArray[np.int32]
    offsets: Ints

    def __len__(self) -> int:
        """Count the documents."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Ints:
        """Characters in each document, int64 (documents,)."""
        return np.diff(self.offsets)

    @property
    def sizes(self) -> Ints:
        """Predictions in each document, int64 (documents,): its characters and its end."""
        return self.lengths + 1

    @property
    def predictions(self) -> int:
        """How many characters a model predicts here: every one, and each document's end."""
        return len(self.ids) + len(self)

    @cached_property
    def inputs(self) -> Ints:
        """Token before each prediction, document after document, int64 (predictions,)."""
        inputs = np.full(self.predictions, BOUNDARY, dtype=np.int64)
        inputs[self.positions > 0] = self.ids
        return inputs

    @cached_property
    def targets(self) -> Ints:
        """Token that is predicted, the boundary where a document ends, int64 (predictions,)."""
        return np.append(self.inputs[1:], BOUNDARY)

    @cached_property
    def positions(self) -> Ints:
        """Place of each prediction in its document, 0 for the first character's."""
        sizes = self.sizes
        return np.arange(self.predictions) - np.repeat(np.cumsum(sizes) - sizes, sizes)

    def predictions_of(self, rows: Ints) -> Ints:
        """Name the predictions of the documents at the given rows, one document after another."""
        first = self.offsets[rows] + rows  # each document before has one more than characters
        sizes = self.offsets[rows + 1] - self.offsets[rows] + 1
        shift = np.repeat(first - (np.cumsum(sizes) - sizes), sizes)
        predictions: Ints = np.arange(len(shift)) + shift
        return predictions

    def select(self, rows: Ints) -> "Lines":
        """Documents at the given rows, in that order."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        shift = np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return Lines(self.ids[np.arange(offsets[-1]) + shift], offsets)

    def alphabetical_ranks(self, vocab_size: int) -> Ints:
        """Place of each document among all of them in the order of their beginnings, int64 (rows,).

        A beginning is as many characters as one 64-bit number holds, a digit each.
        """
        keys = np.zeros(len(self), dtype=np.int64)
        for position in range(int(63 / math.log2(max(vocab_size, 2)))):
            inside = self.lengths > position
            keys *= vocab_size
            keys[inside] += self.ids[self.offsets[:-1][inside] + position]
        return np.argsort(np.argsort(keys, kind="stable"))


@dataclass(frozen=True)
class Text:
    """A part of one long text, from its first character on; its end is not predicted.

    Attributes:
        ids: int32 (characters,).
    """

    ids: NDArray[np.int32]

    def __len__(self) -> int:
        """Count the documents: a text is one, unless it is empty."""
        return int(len(self.ids) > 0)

    @property
    def sizes(self) -> Ints:
        """Predictions in each document, int64 (documents,): its characters."""
        return np.full(len(self), len(self.ids))

    @property
    def predictions(self) -> int:
        """How many characters a model predicts here: every one."""
        return len(self.ids)

    @cached_property
    def inputs(self) -> Ints:
        """Token before each prediction, int64 (predictions,); the last comes before nothing."""
        return np.append(BOUNDARY, self.ids[:-1].astype(np.int64))[: len(self.ids)]

    @cached_property
    def targets(self) -> Ints:
        """Token that is predicted, int64 (predictions,)."""
        return self.ids.astype(np.int64)

    @cached_property
    def positions(self) -> Ints:
        """Place of each prediction in the text."""
        return np.arange(len(self.ids))

    def predictions_of(self, rows: Ints) -> Ints:
        """Name the predictions of windows of one prediction each: these are their own names."""
        return rows


Documents = Lines | Text
