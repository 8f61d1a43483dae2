"""Documents as rows of tokens for `Model.forward`, and tables of such rows.

Pieces of one long text begin alike too seldom for a tree to pay: every place is a row of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from makemore.contexts.tables import Part, Table
from makemore.corpus.documents import BOUNDARY, Documents, Ints, Text


@dataclass(frozen=True)
class SequenceTable(Table):
    """Contexts of whole prefixes, of S sequences of T tokens, as `Model.forward` takes them.

    Row i is the context of place i in the flattened sequences.

    Attributes:
        tokens: int64 (S, T).
    """

    tokens: Tensor


@dataclass(frozen=True)
class PreparedText:
    """A text whose batches are windows of `window_size` predictions."""

    text: Text
    window_size: int
    ranks: None = None

    def table(self, rows: Ints) -> SequenceTable:
        """Make the table of the windows that begin at the given predictions."""
        return sequence_table(self.text, rows, min(self.window_size, self.text.predictions))


def sequence_table(text: Text, starts: Ints, length: int) -> SequenceTable:
    """Take the windows of `length` predictions that begin at `starts`, as they are."""
    source = starts[:, None] + np.arange(length)
    return _sequence_table(text.inputs[source], text.targets[source])


def sequence_tables(text: Text, block_size: int | None, size: int) -> Iterator[SequenceTable]:
    """Cover a text with tables of sequences that take at most `size` tokens, at least one."""
    inputs, targets, _ = pad(text, block_size)
    rows = max(1, size // max(1, inputs.shape[1]))
    for start in range(0, len(inputs), rows):
        yield _sequence_table(inputs[start : start + rows], targets[start : start + rows])


def sequence_parts(text: Text, block_size: int | None, size: int) -> Iterator[Part]:
    """Number the predictions of `sequence_tables`, which stand there in their order."""
    done = 0
    for table in sequence_tables(text, block_size, size):
        yield Part(table, np.arange(done, done + table.predictions), table.rows.numpy())
        done += table.predictions


def _sequence_table(inputs: Ints, targets: Ints) -> SequenceTable:
    """Make the table of (S, T) inputs and the targets after them, -1 where none is predicted."""
    flat = targets.reshape(-1)
    rows = np.flatnonzero(flat >= 0)
    return SequenceTable(
        torch.from_numpy(rows),
        torch.from_numpy(flat[rows]),
        torch.ones(len(rows), dtype=torch.int64),
        len(rows),
        torch.from_numpy(np.ascontiguousarray(inputs)),
    )


def pad(documents: Documents, block_size: int | None = None) -> tuple[Ints, Ints, Ints]:
    """Lay documents out as rows for `Model.forward`, each from the boundary on.

    A document with more than `block_size` predictions is read in pieces of that length, each
    starting half a block after the one before; a piece predicts only what none before it has
    predicted, so every character is predicted once, and all after the first block with at least
    half a block behind it.

    Returns:
        inputs: int64 (S, T), the boundary and then the characters; past the end, the boundary.
        targets: int64 (S, T), the character after each input; -1 where nothing is predicted.
        lengths: int64 (S,), the inputs in each row.
    """
    inputs, targets = documents.inputs, documents.targets
    lengths = documents.sizes
    ends = np.cumsum(lengths)
    block = block_size or int(lengths.max())
    stride = max(1, block // 2)
    pieces = 1 + np.maximum(0, -(-(lengths - block) // stride))  # (documents,)
    piece = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)  # 0, 1, … each
    starts = np.repeat(ends - lengths, pieces) + piece * stride
    widths = np.minimum(block, np.repeat(ends, pieces) - starts)

    steps = np.arange(widths.max(initial=0))
    inside = steps < widths[:, None]
    source = np.where(inside, starts[:, None] + steps, 0)
    predicted = inside & ((steps >= block - stride) | (piece == 0)[:, None])
    return (
        np.where(inside, inputs[source], BOUNDARY),
        np.where(predicted, targets[source], -1),
        widths,
    )
