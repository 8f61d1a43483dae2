"""Scores against a plain loop over `forward`, in whatever order and however they are cut."""

import math
from collections.abc import Iterator

import pytest
import torch

from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.evaluation import scores as scoring
from makemore.evaluation.losses import evaluate
from makemore.evaluation.scores import Score, Scores, score_documents, sort_scores
from makemore.models import ARCHITECTURES
from tests.helpers import PLAY, random_model


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_score_is_each_prediction_of_each_document_in_the_order_given(
    name: str, names: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "CONTEXTS_AT_A_TIME", 64)
    monkeypatch.setattr(scoring, "PADDED_AT_A_TIME", 300)
    vocabulary = Vocabulary(names.characters)
    documents = [*names.val[:40], *names.val[:5], "a", "zzzz"]
    model = random_model(name, len(vocabulary))
    scores = list(score_documents(model, vocabulary, documents, likeliest=2))
    assert [one.text for one in scores] == documents
    for one in scores:
        tokens = [BOUNDARY, *vocabulary.encode(one.text)]
        log_p = model(torch.tensor([tokens]))[0].log_softmax(-1).double()
        targets = torch.tensor([*tokens[1:], BOUNDARY])
        expected = -log_p.gather(1, targets[:, None])[:, 0]
        assert one.losses == pytest.approx(expected.tolist(), abs=1e-5)
        assert one.nats == pytest.approx(expected.sum().item(), abs=1e-4)
        assert one.characters == [*one.text, ""]
        assert one.expected is not None
        for place, best in zip(log_p.exp().topk(2).values.tolist(), one.expected, strict=True):
            assert list(best.values()) == pytest.approx(place, abs=1e-5)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_scores_of_a_split_sum_to_its_loss(name: str, names: Corpus) -> None:
    vocabulary = Vocabulary(names.characters)
    # some in several pieces, where a model has a block
    documents = ["".join(names.test[:9]), *names.val[:300], "".join(names.test[9:30])]
    sizes = {"block_size": 8} if "block_size" in ARCHITECTURES[name].model_fields else {}
    model = random_model(name, len(vocabulary), **sizes)
    scores = Scores(score_documents(model, vocabulary, documents))
    whole = evaluate(model, vocabulary.encode_lines(documents))
    assert sum(len(one.losses) for one in scores) == whole.predictions
    assert scores.nats / whole.predictions == pytest.approx(whole.loss, abs=1e-6)


def test_scores_are_the_same_whoever_computes_them(
    names: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "CONTEXTS_AT_A_TIME", 64)
    vocabulary = Vocabulary(names.characters)
    model = random_model("transformer", len(vocabulary))
    found = []
    for n in (1, 3):
        monkeypatch.setattr(scoring, "workers_that_help", lambda *_, n=n: n)
        found.append([one.losses for one in score_documents(model, vocabulary, names.val[:300])])
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["bigram", "mlp", "gru", "transformer"])
def test_a_text_is_scored_from_its_first_character_on_and_has_no_end(name: str) -> None:
    vocabulary = Vocabulary("".join(sorted(set(PLAY))))
    sizes = {"block_size": 16} if "block_size" in ARCHITECTURES[name].model_fields else {}
    model = random_model(name, len(vocabulary), **sizes)
    (one,) = score_documents(model, vocabulary, [PLAY], "text")
    whole = evaluate(model, vocabulary.encode_text(PLAY))
    assert one.characters == [*PLAY]
    assert one.loss == pytest.approx(whole.loss, abs=1e-6)


def test_documents_are_read_only_as_far_as_scores_are_taken(
    names: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "PADDED_AT_A_TIME", 100)
    read = []

    def documents() -> Iterator[str]:
        for name in names.val:
            read.append(name)
            yield name

    vocabulary = Vocabulary(names.characters)
    scores = score_documents(random_model("bigram", len(vocabulary)), vocabulary, documents())
    next(scores)
    assert len(read) < 100


def test_a_character_that_is_not_known_is_named_with_its_word(names: Corpus) -> None:
    vocabulary = Vocabulary(names.characters)
    model = random_model("bigram", len(vocabulary))
    with pytest.raises(UserError, match="the character 'é' in 'josé'"):
        list(score_documents(model, vocabulary, ["ada", "josé"]))


def test_the_figures_say_the_same_in_other_units() -> None:
    one = Score("a", [math.log(2), math.log(8)])
    assert one.nats == pytest.approx(math.log(16))
    assert (one.bits, one.perplexity) == pytest.approx((2, 4))
    assert one.probabilities == pytest.approx([1 / 2, 1 / 8])
    assert one.surprises == pytest.approx([1, 3])
    never = Score("b", [math.inf])
    assert (never.perplexity, never.figures()["nats"]) == (math.inf, None)


def test_the_worst_have_the_most_bits_a_character_whatever_their_length() -> None:
    one, other = Score("abc", [1.0] * 4), Score("d", [1.5, 1.5])
    assert one.nats > other.nats
    assert sort_scores([one, other], "worst") == [other, one]
    assert sort_scores([other, one], "best") == [one, other]
