"""Tables for models that see the last k characters, no more."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from makemore.contexts.tables import CHUNK, MOST_NUMBERED, Part, Table, count_pairs
from makemore.corpus.documents import Documents
from makemore.corpus.predictions import BOUNDARY, Chunked, Cut, Ints, Pieces


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

    @property
    def cut(self) -> Cut:
        """A document may be cut anywhere: a window reaches back over the cut."""
        return Cut()

    def table(self, documents: Documents) -> WindowTable:
        """Make the table of all distinct windows."""
        found: list[WindowTable] = []  # the first is the sum of many, and larger than the others
        for chunk in documents.chunks(CHUNK, self.cut):
            found.append(self.table_of(chunk))
            if sum(len(table.contexts) for table in found[1:]) > len(found[0].contexts):
                found = [merge(found, self.vocab_size)]
        return merge(found, self.vocab_size)

    def table_of(self, pieces: Pieces) -> WindowTable:
        """Make the table of the distinct windows of some pieces."""
        return window_table(pieces, self.context_length, self.vocab_size)

    def tables(self, documents: Documents, size: int) -> Iterator[WindowTable]:
        """Cut the table of all, or of a chunk of many, into tables of at most `size` windows."""
        for chunk in documents.chunks(CHUNK, self.cut):
            yield from slices(self.table_of(chunk), size)

    def parts(self, documents: Chunked, size: int) -> Iterator[Part]:
        """Cut the tables likewise, and number their predictions."""
        done = 0
        for chunk in documents.chunks(CHUNK, self.cut):
            contexts, row = _distinct_windows(chunk, self.context_length, self.vocab_size)
            targets = chunk.targets
            table = _window_table(contexts, row, targets, self.vocab_size)
            order = np.argsort(row, kind="stable")  # the predictions of a slice, side by side
            for number, part in enumerate(slices(table, size)):
                first, end = np.searchsorted(row[order], [number * size, (number + 1) * size])
                chosen = order[first:end]
                yield Part(part, done + chosen, row[chosen] - number * size, targets[chosen])
            done += len(row)

    def contexts(self, documents: Documents) -> list[tuple[list[int], int]]:
        """Spell out the window of every prediction, oldest character first, and what comes next."""
        pieces = documents.pieces()
        windows, row = _distinct_windows(pieces, self.context_length, self.vocab_size)
        return list(zip(windows[row].tolist(), pieces.targets.tolist(), strict=True))

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
        self.of_text = documents.of_text
        self.numbered: NumberedWindows | None = None
        if documents.predictions <= MOST_NUMBERED:
            self.numbered = NumberedWindows(
                documents.pieces(), reader.context_length, reader.vocab_size
            )

    def alphabetical(self, pieces: Pieces) -> Pieces:
        """Put documents in alphabetical order, and leave the predictions of a text as they are."""
        if self.of_text:
            return pieces
        return pieces[pieces.alphabetical_order(self.reader.vocab_size)]

    def table(self, pieces: Pieces) -> WindowTable:
        """Make the table of documents or parts of them, or of predictions of a text."""
        if self.numbered is not None:
            return self.numbered.table(pieces.numbers)
        return self.reader.table_of(pieces)


def window_table(pieces: Pieces, context_length: int, vocab_size: int) -> WindowTable:
    """Count what follows each distinct window of `context_length` characters, at least 1.

    Args:
        pieces: documents or parts of them; a window reaches back to the start of its document.
        context_length: k.
        vocab_size: number of different ids, the boundary included.
    """
    contexts, row = _distinct_windows(pieces, context_length, vocab_size)
    return _window_table(contexts, row, pieces.targets, vocab_size)


def _window_table(contexts: Ints, row: Ints, targets: Ints, vocab_size: int) -> WindowTable:
    """Make the table of distinct windows (N, k), and of each prediction its row and target."""
    return WindowTable(*count_pairs(row, targets, vocab_size), torch.from_numpy(contexts))


class NumberedWindows:
    """The windows of a whole corpus, numbered once: the table of a batch is then a mere count."""

    def __init__(self, pieces: Pieces, context_length: int, vocab_size: int) -> None:
        contexts, row = _distinct_windows(pieces, context_length, vocab_size)
        pairs, pair = np.unique(row * vocab_size + pieces.targets, return_inverse=True)
        self.rows, self.targets = np.divmod(pairs, vocab_size)
        # the smaller the numbers, the more of them in the cache
        self.contexts = contexts.astype(np.min_scalar_type(vocab_size))
        self.pair = pair.astype(np.min_scalar_type(len(pairs)))
        self.first = int(pieces.numbers[0])

    def table(self, chosen: Ints) -> WindowTable:
        """Make the table of some predictions, by their numbers, as `window_table` does."""
        pairs, occurrences = np.unique(self.pair[chosen - self.first], return_counts=True)
        rows = self.rows[pairs]
        new = np.append(True, rows[1:] > rows[:-1])  # the first pair of a context
        return WindowTable(
            torch.from_numpy(np.cumsum(new) - 1),
            torch.from_numpy(self.targets[pairs]),
            torch.from_numpy(occurrences),
            len(chosen),
            torch.from_numpy(self.contexts.take(rows[new], axis=0).astype(np.int64)),
        )


def _distinct_windows(pieces: Pieces, context_length: int, vocab_size: int) -> tuple[Ints, Ints]:
    """Find the distinct windows, (N, k) in order, and which one each prediction has."""
    places, positions = pieces.places, pieces.positions
    reach = min(context_length, int(positions.max(initial=0)))  # before it stand boundaries alone
    columns = (
        pieces.tokens_before(places, positions, distance) for distance in reversed(range(reach))
    )
    one, row = _number_rows(columns, len(places), vocab_size)
    contexts = np.full((len(one), context_length), BOUNDARY, dtype=np.int64)
    places, positions = places[one], positions[one]
    for distance in range(reach):
        contexts[:, -1 - distance] = pieces.tokens_before(places, positions, distance)
    return contexts, row


def _number_rows(columns: Iterable[Ints], n: int, vocab_size: int) -> tuple[Ints, Ints]:
    """Number n rows of ids, in their order, equal ones alike; their columns come one by one.

    Returns:
        A place where each number stands, int64 (N,), whichever; and each row's number, int64 (n,).
    """
    # a row is a number with one digit a character, renumbered before it outgrows 64 bits
    keys = np.zeros(n, dtype=np.int64)
    size = 1
    for column in columns:
        if size > np.iinfo(np.int64).max // vocab_size:
            distinct, keys = np.unique(keys, return_inverse=True)
            size = len(distinct)
        keys = keys * vocab_size + column
        size *= vocab_size
    distinct, number = np.unique(keys, return_inverse=True)
    one = np.empty(len(distinct), dtype=np.int64)
    one[number] = np.arange(n)
    return one, number


def merge(tables: Sequence[WindowTable], vocab_size: int) -> WindowTable:
    """Add up tables, at least one, of the same context length."""
    if len(tables) == 1:
        return tables[0]
    contexts = np.concatenate([table.contexts.numpy() for table in tables])
    one, number = _number_rows(contexts.T, len(contexts), vocab_size)
    starts = np.cumsum([0, *(len(table.contexts) for table in tables)])
    of = [table.rows.numpy() + start for table, start in zip(tables, starts, strict=False)]
    targets = np.concatenate([table.targets.numpy() for table in tables])
    pairs, pair = np.unique(number[np.concatenate(of)] * vocab_size + targets, return_inverse=True)
    counts = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(counts, pair, np.concatenate([table.counts.numpy() for table in tables]))
    rows, follows = np.divmod(pairs, vocab_size)
    return WindowTable(
        torch.from_numpy(rows),
        torch.from_numpy(follows),
        torch.from_numpy(counts),
        sum(table.predictions for table in tables),
        torch.from_numpy(contexts[one]),
    )


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
