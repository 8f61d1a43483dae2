"""Tables for models that see the last k characters, no more."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from makemore.contexts.tables import MOST_NUMBERED, Part, Table, count_pairs
from makemore.corpus.documents import Documents, Ints, Lines


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
class WindowReader:
    """Reads the last `context_length` characters, at least 1."""

    context_length: int
    vocab_size: int

    @property
    def window_size(self) -> int:
        """A model that sees no more than a window is trained on the one prediction after it."""
        return 1

    def table(self, documents: Documents) -> WindowTable:
        """Make the table of all distinct windows."""
        return window_table(documents, self.context_length, self.vocab_size)

    def tables(self, documents: Documents, size: int) -> Iterator[WindowTable]:
        """Cut the table of all into tables of at most `size` windows."""
        yield from slices(self.table(documents), size)

    def parts(self, documents: Documents, size: int) -> Iterator[Part]:
        """Cut the table of all likewise, and number its predictions."""
        everything = np.arange(documents.predictions)
        reads = (self.context_length, self.vocab_size)
        contexts, row = _distinct_windows(documents, *reads, everything)
        table = _window_table(contexts, row, documents.targets, self.vocab_size)
        order = np.argsort(row, kind="stable")  # the predictions of a slice, side by side
        for number, part in enumerate(slices(table, size)):
            first, end = np.searchsorted(row[order], [number * size, (number + 1) * size])
            chosen = order[first:end]
            yield Part(part, chosen, row[chosen] - number * size)

    def contexts(self, documents: Documents) -> list[tuple[list[int], int]]:
        """Spell out the window of every prediction, oldest character first, and what comes next."""
        everything = np.arange(documents.predictions)
        distinct = _distinct_windows(documents, self.context_length, self.vocab_size, everything)
        windows, row = distinct
        return list(zip(windows[row].tolist(), documents.targets.tolist(), strict=True))

    def prepare(self, documents: Documents) -> "PreparedWindows":
        """Number the windows of a whole split, where there is room."""
        return PreparedWindows(self, documents)

    def trim(self, context: Tensor) -> Tensor:
        """Keep of contexts (B, T) what is still in the window of the next token."""
        return context[:, max(0, context.shape[1] - self.context_length + 1) :]


class PreparedWindows:
    """The windows of a split, numbered where there is room."""

    def __init__(self, reader: WindowReader, documents: Documents) -> None:
        self.reader = reader
        self.documents = documents
        self.numbered: NumberedWindows | None = None
        if documents.predictions <= MOST_NUMBERED:
            self.numbered = NumberedWindows(documents, reader.context_length, reader.vocab_size)

    @cached_property
    def ranks(self) -> Ints | None:
        """Place of each document in alphabetical order; None for a text."""
        if not isinstance(self.documents, Lines):
            return None
        return self.documents.alphabetical_ranks(self.reader.vocab_size)

    def table(self, rows: Ints) -> WindowTable:
        """Make the table of the documents, or of the predictions of a text, at the given rows."""
        chosen = self.documents.predictions_of(rows)
        if self.numbered is not None:
            return self.numbered.table(chosen)
        reader = self.reader
        return window_table(self.documents, reader.context_length, reader.vocab_size, chosen)


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
    contexts, row = _distinct_windows(documents, context_length, vocab_size, chosen)
    return _window_table(contexts, row, documents.targets[chosen], vocab_size)


def _window_table(contexts: Ints, row: Ints, targets: Ints, vocab_size: int) -> WindowTable:
    """Make the table of distinct windows (N, k), and of each prediction its row and target."""
    return WindowTable(*count_pairs(row, targets, vocab_size), torch.from_numpy(contexts))


class NumberedWindows:
    """The windows of a whole corpus, numbered once: the table of a batch is then a mere count."""

    def __init__(self, documents: Documents, context_length: int, vocab_size: int) -> None:
        everything = np.arange(documents.predictions)
        contexts, row = _distinct_windows(documents, context_length, vocab_size, everything)
        pairs, pair = np.unique(row * vocab_size + documents.targets, return_inverse=True)
        self.rows, self.targets = np.divmod(pairs, vocab_size)
        # the smaller the numbers, the more of them in the cache
        self.contexts = contexts.astype(np.min_scalar_type(vocab_size))
        self.pair = pair.astype(np.min_scalar_type(len(pairs)))

    def table(self, chosen: Ints) -> WindowTable:
        """Make the table of some predictions, as `window_table` does."""
        pairs, occurrences = np.unique(self.pair[chosen], return_counts=True)
        rows = self.rows[pairs]
        new = np.append(True, rows[1:] > rows[:-1])  # the first pair of a context
        return WindowTable(
            torch.from_numpy(np.cumsum(new) - 1),
            torch.from_numpy(self.targets[pairs]),
            torch.from_numpy(occurrences),
            len(chosen),
            torch.from_numpy(self.contexts.take(rows[new], axis=0).astype(np.int64)),
        )


def _distinct_windows(
    documents: Documents, context_length: int, vocab_size: int, chosen: Ints
) -> tuple[Ints, Ints]:
    """Find the distinct windows, (N, k) in order, and which one each prediction has, (chosen,)."""
    positions = documents.positions[chosen]
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
    distinct, row = np.unique(keys, return_inverse=True)
    one = np.empty(len(distinct), dtype=np.int64)  # an occurrence of each, whichever
    one[row] = np.arange(len(row))
    return contexts[one], row


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
