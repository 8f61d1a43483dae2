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
characters (`WindowTable`), and the whole prefix (`PrefixTable`, a prefix tree).

All is built by array operations in numpy; tables hold torch tensors, ready for a model.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from makemore.vocabulary import BOUNDARY, Documents

Ints = NDArray[np.int64]


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


def window_table(documents: Documents, context_length: int, vocab_size: int) -> WindowTable:
    """Count what follows each distinct window of `context_length` characters, at least 1."""
    inputs, targets, positions = _predictions(documents)
    contexts = np.zeros((len(inputs), context_length), dtype=np.int64)  # BOUNDARY everywhere
    for distance in range(min(context_length, int(positions.max(initial=0)) + 1)):
        inside = np.flatnonzero(positions >= distance)
        contexts[inside, context_length - 1 - distance] = inputs[inside - distance]
    # a window is a number with one digit a character, renumbered before it outgrows 64 bits
    keys = np.zeros(len(inputs), dtype=np.int64)
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
    depths, sources = np.nonzero(new.T)
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
    inputs, targets, _ = _predictions(documents)
    lengths = documents.lengths + 1
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


def _predictions(documents: Documents) -> tuple[Ints, Ints, Ints]:
    """Give input token, next token and position of every prediction, document after document."""
    lengths = documents.lengths + 1
    starts = np.cumsum(lengths) - lengths
    positions = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    inputs = np.full(len(positions), BOUNDARY, dtype=np.int64)
    inputs[positions > 0] = documents.ids
    return inputs, np.append(inputs[1:], BOUNDARY), positions


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
