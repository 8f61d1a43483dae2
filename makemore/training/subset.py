"""A part of a split that tells its loss, and how far that may be off.

Where a split is large, all of it would take longer than the steps between two validations. So some
of its documents are drawn once, by the seed, and each validation measures those: the same ones, so
that two losses of a training can be compared.

What is drawn is documents, or, where one is long, parts of it, each read with the context that it
has in an evaluation of the whole. Characters of one part are not independent, and so the standard
error is that of a sample of parts: the ratio estimator (Cochran 1977, "Sampling Techniques", 3rd
edition, 2.11), for a sample without replacement.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from makemore.compute.permutation import permute
from makemore.compute.threads import Workers
from makemore.contexts.tables import Part
from makemore.corpus.documents import Documents
from makemore.corpus.predictions import Chosen, Pieces
from makemore.errors import StoppedError
from makemore.evaluation.losses import Done, Evaluation, Watch, contexts_at_a_time
from makemore.evaluation.scores import Floats, Predictions, predict_part
from makemore.models.base import Model
from makemore.recipe import TrainingSettings
from makemore.training.batches import Batches, CutDocuments

FEWEST = 2**16
"""Predictions of a subset, unless told otherwise: a standard error of about 0.005 nats."""
SHARE = 0.1
"""Of the predictions that are trained on between two validations. In an evaluation one takes from a
tenth of the time of training to six tenths: validations take 6% of it at most, unless `FEWEST` is
more."""


@dataclass(frozen=True)
class Subset:
    """Some documents of a split, or parts of long ones.

    Attributes:
        pieces: those that were drawn, in the order of the split, at least two.
        of_text: whether they are of one long text.
        available: from how many they were drawn.
    """

    pieces: Pieces
    of_text: bool
    available: int

    @property
    def predictions(self) -> int:
        """Count the predictions."""
        return self.pieces.predictions

    def parts(self, model: Model, parts: int = 1) -> Iterator[Part]:
        """Cover the subset with tables, at least so many."""
        size = contexts_at_a_time(model, self.of_text, self.predictions, parts)
        return model.reader.parts(Chosen(self.pieces, self.of_text), size)

    def losses(
        self,
        model: Model,
        covering: Iterable[Part],
        workers: Workers,
        should_stop: Callable[[], bool] = lambda: False,
        watch: Watch = lambda share: None,
    ) -> Floats:
        """Compute the sum of -log p over each document or part, float64 (pieces,), in nats.

        Args:
            model: left in the mode, training or not, that it was in.
            covering: of `parts`; predictions that they lack count as 0.
            workers: who go through them.
            should_stop: asked before each.
            watch: told what share of them is done.

        Raises:
            StoppedError: `should_stop` said so.
        """
        n = self.predictions
        found = Predictions(np.zeros(n), np.empty((n, 0), dtype=np.int64), np.empty((n, 0)))
        done = Done(n, watch)

        def measure(part: Part) -> None:
            if should_stop():
                raise StoppedError
            predict_part(model, found, part)
            done.add(len(part.predictions))

        with model.evaluating():
            workers.each(measure, covering)
        ends = np.cumsum(self.pieces.sizes)
        return np.add.reduceat(found.losses, ends - self.pieces.sizes)

    def estimate(self, losses: Floats) -> Evaluation:
        """Estimate the loss of the split from what `losses` gives, with its standard error."""
        sizes, n = self.pieces.sizes, len(self.pieces)
        loss = float(losses.sum() / sizes.sum())
        if not math.isfinite(loss):
            return Evaluation(n, self.predictions, loss, error=math.nan)
        off = losses - loss * sizes
        variance = float(off @ off) / (n - 1) * (1 - n / self.available) / n
        return Evaluation(n, self.predictions, loss, error=math.sqrt(variance) / sizes.mean())


def enough(model: Model, settings: TrainingSettings, batches: Batches, split: Documents) -> int:
    """Say how many predictions of a split a validation measures; 0: all.

    Unless the settings tell, validations take a few percent of the time. A split that is not twice
    as large is taken whole, and so is any where there is one validation alone.
    """
    if settings.eval_predictions is not None:
        return settings.eval_predictions
    trained = batches.predictions * settings.eval_interval
    few = max(FEWEST, round(SHARE * trained))
    return 0 if model.closed_form or split.predictions <= 2 * few else few


def draw(model: Model, split: Documents, predictions: int, seed: int) -> Subset | None:
    """Draw documents, or parts of long ones, until they hold so many predictions.

    It is a pure function of its arguments. More predictions take the same documents, and others.

    Args:
        model: whose reader says where a document may be cut.
        split: to draw from.
        predictions: at least so many; 0: all.
        seed: which of the many subsets.

    Returns:
        The subset; None where it would be the whole split.
    """
    if not 0 < predictions < split.predictions:
        return None
    source = CutDocuments(split, model.reader.cut)
    n = 1 + math.ceil(predictions * len(source) / split.predictions)
    while n < len(source):
        numbers = permute(np.arange(n), len(source), seed, 0, 2)
        reached = np.cumsum(source.pieces(numbers).sizes)
        if reached[-1] >= predictions:
            numbers = numbers[: max(2, int(np.searchsorted(reached, predictions)) + 1)]
            return Subset(source.pieces(np.sort(numbers)), split.of_text, len(source))
        n *= 2
    return None
