"""How good are the samples? What was drawn, beside what must be and what real documents show.

The probability of every training document is known, so the share of the samples that stand in train
need not be guessed from samples: it is a sum, the mass that the model has memorised. What was drawn
may differ from it by chance alone. Whether a model copies without a single word being the same is
another question: then samples lie nearer to the training documents than held-out ones do.
"""

import math
import random
import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import numpy as np

from makemore.corpus.predictions import Ints
from makemore.corpus.splits import SPLITS, Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.display import Grid, Shown
from makemore.errors import MakemoreWarning
from makemore.evaluation.distances import nearest, total_variation
from makemore.evaluation.scores import Floats, score_documents
from makemore.models.base import Model
from makemore.sampling.samples import Sample

MOST_COMPARED, LEAST_COMPARED = 1_000, 20
"""Documents on each side whose nearest training document is looked for."""
KNOWN = 2**23
"""Predictions, about, in the documents that are scored: half a minute's work, or a few."""
STEPS = 2**28
"""Steps of the edit distances on each side, a second's work or two, beyond which fewer are."""


@dataclass(frozen=True)
class Share:
    """A share of the samples.

    Attributes:
        drawn: as it was found.
        expected: as the model's own probabilities say that it is.
        error: how far `drawn` may lie from `expected` by chance, one standard deviation.
        real: the same share of real documents; None where it says nothing. In train: of those held
            out, none where a hash of the text decides the split. Distinct: of as many documents of
            the corpus; None where there are fewer.
    """

    drawn: float
    expected: float
    error: float
    real: float | None


@dataclass(frozen=True)
class Nearest:
    """How many edits away the nearest training document is, in the mean, with its standard error.

    Documents that stand in train word for word are left out on both sides.

    Attributes:
        samples: of so many samples, a mean and its standard error; None where all are copies.
        held_out: likewise of held-out documents.
        compared: how many samples, and how many held-out documents.
    """

    samples: tuple[float, float] | None
    held_out: tuple[float, float] | None
    compared: tuple[int, int]


@dataclass(frozen=True)
class Distance:
    """A total variation distance, 0 to 1, between samples and as many training documents.

    Attributes:
        samples: of the samples.
        real: of as many other training documents: what chance alone makes.
    """

    samples: float
    real: float


@dataclass(frozen=True, repr=False)
class Quality(Shown):
    """What samples show of a model.

    Attributes:
        n: how many samples.
        cut_off: how many of them the model had not ended.
        shares: by what they are shares of: new, distinct, in train, in val, in test.
        nearest: edit distances to the nearest training document.
        lengths: of the distributions of lengths.
        characters: of the distributions of characters.
    """

    n: int
    cut_off: int
    shares: dict[str, Share]
    nearest: Nearest
    lengths: Distance | None
    characters: Distance | None

    def grid(self) -> Grid:
        """Show a row for each figure."""
        rows = [
            (
                name,
                _percent(one.drawn),
                f"{_percent(one.expected)} ± {_percent(one.error)}",
                "" if one.real is None else _percent(one.real),
            )
            for name, one in self.shares.items()
        ]
        means = (self.nearest.samples, self.nearest.held_out)
        drawn, held_out = ("" if m is None else f"{m[0]:.3f} ± {m[1]:.3f}" for m in means)
        rows.append(("edits to the nearest in train", drawn, "", held_out))
        for name, distance in (("lengths", self.lengths), ("characters", self.characters)):
            if distance is not None:
                cells = (f"{distance.samples:.4f}", "", f"{distance.real:.4f}")
                rows.append((f"distance of {name}", *cells))
        return Grid(rows, [f"{self.n:,} samples", "drawn", "by the model", "real ones"])

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return asdict(self)


