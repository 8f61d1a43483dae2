"""What a model knows about a word: the probability of each of its characters.

The probability of a document is the product of the probabilities of its characters and of its end,
each given all before it (the chain rule). So nothing is estimated here: -log p, in nats, is a sum,
and the sum over a whole split divided by its predictions is the split's loss.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from makemore.compute.threads import Workers, workers_that_help
from makemore.contexts.tables import Part
from makemore.corpus.documents import Documents
from makemore.corpus.predictions import Ints
from makemore.corpus.reading import Format
from makemore.corpus.vocabulary import Vocabulary
from makemore.display import Grid, Shown, visible
from makemore.evaluation.estimates import Estimate
from makemore.evaluation.losses import LOGITS_AT_A_TIME, bits_of, perplexity_of
from makemore.models.base import Model

CONTEXTS_AT_A_TIME = 2**13
"""Contexts of one table, which bounds the memory for what a model computes from them."""
PADDED_AT_A_TIME = 2**19
"""Characters that are scored together, were each document as long as the longest of them."""

Floats = NDArray[np.float64]
Order = Literal["worst", "best"]


@dataclass(frozen=True)
class Predictions:
    """What a model makes of each prediction of some documents, one document after another.

    Attributes:
        losses: float64 (predictions,), -log p of what comes next, in nats.
        likeliest: int64 (predictions, k), the k likeliest ids in its place, the likeliest first.
        probabilities: float64 (predictions, k), of these.
    """

    losses: Floats
    likeliest: Ints
    probabilities: Floats


def predict(model: Model, documents: Documents, likeliest: int = 0) -> Predictions:
    """Predict every character of documents, and the end of each that has one.

    Each distinct context is computed once, by the tables that training and evaluation use.

    Args:
        model: left in the mode, training or not, that it was in.
        documents: in any order, at least one.
        likeliest: how many ids to name beside each prediction, k; all where there are fewer.
    """
    n, k = documents.predictions, min(likeliest, model.vocab_size)
    found = Predictions(np.empty(n), np.empty((n, k), dtype=np.int64), np.empty((n, k)))
    size = max(1, min(CONTEXTS_AT_A_TIME, LOGITS_AT_A_TIME // model.vocab_size))
    parts = model.reader.parts(documents, size)
    workers = Workers(workers_that_help(model.device, model.divisible))
    with model.evaluating(), workers:
        workers.each(partial(predict_part, model, found), parts)
    return found


@torch.inference_mode()
def predict_part(model: Model, found: Predictions, part: Part) -> None:
    """Write what is found about the predictions of one table to their places."""
    log_p = model.predict_table(part.table.to(model.device)).log_softmax(-1).cpu()  # (N, V)
    rows = torch.from_numpy(part.rows)
    pairs = rows * model.vocab_size + torch.from_numpy(part.targets)
    found.losses[part.predictions] = -log_p.flatten().index_select(0, pairs).double().numpy()
    if k := found.likeliest.shape[1]:
        best = log_p.topk(k)  # (N, k)
        found.likeliest[part.predictions] = best.indices[rows].numpy()
        found.probabilities[part.predictions] = best.values[rows].double().exp().numpy()


@dataclass(frozen=True, repr=False)
class Score(Shown):
    """How well a model predicts one document, or one text.

    Attributes:
        text: as the model reads it.
        losses: -log p of each character, and of the end where it has one, in nats.
        expected: in the place of each, the likeliest characters and their probabilities, the
            likeliest first; the end is "". None where they were not asked for.
        percentile: share of the held-out documents that take more bits a character, in percent;
            None where there are none to compare with.
        likelier: how many documents the model thinks likelier; None likewise.
    """

    text: str
    losses: list[float]
    expected: list[dict[str, float]] | None = None
    percentile: float | None = None
    likelier: Estimate | None = None

    @cached_property
    def nats(self) -> float:
        """-log p of all of it."""
        return math.fsum(self.losses)

    @property
    def loss(self) -> float:
        """Mean over its predictions, in nats a character."""
        return self.nats / len(self.losses)

    @property
    def bits(self) -> float:
        """Bits a character: those of the end counted too, as in an evaluation."""
        return bits_of(self.loss)

    @property
    def perplexity(self) -> float:
        """Among how many equally likely characters the model is left to choose: exp(loss)."""
        return perplexity_of(self.loss)

    @property
    def characters(self) -> list[str]:
        """What is predicted: each character, and "" for the end where it has one."""
        return [*self.text, ""][: len(self.losses)]

    @property
    def probabilities(self) -> list[float]:
        """The probability of each, given all before it."""
        return [math.exp(-loss) for loss in self.losses]

    @property
    def surprises(self) -> list[float]:
        """How surprising each is, in bits."""
        return [bits_of(loss) for loss in self.losses]

    def grid(self) -> Grid:
        """Show a row for each prediction."""
        expected = self.expected or [{} for _ in self.losses]
        each = zip(self.characters, self.probabilities, self.surprises, expected, strict=True)
        rows = [
            (
                _name(character),
                "  ".join(f"{_name(other)} {p:.3f}" for other, p in others.items()),
                f"{probability:.6f}",
                f"{bits:.2f}",
            )
            for character, probability, bits, others in each
        ]
        return Grid(rows, ["", "expected", "probability", "bits"], left=2)

    def cells(self) -> tuple[str, ...]:
        """Write the figures in the order of `COLUMNS`."""
        percentile = "" if self.percentile is None else f"{self.percentile:.1f}"
        likelier = "" if self.likelier is None else str(self.likelier)
        figures = (f"{self.nats:.2f}", f"{self.bits:.3f}", f"{self.perplexity:.2f}")
        return (*figures, percentile, likelier)

    def figures(self) -> dict[str, Any]:
        """Name all that is known of it, as JSON can write it; what is infinite is None."""
        found: dict[str, Any] = {
            "text": self.text,
            "nats": _finite(self.nats),
            "bits": _finite(self.bits),
            "perplexity": _finite(self.perplexity),
            "characters": self.characters,
            "probabilities": self.probabilities,
        }
        if self.expected is not None:
            found["expected"] = self.expected
        found["percentile"] = self.percentile
        found["likelier"] = None if self.likelier is None else self.likelier.figures()
        return found


COLUMNS = ("nats", "bits/char", "perplexity", "percentile", "words likelier")
"""The headings of a score's figures."""


