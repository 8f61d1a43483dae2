"""Chooses the documents of each step's batch: a pure function of corpus, seed, step and rank.

So a resumed run needs no iterator state, and several processes agree on their shares without a
word between them.
"""

from functools import cached_property, lru_cache, partial

import numpy as np

from makemore.contexts.tables import Prepared, Table
from makemore.corpus.documents import Documents, Ints, Text
from makemore.models.base import Model
from makemore.recipe import TrainingSettings


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
        if isinstance(documents, Text):
            of_all, window_size = documents.predictions, model.reader.window_size
            self.available = n_windows(of_all, window_size)
            self._choose = partial(window_starts, of_all, window_size)
        else:
            of_all = self.available = len(documents)
            self._choose = partial(batch_rows, of_all)
        self.size = min(settings.batch_size or self.available, self.available)
        self.parts = min(parts, self.size)
        # a batch of all documents, or of all predictions, is the same at every step
        self.whole: list[Table] | None = None
        if self.size == of_all and not model.closed_form:
            self.whole = [self._make(0, part) for part in range(self.parts)]

    @cached_property
    def prepared(self) -> Prepared:
        """Make the split ready when the first batch is asked for: a closed form asks for none."""
        return self.model.reader.prepare(self.documents)

    def table(self, step: int, part: int = 0) -> Table:
        """Make the table of a part of a step's batch."""
        return self._make(step, part) if self.whole is None else self.whole[part]

    def some(self, predictions: int) -> Table:
        """Make the table of about so many predictions from the first batch, one document at least.

        It is the same each time.
        """
        n = max(1, round(predictions * self.available / self.documents.predictions))
        rows = self._choose(self.size, self.seed, 0)[:n]
        return self.prepared.table(rows).to(self.model.device)

    def _make(self, step: int, part: int) -> Table:
        rows = self._choose(self.size, self.seed, step)
        if self.parts > 1:
            ranks = self.prepared.ranks
            if ranks is not None:  # what begins alike goes to one part, to share its beginning
                rows = rows[np.argsort(ranks[rows])]
            rows = np.array_split(rows, self.parts)[part]
        return self.prepared.table(rows).to(self.model.device)


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
