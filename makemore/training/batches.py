"""Chooses the documents of each step's batch: a pure function of corpus, seed, step and rank.

So a resumed run needs no iterator state, and several processes agree on their shares without a
word between them.
"""

import math
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

import numpy as np

from makemore.compute.permutation import permute
from makemore.contexts.tables import Prepared, Table
from makemore.corpus.documents import Documents, Text
from makemore.corpus.predictions import Cut, Ints, Pieces
from makemore.models.base import Model
from makemore.recipe import TrainingSettings

PIECE = 256
"""Predictions of a document, about, that are trained on together. It is as long as the longest
block that a model has unless told otherwise, so that what fits a block is never cut."""
MOST_PREDICTIONS = 2**14
"""Of a batch, in the mean, where there are long documents."""
LOGITS_OF_PART = 2**24
"""Logits of a table of a step (64 MiB in fp32)."""
LOGITS_OF_WHOLE = 2**26
"""Logits of a table of a step, where the model's loss is of the batch as a whole (256 MiB in fp32).
A larger batch is cut all the same, and batch normalisation then takes each part by itself."""
STRETCH = 2**13
"""Places of an order that are computed at once."""


class Batches:
    """The batches of a training split: of its documents, or of the windows of one long text.

    A document of more than about `PIECE` predictions counts as several. It is cut where the
    model's reader cuts it, so that each prediction keeps the context that it has in an evaluation;
    and a part is drawn as a document is, once in every epoch. So the gradient of a batch is that of
    the mean over all predictions of the split, unbiased as before. And a batch that would have more
    than `MOST_PREDICTIONS` takes fewer of them.

    Attributes:
        available: how many documents, parts of them, or windows there are.
        size: how many stand in a batch, no more than there are.
        parts: into how many tables a batch is cut.
    """

    def __init__(
        self, model: Model, documents: Documents, settings: TrainingSettings, workers: int = 1
    ) -> None:
        self.model = model
        self.documents = documents
        self.seed = settings.seed
        self.rounds = settings.grad_accumulation
        self.source: TextWindows | CutDocuments
        if isinstance(documents, Text):
            self.source = TextWindows(documents, model.reader.window_size)
        else:
            self.source = CutDocuments(documents, model.reader.cut)
        self.available = len(self.source)
        size = settings.batch_size or self.available
        if settings.batch_size and self.source.has_parts:
            mean = documents.predictions / self.available
            size = min(size, max(1, round(MOST_PREDICTIONS / mean)))
        self.size = min(size, self.available)
        self.parts = self._parts(workers)
        # a batch of all documents, or of all predictions, is the same at every step
        self.whole: list[Table] | None = None
        if self.size == self.available and self.source.repeats and not model.closed_form:
            self.whole = list(self._make(0, range(self.parts)))

    @property
    def predictions(self) -> float:
        """How many predictions stand in a batch, in the mean."""
        return self.documents.predictions * self.size / self.available

    def _parts(self, workers: int) -> int:
        """Say into how many tables a batch is cut: as asked of each worker, or as memory asks."""
        logits = self.predictions * max(self.model.vocab_size, 256)
        most = LOGITS_OF_PART if self.model.divisible else LOGITS_OF_WHOLE
        rounds = max(self.rounds, math.ceil(logits / (most * workers)))
        return max(1, min(rounds * workers, self.size))

    @cached_property
    def prepared(self) -> Prepared:
        """Make the split ready when the first batch is asked for: a closed form asks for none."""
        return self.model.reader.prepare(self.documents)

    def tables(self, step: int, parts: Iterable[int] | None = None) -> Iterator[Table]:
        """Make the tables of a step's batch, when it is their turn.

        Args:
            step: of the training.
            parts: the numbers of those that are wanted; None: all.
        """
        parts = range(self.parts) if parts is None else parts
        return self._make(step, parts) if self.whole is None else (self.whole[n] for n in parts)

    def some(self, predictions: int) -> Table:
        """Make the table of about so many predictions from the first batch, one document at least.

        It is the same each time.
        """
        n = max(1, round(predictions * self.available / self.documents.predictions))
        return self._table(self.source.batch(self.size, self.seed, 0)[:n])

    def spread(self, n: int) -> Table:
        """Make the table of n documents, parts or windows at even distances, or of all."""
        numbers = np.linspace(0, self.available - 1, min(n, self.available)).astype(np.int64)
        return self._table(self.source.pieces(np.unique(numbers)))

    def _table(self, pieces: Pieces) -> Table:
        return self.prepared.table(pieces).to(self.model.device)

    def _make(self, step: int, parts: Iterable[int]) -> Iterator[Table]:
        pieces = self.source.batch(self.size, self.seed, step)
        if self.parts > 1:  # what begins alike goes to one part, to share its beginning
            pieces = self.prepared.alphabetical(pieces)
        rows = np.array_split(np.arange(len(pieces)), self.parts)
        for part in parts:
            yield self._table(pieces[rows[part]])