class Scores(Shown, list[Score]):
    """The scores of some documents, which show themselves as a table."""

    @property
    def nats(self) -> float:
        """-log p of all of them, in nats."""
        return math.fsum(one.nats for one in self)

    def grid(self) -> Grid:
        """Show a row for each."""
        return Grid([(visible(one.text), *one.cells()) for one in self], ["", *COLUMNS])


def sort_scores(scores: Iterable[Score], order: Order) -> list[Score]:
    """Put scores in the order of their bits a character; a total would put the long ones first."""
    return sorted(scores, key=lambda one: one.loss, reverse=order == "worst")


def score_documents(
    model: Model,
    vocabulary: Vocabulary,
    documents: Iterable[str],
    format: Format = "lines",
    *,
    likeliest: int = 0,
) -> Iterator[Score]:
    """Score documents in the order given, as many at a time as the memory is bounded for.

    Args:
        model: left in the mode, training or not, that it was in.
        vocabulary: of the model.
        documents: as `corpus.reading` reads them, none empty.
        format: lines: each has an end, which is predicted too; text: each is a text from its first
            character on.
        likeliest: how many characters to name in the place of each.

    Raises:
        UserError: the model doesn't know a character.
    """
    names = ["", *vocabulary.characters]
    for batch in _batches(documents, 1 if format == "text" else PADDED_AT_A_TIME):
        encoded = vocabulary.encode_documents(batch, format)
        found = predict(model, encoded, likeliest)
        losses, end = found.losses.tolist(), 0
        for text, size in zip(batch, encoded.pieces().sizes.tolist(), strict=True):
            start, end = end, end + size
            expected = None
            if likeliest:
                expected = [
                    {names[id_]: p for id_, p in zip(ids, ps, strict=True)}
                    for ids, ps in zip(
                        found.likeliest[start:end].tolist(),
                        found.probabilities[start:end].tolist(),
                        strict=True,
                    )
                ]
            yield Score(text, losses[start:end], expected)


def _batches(documents: Iterable[str], padded: int) -> Iterator[list[str]]:
    """Gather documents while their number times the longest length is not above `padded`."""
    batch: list[str] = []
    longest = 0
    for document in documents:
        longest = max(longest, len(document) + 1)
        if batch and longest * (len(batch) + 1) > padded:
            yield batch
            batch, longest = [], len(document) + 1
        batch.append(document)
    if batch:
        yield batch


def _name(character: str) -> str:
    return "end" if character == "" else "space" if character == " " else visible(character)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
