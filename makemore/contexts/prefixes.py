"""Tables for models that see the whole prefix: documents become a tree."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from makemore.contexts.sequences import (
    Blocks,
    PreparedText,
    SequenceTable,
    cut_for,
    in_blocks,
    lay_out,
    pad,
    sequence_parts,
    sequence_tables,
)
from makemore.contexts.tables import (
    CHUNK,
    MOST_NUMBERED,
    Part,
    Prepared,
    Table,
    count_pairs,
)
from makemore.corpus.documents import Documents, Lines, Text
from makemore.corpus.predictions import Chunked, Cut, Ints, Pieces


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
class PrefixReader:
    """Reads all of a document: as a tree of prefixes, or, of a long text, as sequences.

    Attributes:
        vocab_size: number of different ids, the boundary included.
        block_size: the longest context, in tokens; None: any length.
        arrange: lays a tree out as the model reads it.
    """

    vocab_size: int
    block_size: int | None
    arrange: Callable[[PrefixTable], PrefixTable]

    @property
    def window_size(self) -> int:
        """A window of a text fills a block, and all its characters are predicted."""
        assert self.block_size is not None, "a model of the whole prefix has a block"
        return self.block_size

    @property
    def cut(self) -> Cut:
        """A document is cut where one of its blocks ends; without a block, nowhere."""
        return cut_for(self.block_size)

    def table(self, documents: Documents) -> PrefixTable:
        """Make the tree of all documents."""
        return self.table_of(documents.pieces())

    def table_of(self, pieces: Pieces) -> PrefixTable:
        """Make the tree of some pieces."""
        return self.arrange(prefix_table(pieces, self.vocab_size, self.block_size))

    def tables(self, documents: Documents, size: int) -> Iterator[PrefixTable | SequenceTable]:
        """Cover documents with trees, or a text with sequences, of about `size` tokens at most."""
        if isinstance(documents, Text):
            yield from sequence_tables(documents, self.block_size, size)
        else:
            found = prefix_tables(documents, self.vocab_size, self.block_size, size)
            yield from map(self.arrange, found)

    def parts(self, documents: Chunked, size: int) -> Iterator[Part]:
        """Cover documents with trees of neighbours in alphabetical order, or a text likewise."""
        if documents.of_text:
            yield from sequence_parts(documents, self.block_size, size)
        else:
            for part in prefix_parts(documents, self.vocab_size, self.block_size, size):
                assert isinstance(part.table, PrefixTable)
                yield replace(part, table=self.arrange(part.table))

    def contexts(self, documents: Documents) -> list[tuple[list[int], int]]:
        """Spell out the prefix of every prediction, from the boundary on, and what comes next."""
        inputs, targets, _ = pad(documents, self.block_size)
        places = np.argwhere(targets >= 0).tolist()
        return [(inputs[s, : t + 1].tolist(), int(targets[s, t])) for s, t in places]

    def prepare(self, documents: Documents) -> Prepared:
        """Put the documents of a whole split in order, where there is room."""
        return PreparedText() if isinstance(documents, Text) else PreparedLines(self, documents)

    def trim(self, context: Tensor) -> Tensor:
        """Keep the last half block of contexts (B, T) that fill it, as `pad` does; or all."""
        if self.block_size is not None and context.shape[1] == self.block_size:
            return context[:, max(1, self.block_size // 2) :]
        return context


class PreparedLines:
    """The documents of a split, in alphabetical order where there is room."""

    def __init__(self, reader: PrefixReader, documents: Lines) -> None:
        self.reader = reader
        self.ordered: OrderedDocuments | None = None
        if documents.predictions <= MOST_NUMBERED:
            fits = reader.block_size is None or documents.longest <= reader.block_size
            if fits and len(documents) * documents.longest <= MOST_NUMBERED:
                self.ordered = OrderedDocuments(documents, reader.vocab_size)

    def alphabetical(self, pieces: Pieces) -> Pieces:
        """Put documents, or parts of them, in alphabetical order."""
        if self.ordered is not None:
            return pieces[np.argsort(self.ordered.ranks[pieces.rows])]
        return pieces[pieces.alphabetical_order(self.reader.vocab_size)]

    def table(self, pieces: Pieces) -> PrefixTable:
        """Make the tree of documents or parts of them."""
        if self.ordered is not None:
            return self.reader.arrange(self.ordered.table(pieces.rows))
        return self.reader.table_of(pieces)


def prefix_tables(
    documents: Documents, vocab_size: int, block_size: int | None, size: int
) -> Iterator[PrefixTable]:
    """Cover documents with tables of sequences that take at most `size` tokens once padded.

    A sequence longer than that is a table by itself.
    """
    for chunk in documents.chunks(CHUNK, cut_for(block_size)):
        blocks = in_blocks(chunk, block_size)
        # sequences of like length together
        blocks = blocks[np.argsort(blocks.pieces.sizes, kind="stable")]
        lengths, start = blocks.pieces.sizes, 0
        while start < len(lengths):
            tokens = lengths[start:] * np.arange(1, len(lengths) - start + 1)
            end = start + max(1, int(np.searchsorted(tokens, size, side="right")))
            yield _prefix_table(blocks[start:end], vocab_size)
            start = end


def prefix_parts(
    documents: Chunked, vocab_size: int, block_size: int | None, size: int
) -> Iterator[Part]:
    """Cover documents likewise, and number their predictions.

    Neighbours are in alphabetical order here, not of like length: they share more, and so there are
    fewer contexts, but more of a padded row is empty.
    """
    done = 0
    for chunk in documents.chunks(CHUNK, cut_for(block_size)):
        whole = in_blocks(chunk, block_size)
        rows = max(1, MOST_NUMBERED // whole.width)
        for first in range(0, len(whole), rows):
            blocks = whole[first : first + rows]
            for part in _parts_of(blocks, vocab_size, size):
                yield replace(part, predictions=part.predictions + done)
            done += int((blocks.pieces.sizes - blocks.skipped).sum())


def _parts_of(blocks: Blocks, vocab_size: int, size: int) -> Iterator[Part]:
    """Cover rows of tokens with trees, their predictions numbered from 0 on."""
    (inputs, targets), lengths = lay_out(blocks), blocks.pieces.sizes
    predicted = targets >= 0
    numbers = np.where(predicted, np.cumsum(predicted).reshape(predicted.shape) - 1, -1)
    order = _lexicographic_order(inputs)
    start = 0
    while start < len(order):
        some = order[start : start + max(1, size)]
        padded = np.maximum.accumulate(lengths[some]) * np.arange(1, len(some) + 1)
        some = some[: max(1, int(np.searchsorted(padded, size, side="right")))]
        start += len(some)
        longest = lengths[some].max()
        follows = targets[some, :longest]
        table, row = _tree_and_rows(inputs[some, :longest], follows, lengths[some], vocab_size)
        asked = follows >= 0
        yield Part(table, numbers[some, :longest][asked], row[asked], follows[asked])


def prefix_table(pieces: Pieces, vocab_size: int, block_size: int | None = None) -> PrefixTable:
    """Count what follows each distinct prefix.

    Args:
        pieces: documents or parts of them, at least one.
        vocab_size: number of different ids, the boundary included.
        block_size: the longest context a model takes, in tokens. A longer document is read as
            `in_blocks` reads it: in rows that overlap by half a block.
    """
    return _prefix_table(in_blocks(pieces, block_size), vocab_size)


class OrderedDocuments:
    """The documents of a whole corpus in alphabetical order, padded once.

    For the table of a batch they are neither padded nor sorted again.

    Attributes:
        ranks: int64 (documents,), the place of each in that order.
        inputs, targets, lengths: in that order, what `pad` returns.
    """

    def __init__(self, documents: Lines, vocab_size: int) -> None:
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


def _prefix_table(blocks: Blocks, vocab_size: int) -> PrefixTable:
    """Build the tree of rows of tokens."""
    inputs, targets = lay_out(blocks)
    order = _lexicographic_order(inputs)
    return _tree(inputs[order], targets[order], blocks.pieces.sizes[order], vocab_size)


def _tree(
    inputs: NDArray[np.integer], targets: NDArray[np.integer], lengths: Ints, vocab_size: int
) -> PrefixTable:
    """Build the tree of what `pad` returns, its sequences in lexicographic order."""
    return _tree_and_rows(inputs, targets, lengths, vocab_size)[0]


def _tree_and_rows(
    inputs: NDArray[np.integer], targets: NDArray[np.integer], lengths: Ints, vocab_size: int
) -> tuple[PrefixTable, Ints]:
    """Build the tree, and give the row at each place of the sequences, int64 (S, T)."""
    inside = np.arange(inputs.shape[1]) < lengths[:, None]

    # in sorted order a prefix is new exactly where it differs from the sequence just before
    same = (inputs[1:] == inputs[:-1]) & inside[1:] & inside[:-1]
    shared = np.logical_and.accumulate(same, axis=1)
    new = inside.copy()
    new[1:] &= ~shared
    # A row's number is how many new prefixes come before it, counted position by position and, at
    # each, sequence by sequence: so rows stand in order of depth. A prefix that is not new gets the
    # number of the last new one above it, which is the row that it shares.
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
    table = PrefixTable(
        *count_pairs(row[counted], targets[counted].astype(np.int64), vocab_size),
        tokens=torch.from_numpy(inputs[sources, depths].astype(np.int64)),
        depths=torch.from_numpy(depths),
        parents=torch.from_numpy(parents),
        sequences=torch.from_numpy(sequences),
        places=torch.from_numpy(places),
    )
    return table, row


def _lexicographic_order(inputs: Ints) -> Ints:
    """Order in which rows (S, T) of ids below 2**32 are sorted, a prefix before what it begins.

    Big-endian bytes compare as the numbers do, so a row is sorted as one string of bytes.
    """
    digits = np.ascontiguousarray(inputs, dtype=">u1" if inputs.max(initial=0) < 256 else ">u4")
    return np.argsort(digits.view(f"S{digits.strides[0]}").reshape(-1), kind="stable")
