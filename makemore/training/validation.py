"""The validation of a training: the same split, or the same part of it, again and again."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice

import numpy as np

from makemore.compute.processes import Processes
from makemore.compute.threads import Workers
from makemore.contexts.tables import Part, Table
from makemore.corpus.documents import Documents
from makemore.errors import StoppedError
from makemore.evaluation.losses import Evaluation, Item, evaluate, tables, until
from makemore.models.base import Model
from makemore.training.subset import Subset

MOST_KEPT = 2**20
"""Predictions of a split whose tables are kept: they take up to some 130 bytes each."""


class Validation:
    """Measures a model on a split. What can be made once is kept for the next time.

    Attributes:
        documents: the whole split.
        subset: what of it is measured; None: all.
        should_stop: asked between the tables, and `StoppedError` is raised then.
        watch: told what share is done.
    """

    def __init__(
        self,
        model: Model,
        documents: Documents,
        subset: Subset | None,
        workers: Workers,
        processes: Processes,
    ) -> None:
        """Measure by workers, where there are several processes each a share."""
        self.model = model
        self.documents = documents
        self.subset = subset
        self.workers = workers
        self.processes = processes
        self.should_stop: Callable[[], bool] = lambda: False
        self.watch: Callable[[float], None] = lambda share: None

    def run(self) -> Evaluation | None:
        """Compute the loss: exact, or that of the subset, with its `error`; None: no documents.

        Raises:
            StoppedError: `should_stop` said so, here or in another process.
        """
        documents, subset = self.documents, self.subset
        if not len(documents):
            return None
        if subset is None:
            (loss,) = self._add_up(self._own_loss, 1)
            return Evaluation(len(documents), documents.predictions, loss)
        losses = self._add_up(lambda: self._own_losses(subset), len(subset.pieces))
        return subset.estimate(np.array(losses))

    @cached_property
    def _kept_tables(self) -> Sequence[Table] | None:
        """This process's tables of the split, made once; None where there would be too many."""
        if self.documents.predictions > MOST_KEPT:
            return None
        return list(until(self.should_stop, self._new_tables()))

    def _new_tables(self) -> Iterator[Table]:
        return self._own(tables(self.model, self.documents, self.workers.n * self.processes.n))

    @cached_property
    def _kept_parts(self) -> Sequence[Part] | None:
        """The subset likewise."""
        if self.subset is None or self.subset.predictions > MOST_KEPT:
            return None
        return list(until(self.should_stop, self._new_parts(self.subset)))

    def _new_parts(self, subset: Subset) -> Iterator[Part]:
        return self._own(subset.parts(self.model, self.workers.n * self.processes.n))

    def _own_loss(self) -> list[float]:
        """Compute what this process's tables add to the loss of the split."""
        kept = self._kept_tables
        own = self._new_tables() if kept is None else kept
        should_stop, watch = self.should_stop, self._watch_all
        found = evaluate(self.model, self.documents, own, self.workers, should_stop, watch)
        return [found.loss]

    def _own_losses(self, subset: Subset) -> list[float]:
        """Compute what they add to the loss of each document of a subset."""
        kept = self._kept_parts
        own = self._new_parts(subset) if kept is None else kept
        found = subset.losses(self.model, own, self.workers, self.should_stop, self._watch_all)
        return [float(loss) for loss in found]

    def _own(self, made: Iterator[Item]) -> Iterator[Item]:
        """Take every n-th, which are this process's."""
        return islice(made, self.processes.rank, None, self.processes.n)

    def _watch_all(self, share: float) -> None:
        """Tell of all, where this process has its share of it."""
        self.watch(min(1.0, share * self.processes.n))

    def _add_up(self, compute: Callable[[], list[float]], n: int) -> list[float]:
        """Add up the n numbers that each process computes; if one stops, all do."""
        if self.processes.n == 1:
            return compute()
        numbers, stopped = [0.0] * n, 0.0
        try:
            numbers = compute()
        except StoppedError:
            stopped = 1.0
        stopped, *numbers = self.processes.add_numbers(stopped, *numbers)
        if stopped:
            raise StoppedError
        return numbers