def measure_samples(
    model: Model, vocabulary: Vocabulary, corpus: Corpus, samples: Sequence[Sample]
) -> Quality:
    """Compare samples of a model of lines with its probabilities and with its corpus.

    What is expected is computed for documents that aren't empty, by `chance_given_not_empty`, since
    no sample is. One that was cut off stands nowhere.

    Args:
        model: left in the mode, training or not, that it was in.
        vocabulary: of the model.
        corpus: of the model; held-out documents are those of val.
        samples: at least one, drawn from the model as it is: at temperature 1, without a prompt,
            independent.
    """
    corpus = _bounded(corpus)
    known = sorted(set(corpus.documents))
    mass = dict(zip(known, chance_given_not_empty(model, vocabulary, known), strict=True))
    ended = [str(one) for one in samples if one.finished]
    splits = {split: set(corpus[split]) for split in SPLITS if corpus[split]}

    def share_in(documents: Collection[str], held_out: Sequence[str]) -> Share:
        expected = math.fsum(mass[document] for document in documents)  # in any order
        drawn = sum(one in documents for one in ended) / len(samples)
        error = math.sqrt(max(0.0, expected * (1 - expected)) / len(samples))
        found = sum(one in documents for one in held_out) / len(held_out) if held_out else None
        return Share(drawn, expected, error, found)

    somewhere = share_in(mass, [])
    new = Share(1 - somewhere.drawn, 1 - somewhere.expected, somewhere.error, None)
    chances = chance_given_not_empty(model, vocabulary, samples)
    shares = {"new": new, "distinct": _distinct_share(samples, chances, corpus.documents)}
    for split, documents in splits.items():
        shares[f"in {split}"] = share_in(documents, corpus.val if split == "train" else [])
    half = min(len(samples), len(corpus.train) // 2)
    real = _shuffled(corpus.train)

    def distance(values_of: Callable[[Sequence[str]], Sequence[Any]]) -> Distance | None:
        if not half:
            return None
        ones, others = values_of(real[:half]), values_of(real[half : 2 * half])
        drawn = values_of(samples[:half])
        return Distance(total_variation(drawn, ones), total_variation(others, ones))

    return Quality(
        n=len(samples),
        cut_off=sum(not one.finished for one in samples),
        shares=shares,
        nearest=_nearest(ended, corpus.val, sorted(splits["train"])),
        lengths=distance(lambda documents: list(map(len, documents))),
        characters=distance(lambda documents: list(chain.from_iterable(documents))),
    )


def _bounded(corpus: Corpus) -> Corpus:
    """Take every k-th document of a corpus that is too large to score all of it."""
    predictions = sum(corpus.size(split) for split in SPLITS) + corpus.n_documents
    step = round(predictions / KNOWN)
    if step < 2:
        return corpus
    warnings.warn(
        f"{corpus.source} is large: samples are compared with every {step:,}th of its documents.",
        MakemoreWarning,
        stacklevel=4,
    )
    train, val, test = (list(corpus[split][::step]) for split in SPLITS)
    return Corpus(corpus.source, train, val, test, corpus.how)


def chance_given_not_empty(
    model: Model, vocabulary: Vocabulary, documents: Sequence[str]
) -> Floats:
    """Give the probability of each document among all that aren't empty: float64 (documents,).

    It is p / (1 - p(the empty one)), since no document of a corpus is empty.
    """
    scores = score_documents(model, vocabulary, chain([""], documents))
    nats = np.array([one.nats for one in scores])
    chances: Floats = np.exp(-nats[1:]) / -np.expm1(-nats[0])
    return chances


def _distinct_share(samples: Sequence[str], chances: Floats, real: Sequence[str]) -> Share:
    """Compare how many of n samples are different with the expected number.

    A document of probability p is absent from n samples with probability a = (1 - p)^n. The sum of
    1 - a over all documents is the mean of (1 - a) / p over the samples, and the variance of the
    number is about the sum of a (1 - a), less n times the square of the sum of p a, which is there
    because n is given. The error of the mean is added.
    """
    n = len(samples)
    log_absent = n * np.log1p(-chances.clip(1e-300, 1 - 1e-12))
    absent = np.exp(log_absent)
    # not 1 - absent, which is 0 where p is smaller than the rounding of 1
    terms = -np.expm1(log_absent) / (n * chances.clip(min=1e-300))
    variance = (absent * terms).mean() - absent.mean() ** 2 + terms.var()
    found = len(set(_shuffled(real)[:n])) / n if len(real) >= n else None
    error = math.sqrt(max(0.0, float(variance)) / n)  # by rounding it may be below 0
    return Share(len(set(samples)) / n, float(terms.mean()), error, found)


def _nearest(samples: Sequence[str], held_out: Sequence[str], train: Sequence[str]) -> Nearest:
    """Measure edit distances, of no more documents than a second or two allow."""
    known = set(train)
    length = max(1, round(float(np.mean(list(map(len, train))))))
    most = STEPS // (len(train) * length * -(-length // 64))
    most = max(LEAST_COMPARED, min(MOST_COMPARED, most))
    sides = [list(samples), _shuffled(held_out)]
    chosen = [[one for one in side if one not in known][:most] for side in sides]
    means = [_mean(nearest(side, train)) if side else None for side in chosen]
    return Nearest(means[0], means[1], (len(chosen[0]), len(chosen[1])))


def _mean(values: Ints) -> tuple[float, float]:
    """Give a mean and its standard error."""
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))


def _shuffled(documents: Sequence[str]) -> list[str]:
    """Put documents in a pseudorandom order, always the same."""
    return random.Random(0).sample(documents, len(documents))


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"
