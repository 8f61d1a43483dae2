"""How good samples are, against sums over all documents of a small model and plain counts."""

import json
import math
import random

import numpy as np
import pytest

from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.evaluation.quality import chance_given_not_empty, measure_samples
from makemore.sampling.how import make_generator
from makemore.sampling.lines import sample_lines
from makemore.sampling.sampler import Sampler
from makemore.sampling.samples import Sample
from tests.evaluation.test_ranks import DOCUMENTS, TRAIN, VOCABULARY
from tests.helpers import fit_bigram

CORPUS = Corpus("small", TRAIN, ["ab", "cc", "cab"], ["bb"])
MODEL = fit_bigram(TRAIN, ["ab"], smoothing=0.5)


def draw(n: int, seed: int) -> list[Sample]:
    return list(sample_lines(MODEL, VOCABULARY, n, make_generator(seed), sampler=Sampler(60)))


def test_the_chances_of_all_documents_sum_to_one() -> None:
    """But for those longer than any listed; they have the rest, which samples estimate."""
    listed = float(chance_given_not_empty(MODEL, VOCABULARY, DOCUMENTS).sum())
    samples = draw(20_000, 1)
    longer = np.mean([len(one) > max(map(len, DOCUMENTS)) for one in samples])
    assert listed + longer == pytest.approx(1, abs=4 * math.sqrt(longer / len(samples)))


def test_shares_lie_where_the_probabilities_say() -> None:
    samples = draw(20_000, 0)
    quality = measure_samples(MODEL, VOCABULARY, CORPUS, samples)
    assert quality.n == len(samples)
    assert list(quality.shares) == ["new", "distinct", "in train", "in val", "in test"]
    assert quality.shares["distinct"].drawn == len(set(samples)) / len(samples)
    in_train = sum(one in TRAIN for one in samples) / len(samples)
    assert quality.shares["in train"].drawn == pytest.approx(in_train)
    chances = chance_given_not_empty(MODEL, VOCABULARY, sorted(set(TRAIN)))
    assert quality.shares["in train"].expected == pytest.approx(chances.sum())
    assert quality.shares["in train"].real == pytest.approx(2 / 3)  # "ab" and "cab", of three
    for share in quality.shares.values():
        assert abs(share.drawn - share.expected) < 4 * share.error


def test_the_number_of_distinct_samples_varies_as_much_as_is_said() -> None:
    shares = []
    for seed in range(100):
        quality = measure_samples(MODEL, VOCABULARY, CORPUS, draw(300, seed))
        shares.append(quality.shares["distinct"])
    off = np.array([one.drawn - one.expected for one in shares])
    assert abs(off.mean()) < 0.01
    chances = chance_given_not_empty(MODEL, VOCABULARY, DOCUMENTS)
    missing = 1 - chances.sum()  # documents longer than any listed, hardly one of them twice
    truth = (1 - (1 - chances) ** 300).sum() / 300 + missing
    assert np.mean([one.expected for one in shares]) == pytest.approx(truth, abs=0.01)
    spread = np.std([one.drawn for one in shares])
    assert spread < np.mean([one.error for one in shares]) < 2 * spread


def test_a_model_that_copies_has_samples_nearer_than_held_out_documents() -> None:
    random_ = random.Random(0)
    documents = ["".join(random_.choices("abcdefgh", k=12)) for _ in range(300)]
    corpus = Corpus("random", documents[:200], documents[200:250], documents[250:])
    vocabulary = Vocabulary("abcdefgh")
    model = fit_bigram(corpus.train, corpus.val, smoothing=1.0)
    copies = [Sample("a" + one[1:]) for one in corpus.train] + [Sample(corpus.train[0])]
    quality = measure_samples(model, vocabulary, corpus, copies)
    assert quality.nearest.samples == pytest.approx((1, 0))
    assert quality.nearest.held_out is not None
    assert quality.nearest.held_out[0] > 4
    assert quality.lengths is not None
    assert quality.lengths.samples == quality.lengths.real == 0
    assert quality.characters is not None
    assert quality.characters.samples > 1.5 * quality.characters.real
    assert json.loads(json.dumps(quality.figures()))["nearest"]["compared"] == [
        sum(one not in corpus.train for one in copies),
        50,
    ]


def test_a_sample_that_was_cut_off_stands_nowhere() -> None:
    samples = [Sample("ab"), Sample("ab", finished=False)]
    quality = measure_samples(MODEL, VOCABULARY, CORPUS, samples)
    assert (quality.n, quality.cut_off) == (2, 1)
    assert quality.shares["in train"].drawn == 0.5


def test_samples_so_long_that_none_is_likely_are_expected_to_be_distinct() -> None:
    """A model that ends seldom: a sample's probability is below the rounding of 1."""
    documents = ["".join(random.Random(i).choices("abcdefgh", k=100)) for i in range(40)]
    corpus = Corpus("long", documents[:20], documents[20:30], documents[30:])
    model = fit_bigram(corpus.train, corpus.val, smoothing=1.0)
    samples = [Sample(one) for one in documents]
    quality = measure_samples(model, Vocabulary("abcdefgh"), corpus, samples)
    assert quality.shares["distinct"].expected == pytest.approx(1, abs=1e-9)
