"""What a training has reached, measured on all that it learned from, or on a part that is said."""

from itertools import pairwise

import pytest
import torch

from makemore.corpus.splits import Corpus
from makemore.evaluation.losses import evaluate
from makemore.maker import Maker
from makemore.training import summary
from makemore.training.summary import summarise
from tests.helpers import small_config


@pytest.fixture(params=["mlp", "transformer"])
def maker(request: pytest.FixtureRequest, corpus: Corpus) -> Maker:
    """Make one that has learned nothing yet."""
    from makemore.training.learner import Learner

    return Learner(small_config(request.param), corpus, torch.device("cpu")).maker


def test_the_train_loss_is_that_of_the_whole_split(maker: Maker) -> None:
    found = summarise(maker)
    assert found.train_loss == pytest.approx(maker.evaluate("train")["train"].loss, abs=1e-9)
    assert found.train_documents is None
    assert "documents" not in repr(found).partition("val")[0]


def test_of_a_large_split_it_is_that_of_some_documents_and_says_so(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "MEASURED", 700)
    found = summarise(maker)
    chosen = maker.corpus.train[::3]  # of 300 names with about 7 predictions each
    expected = evaluate(maker.model, maker.vocabulary.encode_lines(chosen)).loss
    assert found.train_loss == pytest.approx(expected, abs=1e-9)
    assert found.train_documents == found.figures()["train_documents"] == 100
    assert f"{expected:.4f} (of 100 documents)" in repr(found)


@pytest.mark.parametrize(("n", "length"), [(1, 5), (100, 3), (100_000, 9), (3, 10**6)])
def test_documents_are_taken_evenly_until_they_hold_about_so_many(n: int, length: int) -> None:
    documents = [f"{i:0{length}}" for i in range(n)]
    chosen = Corpus("x", documents, [], []).some("train", 10_000)
    assert chosen
    if n * (length + 1) <= 10_000:
        assert chosen == documents
    elif length < 10_000:
        assert 6_000 < len(chosen) * (length + 1) < 15_000
        places = [int(one) for one in chosen]
        assert len({b - a for a, b in pairwise(places)}) == 1
