"""Ranks against every document that a small model can write, listed one by one."""

import math
from itertools import pairwise, product

import numpy as np
import pytest
import torch

from makemore.corpus.vocabulary import Vocabulary
from makemore.evaluation import ranks as ranking
from makemore.evaluation.estimates import Estimate
from makemore.evaluation.ranks import Ranks, find_ranks
from makemore.evaluation.scores import score_documents
from makemore.models.bigram import Bigram
from makemore.sampling.how import make_generator
from makemore.sampling.likeliest import list_likeliest
from makemore.sampling.sampler import Sampler
from makemore.sampling.without_replacement import sample_with_inclusion
from tests.helpers import fit_bigram

LENGTH = 7
"""Of the longest documents that are listed: there are 3,279 of three characters."""
VOCABULARY = Vocabulary("abc")
DOCUMENTS = ["".join(d) for n in range(1, LENGTH + 1) for d in product("abc", repeat=n)]
TRAIN = ["abca", "abb", "ca", "cab", "bc", "a", "ab", "accb"]


@pytest.fixture(scope="module")
def model() -> Bigram:
    return fit_bigram(TRAIN, ["ab"], smoothing=0.5)


@pytest.fixture(scope="module")
def nats(model: Bigram) -> dict[str, float]:
    """-log p of all documents of a bigram, pair by pair."""
    log_p = model(torch.arange(4)[:, None])[:, -1].log_softmax(-1).double()
    found = {}
    for document in DOCUMENTS:
        ids = [0, *VOCABULARY.encode(document), 0]
        found[document] = -sum(log_p[i, j].item() for i, j in pairwise(ids))
    return found


def likelier(nats: dict[str, float], document: str) -> int:
    return sum(other < nats[document] - ranking.SAME for other in nats.values())


def test_the_likeliest_are_all_that_pass_a_limit(model: Bigram, nats: dict[str, float]) -> None:
    limit = sorted(nats.values())[200] + 1e-3
    found = list_likeliest(model, VOCABULARY, -limit, LENGTH)
    assert sorted(found) == sorted(one for one, its in nats.items() if its <= limit)
    assert list_likeliest(model, VOCABULARY, -50, 1) == ["a", "b", "c"]


def test_a_number_of_likelier_documents_is_exact_where_it_is_small(
    model: Bigram, nats: dict[str, float]
) -> None:
    ranks = find_ranks(model, VOCABULARY, [], LENGTH, n=100)
    for document in TRAIN:
        one = ranks.likelier(nats[document])
        assert (one.value, one.error, one.at_least) == (likelier(nats, document), 0, False)


def test_where_all_documents_can_be_drawn_every_number_is_exact(
    nats: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "LISTED", 0.0)
    q = np.ones(len(nats))
    ranks = Ranks.of([], np.array([*nats.values()]), q, True)
    for document in DOCUMENTS[::100]:
        assert ranks.likelier(nats[document]) == Estimate(likelier(nats, document), 0)


def test_a_large_number_is_estimated_without_bias_and_its_error_is_right(
    model: Bigram, nats: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 200 estimates, each from 100 documents, mean and spread are what they should be."""
    monkeypatch.setattr(ranking, "LISTED", 0.0)  # nothing is listed
    document = sorted(nats, key=nats.__getitem__)[60]
    found = []
    for seed in range(200):
        generator = make_generator(seed)
        monkeypatch.setattr(ranking, "make_generator", lambda _, g=generator: g)
        found.append(find_ranks(model, VOCABULARY, [], LENGTH, n=100).likelier(nats[document]))
    values = np.array([one.value for one in found])
    truth = likelier(nats, document)
    assert not any(one.at_least for one in found)
    assert values.mean() == pytest.approx(truth, abs=4 * values.std() / math.sqrt(len(values)))
    errors = np.array([one.error for one in found])
    assert math.sqrt((errors**2).mean()) == pytest.approx(values.std(), rel=0.2)


def test_sums_over_drawn_documents_are_those_over_all(
    model: Bigram, nats: dict[str, float]
) -> None:
    """As the probability of all documents that end in time."""
    sums = []
    for seed in range(200):
        drawn = sample_with_inclusion(
            model, VOCABULARY, 50, make_generator(seed), Sampler(LENGTH + 1)
        )
        assert len(set(drawn.samples)) == 50
        scores = score_documents(model, VOCABULARY, [one for one in drawn.samples if one])
        q = [q for one, q in zip(drawn.samples, drawn.inclusion.tolist(), strict=True) if one]
        ended = [one.finished for one in drawn.samples if one]
        p = np.exp([-one.nats for one in scores]) * ended / q
        sums.append(p.sum())
    truth = sum(math.exp(-its) for its in nats.values())
    assert np.mean(sums) == pytest.approx(truth, abs=4 * np.std(sums) / math.sqrt(len(sums)))


def test_a_document_below_all_that_were_drawn_has_at_least_so_many_above_it(
    model: Bigram,
) -> None:
    ranks = find_ranks(model, VOCABULARY, [], LENGTH, n=100)
    one = ranks.likelier(50)
    assert one.at_least
    assert str(one).startswith("over ")


def test_a_percentile_is_the_share_of_held_out_documents_that_do_worse(
    model: Bigram, nats: dict[str, float]
) -> None:
    held_out = ["ab", "ca", "ccc", "bbbb", "ab"]
    ranks = find_ranks(model, VOCABULARY, held_out, LENGTH, n=10)
    for document in ("ab", "b", "ccc"):
        loss = nats[document] / (len(document) + 1)
        others = [nats[other] / (len(other) + 1) for other in held_out]
        worse = sum(other > loss + 1e-6 for other in others)
        equal = sum(abs(other - loss) < 1e-6 for other in others)
        assert ranks.percentile(loss) == pytest.approx(100 * (worse + equal / 2) / 5)
    assert find_ranks(model, VOCABULARY, [], LENGTH, n=10).percentile(1.0) is None


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [(21, 0, "21"), (12_345, 67.8, "12,300 ± 68"), (75.2, 9.97, "75.2 ± 10"), (2e9, 1e8, None)],
)
def test_an_estimate_is_written_with_the_digits_that_count(
    value: float, error: float, shown: str | None
) -> None:
    assert str(Estimate(value, error)) == (shown or "2e+09 ± 1e+08")
