"""Which part of the corpus stands in a step's batch: a pure function of it, seed, step and rank.

So a resumed run needs no iterator state, and several processes agree on their shares without a
word between them.
"""

import math
from functools import cached_property, lru_cache

import numpy as np

from makemore.config import TrainingSettings
from makemore.contexts.prefixes import Prefixes
from makemore.contexts.windows import Table, Windows
from makemore.corpus.vocabulary import Documents, Ints
from makemore.models.base import Model

MOST_NUMBERED = 2**22
"""Predictions, or places once padded, of a corpus that is kept in order. To put it in order takes
up to 40 bytes a place, or 90 and 8 more for each character of a window."""


class Batches:
    """The batches of a training split: of its documents, or of the windows of one long text.

    Attributes:
        available: how many documents or windows there are.
        size: how many stand in a batch, no more than there are.
        parts: into how many tables a batch is cut.
    """

    def __init__(
        self, model: Model, documents: Documents, settings: TrainingSettings, parts: int = 1
    ) -> None:
        self.model = model
        self.documents = documents
        self.seed = settings.seed
        self.available = len(documents)
        if documents.text:
            self.available = n_windows(documents.predictions, model.window_size)
        self.size = min(settings.batch_size or self.available, self.available)
        self.parts = min(parts, self.size)
        self.ranks: Ints | None = None
        if self.parts > 1 and not documents.text:
            ordered = self.prefixes
            self.ranks = (
                ordered.ranks
                if ordered is not None
                else alphabetical_ranks(documents, model.vocab_size)
            )
        # a batch of all documents, or of all predictions, is the same at every step
        whole = self.size == (documents.predictions if documents.text else len(documents))
        self.whole: list[Table] | None = None
        if whole and not model.closed_form:
            self.whole = [self._make(0, part) for part in range(self.parts)]

    @cached_property
    def windows(self) -> Windows | None:
        """Give the windows of the split, where the model reads windows and there is room."""
        if self.model.context_length is None or self.documents.predictions > MOST_NUMBERED:
            return None
        return Windows(self.documents, self.model.context_length, self.model.vocab_size)

    @cached_property
    def prefixes(self) -> Prefixes | None:
        """Give the documents in order, where the model reads all of each and there is room."""
        documents, block = self.documents, self.model.block_size
        if self.model.context_length is not None or documents.text:
            return None
        longest = int(documents.lengths.max()) + 1
        if longest > (block or longest) or len(documents) * longest > MOST_NUMBERED:
            return None
        return Prefixes(documents, self.model.vocab_size)

    def table(self, step: int, part: int = 0) -> Table:
        """Make the table of a part of a step's batch."""
        return self._make(step, part) if self.whole is None else self.whole[part]

    def _make(self, step: int, part: int) -> Table:
        documents = self.documents
        if documents.text:
            rows = window_starts(
                documents.predictions, self.model.window_size, self.size, self.seed, step
            )
        else:
            rows = batch_rows(self.available, self.size, self.seed, step)
        if self.ranks is not None:  # what begins alike goes to one part, to share its beginning
            rows = rows[np.argsort(self.ranks[rows])]
        if self.parts > 1:
            rows = np.array_split(rows, self.parts)[part]
        if self.windows is not None:
            chosen = rows if documents.text else documents.predictions_of(rows)
            table: Table = self.windows.table(chosen)
        elif self.prefixes is not None:
            table = self.model.arrange(self.prefixes.table(rows))
        elif documents.text:
            table = self.model.text_table(documents, rows)
        else:
            table = self.model.table(documents.select(rows))
        return table.to(self.model.device)


def alphabetical_ranks(documents: Documents, vocab_size: int) -> Ints:
    """Place of each document among all of them in the order of their beginnings, int64 (rows,).

    A beginning is as many characters as one 64-bit number holds, a digit each.
    """
    keys = np.zeros(len(documents), dtype=np.int64)
    for position in range(int(63 / math.log2(max(vocab_size, 2)))):
        inside = documents.lengths > position
        keys *= vocab_size
        keys[inside] += documents.ids[documents.offsets[:-1][inside] + position]
    return np.argsort(np.argsort(keys, kind="stable"))


def batch_rows(
    n_rows: int, batch_size: int, seed: int, step: int, rank: int = 0, world_size: int = 1
) -> Ints:
    """Rows of the documents in a batch, int64 (batch_size,).

    The batches of all ranks, step after step, run through shuffled epochs: each document comes
    once in every epoch, and each epoch has an order of its own. A batch may cross from one epoch
    into the next.
    """
    epochs = _rows_by_epoch(n_rows, batch_size, seed, step, rank, world_size)
    return np.concatenate(list(epochs.values()))


def n_windows(predictions: int, window_size: int) -> int:
    """How many windows side by side a text has room for, wherever the first one begins."""
    return max(1, (predictions - window_size + 1) // window_size)


def window_starts(
    predictions: int,
    window_size: int,
    batch_size: int,
    seed: int,
    step: int,
    rank: int = 0,
    world_size: int = 1,
) -> Ints:
    """First predictions of the windows in a batch, int64 (batch_size,).

    Every epoch cuts the text into windows side by side, each epoch from another place on, and
    goes through them in an order of its own.
    """
    n = n_windows(predictions, window_size)
    slack = max(0, predictions - n * window_size)
    epochs = _rows_by_epoch(n, batch_size, seed, step, rank, world_size)
    return np.concatenate(
        [
            rows * window_size + np.random.default_rng([seed, epoch, 1]).integers(slack + 1)
            for epoch, rows in epochs.items()
        ]
    )


def _rows_by_epoch(
    n_rows: int, batch_size: int, seed: int, step: int, rank: int, world_size: int
) -> dict[int, Ints]:
    start = (step * world_size + rank) * batch_size
    end = start + batch_size
    return {
        epoch: _shuffled(n_rows, seed, epoch)[max(0, start - epoch * n_rows) : end - epoch * n_rows]
        for epoch in range(start // n_rows, (end - 1) // n_rows + 1)
    }


@lru_cache(maxsize=2)
def _shuffled(n_rows: int, seed: int, epoch: int) -> Ints:
    return np.random.default_rng([seed, epoch]).permutation(n_rows)