class CutDocuments:
    """Documents, of which those that are long count as several parts; a text is a long one.

    They are numbered: first all documents, which are whole, or the first part of a long one; then
    the further parts.

    Attributes:
        repeats: whether each epoch has the same parts.
        has_parts: whether any document counts as several.
    """

    repeats = True

    def __init__(self, documents: Documents, cut: Cut) -> None:
        self.documents = documents
        self.first, self.each = cut.sizes(PIECE)
        self.long = documents.longer_than(self.first) if cut.first else np.zeros(0, np.int64)
        self.has_parts = len(self.long) > 0
        left = documents.pieces(self.long).sizes - self.first
        self.ends = np.cumsum(-(-left // self.each))  # of the numbers of each one's further parts

    def __len__(self) -> int:
        """Count the documents and the further parts."""
        return len(self.documents) + int(self.ends[-1] if len(self.ends) else 0)

    def batch(self, size: int, seed: int, step: int) -> Pieces:
        """Take the documents, or parts, of a batch."""
        return self.pieces(batch_rows(len(self), size, seed, step))

    def pieces(self, numbers: Ints) -> Pieces:
        """Take the documents, or parts, of the given numbers."""
        if not self.has_parts:
            return self.documents.pieces(numbers)
        further = numbers - len(self.documents)
        of = np.searchsorted(self.ends, further, side="right")  # 0 for those that are documents
        part = further - np.append(0, self.ends)[of]  # 0, 1, … of the further ones
        rows = np.where(further < 0, numbers, self.long[of])
        begin = np.where(further < 0, 0, self.first + part * self.each)
        return self.documents.parts(
            rows, begin, np.where(further < 0, self.first, begin + self.each)
        )


class TextWindows:
    """The windows of one long text.

    Attributes:
        repeats: whether each epoch has the same windows: only those of one prediction.
        has_parts: a window is never cut.
    """

    has_parts = False

    def __init__(self, text: Text, window_size: int) -> None:
        self.text = text
        self.window_size = window_size
        self.repeats = window_size == 1

    def __len__(self) -> int:
        """Count the windows side by side that the text has room for."""
        return n_windows(self.text.predictions, self.window_size)

    def batch(self, size: int, seed: int, step: int) -> Pieces:
        """Take the windows of a batch."""
        starts = window_starts(self.text.predictions, self.window_size, size, seed, step)
        return self.text.windows(starts, self.window_size)

    def pieces(self, numbers: Ints) -> Pieces:
        """Take windows by their numbers, the first from the first character on."""
        return self.text.windows(numbers * self.window_size, self.window_size)


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
    found = {}
    for epoch in range(start // n_rows, (end - 1) // n_rows + 1):
        first = max(0, start - epoch * n_rows)
        found[epoch] = _in_order(n_rows, seed, epoch, first, min(n_rows, end - epoch * n_rows))
    return found


def _in_order(n_rows: int, seed: int, epoch: int, first: int, end: int) -> Ints:
    """Give what stands from place `first` up to `end` in the order of an epoch."""
    begin = first // STRETCH
    stretches = range(begin, (end - 1) // STRETCH + 1)
    found = [_stretch(n_rows, seed, epoch, number) for number in stretches]
    return np.concatenate(found)[first - begin * STRETCH : end - begin * STRETCH]


@lru_cache(maxsize=4)
def _stretch(n_rows: int, seed: int, epoch: int, number: int) -> Ints:
    """Give a stretch of the order of an epoch: several batches at once cost less than each."""
    places = np.arange(number * STRETCH, min(n_rows, (number + 1) * STRETCH))
    return permute(places, n_rows, seed, epoch)
