"""Exact losses, and what they mean."""

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import torch

from makemore.compute.threads import Workers
from makemore.contexts.tables import Table
from makemore.corpus.documents import Documents
from makemore.display import Grid, Shown
from makemore.errors import StoppedError
from makemore.models.base import Model, pair_losses

Item = TypeVar("Item")
Watch = Callable[[float], None]
"""Is told what share of some work is done, from 0 to 1."""

LOGITS_AT_A_TIME = 2**20
"""Logits of one table in an evaluation, which bounds its memory (4 MiB in fp32, and several times
that for what is between the layers). Documents share less in smaller tables."""
LOGITS_OF_TEXT_AT_A_TIME = 2**19
"""Pieces of a text share nothing, so that small tables cost no more, and stay in the cache."""
TABLES_AT_A_TIME = 4
"""For each worker."""


def bits_of(loss: float) -> float:
    """Give a loss in bits, from nats."""
    return loss / math.log(2)


def perplexity_of(loss: float) -> float:
    """Compute exp(loss); infinity where a float is too small for it."""
    return math.exp(loss) if loss < 700 else math.inf


@dataclass(frozen=True, repr=False)
class Evaluation(Shown):
    """How well a model predicts some documents.

    Attributes:
        documents: how many there are.
        predictions: every character and every document's end.
        loss: mean over the predictions of -log p(next character | context), in nats.
        error: its standard error, where these documents stand for others; 0: it is exact.
    """

    documents: int
    predictions: int
    loss: float
    error: float = 0.0

    @property
    def bits(self) -> float:
        """Loss in bits a character: what an ideal compressor driven by the model would need."""
        return bits_of(self.loss)

    @property
    def perplexity(self) -> float:
        """Among how many equally likely characters the model is left to choose: exp(loss)."""
        return perplexity_of(self.loss)

    def figures(self) -> dict[str, float | None]:
        """Name all that is measured; what is infinite is None, since JSON knows no infinity."""
        return {
            "documents": self.documents,
            "predictions": self.predictions,
            "loss": self.loss if math.isfinite(self.loss) else None,
            "bits": self.bits if math.isfinite(self.loss) else None,
            "perplexity": self.perplexity if math.isfinite(self.perplexity) else None,
        }

    def grid(self) -> Grid:
        """Show the figures, one below the other."""
        return Grid(list(zip(COLUMNS, self.cells(), strict=True)))

    def cells(self) -> tuple[str, ...]:
        """Write the figures in the order of `COLUMNS`."""
        return tuple(form.format(self) for form in COLUMNS.values())


COLUMNS = {
    "documents": "{0.documents:,}",
    "predictions": "{0.predictions:,}",
    "loss (nats/char)": "{0.loss:.4f}",
    "bits/char": "{0.bits:.4f}",
    "perplexity": "{0.perplexity:.3f}",
}
"""The figures of an evaluation by their headings, and how each is written."""


class Evaluations(Shown, dict[str, Evaluation]):
    """The evaluation of each split, or of a file, by its name."""

    def grid(self) -> Grid:
        """Show a row for each. A single document, as a text is, goes without saying."""
        first = 1 if all(one.documents == 1 for one in self.values()) else 0
        rows = [(name, *one.cells()[first:]) for name, one in self.items()]
        return Grid(rows, ["", *list(COLUMNS)[first:]])

    def figures(self) -> dict[str, dict[str, float | None]]:
        """Name all that is measured, as JSON can write it."""
        return {name: one.figures() for name, one in self.items()}


class Done:
    """How much of some work is done, by several threads; the one that made this tells it."""

    def __init__(self, whole: int, watch: Watch) -> None:
        """Begin with a work of so many of anything."""
        self.whole, self.watch = whole, watch
        self.done = 0
        self._lock, self._thread = threading.Lock(), threading.get_ident()
        watch(0.0)

    def add(self, n: int) -> None:
        """Add so many that are done."""
        with self._lock:
            self.done += n
        if threading.get_ident() == self._thread:
            self.watch(self.done / self.whole)


def contexts_at_a_time(model: Model, of_text: bool, predictions: int, parts: int) -> int:
    """Say how many contexts a table of an evaluation has at most, so that there are `parts`."""
    logits = LOGITS_OF_TEXT_AT_A_TIME if of_text else LOGITS_AT_A_TIME
    most = logits // max(model.vocab_size, 256)
    return max(1, min(most, -(-predictions // parts)))


def tables(model: Model, documents: Documents, parts: int = 1) -> Iterator[Table]:
    """Cover the documents with tables of so many logits at most.

    There are at least `parts` of them, as nearly equal as documents of whole length allow.
    """
    size = contexts_at_a_time(model, documents.of_text, documents.predictions, parts)
    for table in model.reader.tables(documents, size):
        yield table.to(model.device)


def until(should_stop: Callable[[], bool], items: Iterable[Item]) -> Iterator[Item]:
    """Give items one by one, unless `should_stop` before one of them.

    Raises:
        StoppedError: it said so.
    """
    for item in items:
        if should_stop():
            raise StoppedError
        yield item


def evaluate(
    model: Model,
    documents: Documents,
    covering: Iterable[Table] | None = None,
    workers: Workers | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    watch: Watch = lambda share: None,
) -> Evaluation:
    """Compute the exact loss over all documents, at least one.

    Args:
        model: left in the mode, training or not, that it was in.
        documents: what to predict.
        covering: `tables` of the documents, where they are at hand; otherwise they are made, a few
            at a time, however many documents there are.
        workers: who go through the tables; the caller alone, unless given.
        should_stop: asked before every table.
        watch: told what share of the predictions is done.

    Raises:
        StoppedError: `should_stop` said so.
    """
    done = Done(documents.predictions, watch)

    @torch.inference_mode()
    def total(table: Table) -> float:
        if should_stop():
            raise StoppedError
        losses = pair_losses(model.predict_table(table), table).cpu().double()
        done.add(table.predictions)
        return float((losses * table.counts.cpu()).sum())

    workers = workers or Workers()
    if covering is None:
        covering = tables(model, documents, workers.n)
    left, loss = iter(covering), 0.0
    with model.evaluating():
        while some := list(islice(left, TABLES_AT_A_TIME * workers.n)):
            loss = sum(workers.map(total, some), loss)
    return Evaluation(len(documents), documents.predictions, loss / documents.predictions)
