"""Where a document stands among others: those held out, and all that the model could write.

How many documents does the model think likelier than x? The likeliest are listed, so a small number
is exact. There are too many of the others. Some of them are drawn, all different, and each that is
likelier than x counts 1 / q, where q is the probability that it is drawn: an unbiased estimate with
a standard error (Horvitz & Thompson 1952), as `sampling.without_replacement` tells.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from makemore.corpus.vocabulary import Vocabulary
from makemore.evaluation.estimates import Estimate
from makemore.evaluation.scores import Floats, Score, score_documents
from makemore.models.base import Model
from makemore.sampling.how import make_generator
from makemore.sampling.likeliest import list_likeliest
from makemore.sampling.sampler import Sampler
from makemore.sampling.without_replacement import sample_with_inclusion

LISTED = math.log(10_000)
"""Documents of a smaller -log p are listed, in nats: so there are fewer than 10,000."""
DRAWN = 4_000
"""Documents that are drawn, to count the others with."""

SAME = 1e-4
"""Nats within which two log-probabilities are equal: what rounding may leave between them."""
RANKED_AT_A_TIME = 2**10
"""Scores that are looked up together: alone, each takes longer for it than to be scored."""
FEW = 30
"""With fewer drawn documents below x, those above it are no more than a beginning."""


@dataclass(frozen=True)
class Ranks:
    """What a document is compared with.

    Attributes:
        held_out: float64, the losses of the held-out documents, in nats a character, ascending.
        drawn: float64 (n,), -log p of drawn documents, all different, in nats, ascending.
        above: float64 (n + 1,), the sum of 1 / q of so many of them.
        variance: float64 (n + 1,), the sum of (1 - q) / q^2 likewise: that of `above`.
        all: whether no other document is possible.
    """

    held_out: Floats
    drawn: Floats
    above: Floats
    variance: Floats
    all: bool

    @classmethod
    def of(cls, losses: Sequence[float], drawn: Floats, inclusion: Floats, all: bool) -> "Ranks":
        """Put both in order: losses, and -log p with the probability q of each (n,)."""
        order = np.argsort(drawn)
        q = inclusion[order]
        above = np.concatenate([[0], np.cumsum(1 / q)])
        variance = np.concatenate([[0], np.cumsum((1 - q) / q**2)])
        return cls(np.sort(np.array(losses, dtype=np.float64)), drawn[order], above, variance, all)

    def percentile(self, loss: float) -> float | None:
        """Tell which share of the held-out documents has a larger loss, in percent.

        An equal one counts half. None where there are no held-out documents.
        """
        return self._percentiles([loss])[0]

    def likelier(self, nats: float) -> Estimate:
        """Tell how many documents are likelier than one of this -log p."""
        return self._likelier([nats])[0]

    def rank(self, scores: Iterable[Score]) -> Iterator[Score]:
        """Add to each score where it stands; some are looked up together."""
        remaining = iter(scores)
        while some := list(islice(remaining, RANKED_AT_A_TIME)):
            percentiles = self._percentiles([one.loss for one in some])
            likelier = self._likelier([one.nats for one in some])
            for one, percentile, more in zip(some, percentiles, likelier, strict=True):
                yield replace(one, percentile=percentile, likelier=more)

    def _percentiles(self, losses: Sequence[float]) -> Sequence[float | None]:
        n = len(self.held_out)
        if not n:
            return [None] * len(losses)
        low = np.searchsorted(self.held_out, np.array(losses) - SAME / 10)
        high = np.searchsorted(self.held_out, np.array(losses) + SAME / 10)
        percentiles: list[float] = (100 * (1 - (low + high) / 2 / n)).tolist()
        return percentiles

    def _likelier(self, nats: Sequence[float]) -> list[Estimate]:
        first = np.searchsorted(self.drawn, np.array(nats) - SAME)
        few = ~np.bool_(self.all) & (len(self.drawn) - first < FEW)
        columns = self.above[first], np.sqrt(self.variance[first]), few
        return list(map(Estimate, *(column.tolist() for column in columns)))


def find_ranks(
    model: Model, vocabulary: Vocabulary, held_out: Sequence[str], max_length: int, n: int = DRAWN
) -> Ranks:
    """Score the held-out documents, those that are listed and n that are drawn.

    The same model gives the same. A document of more than `max_length` characters is not
    counted, and neither is the empty one, since no document is empty.

    Args:
        model: of lines, left in the mode, training or not, that it was in.
        vocabulary: of the model.
        held_out: documents; may be none.
        max_length: of those that are counted, in characters.
        n: how many are drawn.
    """
    losses = [one.loss for one in score_documents(model, vocabulary, held_out)]
    drawn = sample_with_inclusion(model, vocabulary, n, make_generator(0), Sampler(max_length + 1))
    # All are scored on the path of the documents that they are compared with, so that the rounding
    # is the same.
    listed = list_likeliest(model, vocabulary, -LISTED - SAME, max_length)
    known = _nats(model, vocabulary, listed)
    kept = [i for i, one in enumerate(drawn.samples) if one.finished]
    nats = _nats(model, vocabulary, [drawn.samples[i] for i in kept])
    known, rest = known[known < LISTED], nats >= LISTED
    inclusion = np.concatenate([np.ones(len(known)), drawn.inclusion.numpy()[kept][rest]])
    cut = any(not one.finished for one in drawn.samples)
    return Ranks.of(losses, np.concatenate([known, nats[rest]]), inclusion, drawn.all and not cut)


def _nats(model: Model, vocabulary: Vocabulary, documents: Sequence[str]) -> Floats:
    return np.array([one.nats for one in score_documents(model, vocabulary, documents)])
