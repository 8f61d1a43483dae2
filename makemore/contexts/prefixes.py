"""Tables for models that see the whole prefix: documents become a tree, a long text sequences.

Pieces of one long text begin alike too seldom for a tree to pay: every place is a row of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from makemore.contexts.windows import Table, count_pairs
from makemore.corpus.vocabulary import BOUNDARY, Documents, Ints


@dataclass(frozen=True)
class PrefixTable(Table):
    """Contexts of whole prefixes, as a prefix tree whose rows stand in order of depth.

    A row is a node of the tree: it ends in its token, and the rest of its context is its parent.
    S sequences, at most T long, cover the tree: those that are a prefix of no other.

    Attributes:
        tokens: int64 (N,), the last token of each context.
        depths: int64 (N,), the tokens before it, ascending; 0 for a root.
        parents: int64 (N,), the row of the context without its last token; -1 for a root.
        sequences: int64 (S, T), the row at each position of each covering sequence, 0 past its end.
        places: int64 (N,), where each row stands in `sequences`, as a flat index into (S * T).
    """

    tokens: Tensor
    depths: Tensor
    parents: Tensor
    sequences: Tensor
    places: Tensor


@dataclass(frozen=True)
class SequenceTable(Table):
    """Contexts of whole prefixes, of S sequences of T tokens, as `Model.forward` takes them.

    Row i is the context of place i in the flattened sequences.

    Attributes:
        tokens: int64 (S, T).
    """

    tokens: Tensor


def prefix_tables(
    documents: Documents, vocab_size: int, block_size: int | None, size: int
) -> Iterator[PrefixTable]:
    """Cover documents with tables of sequences that take at most `size` tokens once padded.

    A sequence longer than that is a table by itself.
    """
    padded = pad(documents, block_size)
    order = np.argsort(padded[2], kind="stable")  # sequences of like length together
    inputs, targets, lengths = (part[order] for part in padded)
    start = 0
    while start < len(lengths):
        tokens = lengths[start:] * np.arange(1, len(lengths) - start + 1)
        end = start + max(1, int(np.searchsorted(tokens, size, side="right")))
        longest = lengths[end - 1]
        yield _prefix_table(
            inputs[start:end, :longest],
            targets[start:end, :longest],
            lengths[start:end],
            vocab_size,
        )
        start = end


def prefix_table(
    documents: Documents, vocab_size: int, block_size: int | None = None
) -> PrefixTable:
    """Count what follows each distinct prefix.

    Args:
        documents: the documents, at least one.
        vocab_size: number of different ids, the boundary included.
        block_size: the longest context a model takes, in tokens. A longer document is read as
            `pad` reads it: in pieces that overlap by half a block.
    """
    return _prefix_table(*pad(documents, block_size), vocab_size)


class Prefixes:
    """The documents of a whole corpus in alphabetical order, padded once.

    For the table of a batch they are neither padded nor sorted again.

    Attributes:
        ranks: int64 (documents,), the place of each in that order.
        inputs, targets, lengths: in that order, what `pad` returns.
    """

    def __init__(self, documents: Documents, vocab_size: int) -> None:
        inputs, targets, lengths = pad(documents)
        order = _lexicographic_order(inputs)
        # the smaller the numbers, the more of them in the cache
        small = np.min_scalar_type(-vocab_size)
        self.inputs, self.targets = inputs[order].astype(small), targets[order].astype(small)
        self.lengths = lengths[order]
        self.ranks = np.argsort(order)
        self.vocab_size = vocab_size

    def table(self, rows: Ints) -> PrefixTable:
        """Make the table of the documents at the given rows, as `prefix_table` does."""
        ranks = np.sort(self.ranks[rows])
        lengths = self.lengths[ranks]
        longest = lengths.max()
        inputs, targets = self.inputs[ranks, :longest], self.targets[ranks, :longest]
        return _tree(inputs, targets, lengths, self.vocab_size)


def _prefix_table(inputs: Ints, targets: Ints, lengths: Ints, vocab_size: int) -> PrefixTable:
    """Build the tree of what `pad` returns: (S, T), (S, T), (S,)."""
    order = _lexicographic_order(inputs)
    return _tree(inputs[order], targets[order], lengths[order], vocab_size)


def _tree(
    inputs: NDArray[np.integer], targets: NDArray[np.integer], lengths: Ints, vocab_size: int
) -> PrefixTable:
    """Build the tree of what `pad` returns, its sequences in lexicographic order."""
    inside = np.arange(inputs.shape[1]) < lengths[:, None]

    # in sorted order a prefix is new exactly where it differs from the sequence just before
    same = (inputs[1:] == inputs[:-1]) & inside[1:] & inside[:-1]
    shared = np.logical_and.accumulate(same, axis=1)
    new = inside.copy()
    new[1:] &= ~shared
    # count the new ones position by position: rows in order of depth, and whatever is not new
    # has the number of the sequence above it
    row = np.cumsum(new.T).reshape(new.T.shape).T - 1  # (S, T)
    depths, sources = map(np.ascontiguousarray, np.nonzero(new.T))
    parents = np.where(depths > 0, row[sources, depths - 1], -1)

    covering = np.ones(len(row), dtype=bool)
    covering[:-1] = shared.sum(axis=1) < lengths[:-1]
    sequences = np.where(inside, row, 0)[covering]
    places = np.empty(len(depths), dtype=np.int64)
    flat = np.flatnonzero(inside[covering])
    places[sequences.reshape(-1)[flat]] = flat

    counted = targets >= 0
    return PrefixTable(
        *count_pairs(row[counted], targets[counted].astype(np.int64), vocab_size),
        tokens=torch.from_numpy(inputs[sources, depths].astype(np.int64)),
        depths=torch.from_numpy(depths),
        parents=torch.from_numpy(parents),
        sequences=torch.from_numpy(sequences),
        places=torch.from_numpy(places),
    )


def sequence_table(documents: Documents, starts: Ints, length: int) -> SequenceTable:
    """Take the windows of `length` predictions that begin at `starts`, as they are."""
    source = starts[:, None] + np.arange(length)
    return _sequence_table(documents.inputs[source], documents.targets[source])


def sequence_tables(
    documents: Documents, block_size: int | None, size: int
) -> Iterator[SequenceTable]:
    """Cover documents with tables of sequences that take at most `size` tokens, at least one."""
    inputs, targets, _ = pad(documents, block_size)
    rows = max(1, size // max(1, inputs.shape[1]))
    for start in range(0, len(inputs), rows):
        yield _sequence_table(inputs[start : start + rows], targets[start : start + rows])


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
    lengths = documents.lengths + (0 if documents.text else 1)
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


def _lexicographic_order(inputs: Ints) -> Ints:
    """Order in which rows (S, T) of ids below 2**32 are sorted, a prefix before what it begins.

    Big-endian bytes compare as the numbers do, so a row is sorted as one string of bytes.
    """
    digits = np.ascontiguousarray(inputs, dtype=">u1" if inputs.max(initial=0) < 256 else ">u4")
    return np.argsort(digits.view(f"S{digits.strides[0]}").reshape(-1), kind="stable")
