"""Never compute the same context twice: documents become tables of distinct contexts.

A character model predicts the next character from a context, and in a corpus of short things the
same contexts come again and again. After "e" of "emma", "emily" and "eva" stand in a batch, the
model need only be asked once what follows "e": m twice, v once.

        documents        distinct prefixes (rows)      what follows, and how often

        emma             0: ·                          e 3
        emily            1: ·e                         m 2, v 1
        eva              2: ·em                        m 1, i 1
                         3: ·ev                        a 1
                         …                             …

A table holds each distinct context once (a row) and counts each (row, next character) pair. Its
cross-entropy, weighted by the counts, is that of all the predictions, and so are its gradients;
only the work shrinks. Two kinds of model read two kinds of table: a window of the last k
characters (`WindowTable`), and the whole prefix (`PrefixTable`, a prefix tree). Pieces of one long
text begin alike too seldom for a tree to pay: they are a `SequenceTable`, every place a row.

All is built by array operations in numpy; tables hold torch tensors, ready for a model.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from makemore.vocabulary import BOUNDARY, Documents, Ints


@dataclass(frozen=True)
class Table:
    """How often each character follows each distinct context.

    N is the number of distinct contexts, P of distinct (context, next character) pairs.

    Attributes:
        rows: int64 (P,), the pair's context; ascending.
        targets: int64 (P,), the pair's next character, or the boundary where the document ends.
        counts: int64 (P,), how often the pair occurs, at least 1.
        predictions: how many predictions the table stands for, the sum of counts.
    """

    rows: Tensor
    targets: Tensor
    counts: Tensor
    predictions: int

    def to(self, device: torch.device) -> Self:
        """Copy the table's tensors to a device."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        tensors: dict[str, Any] = {
            k: v.to(device) for k, v in values.items() if isinstance(v, Tensor)
        }
        return replace(self, **tensors)


@dataclass(frozen=True)
class WindowTable(Table):
    """Contexts of the last k characters, filled up on the left with the boundary.

    Attributes:
        contexts: int64 (N, k), oldest character first.
    """

    contexts: Tensor

    @property
    def weights(self) -> Tensor:
        """How many predictions each context stands for, int64 (N,)."""
        return self.counts.new_zeros(len(self.contexts)).index_add(0, self.rows, self.counts)


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


def window_table(
    documents: Documents, context_length: int, vocab_size: int, chosen: Ints | None = None
) -> WindowTable:
    """Count what follows each distinct window of `context_length` characters, at least 1.

    Args:
        documents: the documents.
        context_length: k.
        vocab_size: number of different ids, the boundary included.
        chosen: which of the documents' predictions are counted; None: all of them.
    """
    if chosen is None:
        chosen = np.arange(documents.predictions)
    positions, targets = documents.positions[chosen], documents.targets[chosen]
    contexts = np.zeros((len(chosen), context_length), dtype=np.int64)  # BOUNDARY everywhere
    for distance in range(min(context_length, int(positions.max(initial=0)) + 1)):
        inside = np.flatnonzero(positions >= distance)
        source = chosen[inside] - distance
        contexts[inside, context_length - 1 - distance] = documents.inputs[source]
    # a window is a number with one digit a character, renumbered before it outgrows 64 bits
    keys = np.zeros(len(chosen), dtype=np.int64)
    size = 1
    for column in contexts.T:
        if size > np.iinfo(np.int64).max // vocab_size:
            distinct, keys = np.unique(keys, return_inverse=True)
            size = len(distinct)
        keys = keys * vocab_size + column
        size *= vocab_size
    _, first, row = np.unique(keys, return_index=True, return_inverse=True)
    return WindowTable(*_count(row, targets, vocab_size), torch.from_numpy(contexts[first]))


def slices(table: WindowTable, size: int) -> Iterator[WindowTable]:
    """Cut a table into tables of at most `size` contexts each."""
    for start in range(0, len(table.contexts), size):
        first, end = torch.searchsorted(table.rows, torch.tensor([start, start + size])).tolist()
        counts = table.counts[first:end]
        yield WindowTable(
            table.rows[first:end] - start,
            table.targets[first:end],
            counts,
            int(counts.sum()),
            table.contexts[start : start + size],
        )


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


def _prefix_table(inputs: Ints, targets: Ints, lengths: Ints, vocab_size: int) -> PrefixTable:
    """Build the tree of what `pad` returns: (S, T), (S, T), (S,)."""
    order = _lexicographic_order(inputs)
    inputs, targets, lengths = inputs[order], targets[order], lengths[order]
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
        *_count(row[counted], targets[counted], vocab_size),
        tokens=torch.from_numpy(inputs[sources, depths]),
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
    predicted, so every character is predicted once, with at least half a block behind it.

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


def _count(row: Ints, targets: Ints, vocab_size: int) -> tuple[Tensor, Tensor, Tensor, int]:
    """Count equal (row, target) pairs: the fields of a `Table`."""
    pairs, counts = np.unique(row * vocab_size + targets, return_counts=True)
    rows, follows = np.divmod(pairs, vocab_size)
    return (
        torch.from_numpy(rows),
        torch.from_numpy(follows),
        torch.from_numpy(counts),
        len(row),
    )
