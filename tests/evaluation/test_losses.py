"""Exact losses against a plain loop and the closed form, however a split is cut."""

import math

import pytest
import torch

from makemore.contexts import prefixes, sequences, windows
from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.reading import Format
from makemore.corpus.splits import SPLITS, Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.evaluation import losses as evaluation
from makemore.evaluation.losses import Evaluation, evaluate
from makemore.evaluation.scores import predict
from makemore.models import ARCHITECTURES
from tests.helpers import fit_bigram, pair_counts, random_model


@pytest.mark.parametrize("split", SPLITS)
def test_a_bigram_s_loss_is_the_closed_form(names: Corpus, split: str) -> None:
    """-(sum over pairs of count * log p) / predictions, on counts made in plain Python."""
    vocabulary = Vocabulary(names.characters)
    model = fit_bigram(names.train, names.val, smoothing=0.5)
    raised = pair_counts(names.train, vocabulary) + 0.5
    counts = pair_counts(names[split], vocabulary)  # type: ignore[index]
    expected = -(counts * (raised / raised.sum(1, keepdim=True)).log()).sum() / counts.sum()
    found = evaluate(model, vocabulary.encode_lines(names[split]))  # type: ignore[index]
    assert found.loss == pytest.approx(expected.item(), abs=1e-6)
    assert found.predictions == counts.sum()
    assert found.documents == len(names[split])  # type: ignore[index]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_loss_is_the_mean_over_every_prediction_of_every_document(
    name: str, names: Corpus
) -> None:
    vocabulary = Vocabulary(names.characters)
    documents = [*names.val[:60], *names.val[:20]]  # some twice
    model = random_model(name, len(vocabulary))
    total, predictions = 0.0, 0
    for document in documents:
        tokens = [BOUNDARY, *vocabulary.encode(document)]
        log_p = model(torch.tensor([tokens]))[0].log_softmax(-1)
        for position, target in enumerate([*tokens[1:], BOUNDARY]):
            total -= log_p[position, target].item()
            predictions += 1
    found = evaluate(model, vocabulary.encode_lines(documents))
    assert found.loss == pytest.approx(total / predictions, abs=1e-5)
    assert found.predictions == predictions


def test_a_loss_does_not_depend_on_how_the_split_is_cut(
    names: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    vocabulary = Vocabulary(names.characters)
    documents = vocabulary.encode_lines(names.val[:500])
    model = random_model("transformer", len(vocabulary))
    whole = evaluate(model, documents)
    monkeypatch.setattr(evaluation, "LOGITS_AT_A_TIME", 256 * 40)
    cut = list(evaluation.tables(model, documents))
    assert len(cut) > 50
    assert evaluate(model, documents).loss == pytest.approx(whole.loss, abs=1e-6)
    assert evaluate(model, documents, cut).loss == pytest.approx(whole.loss, abs=1e-6)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_tables_are_bounded_also_where_one_document_is_long(
    name: str, names: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    vocabulary = Vocabulary(names.characters)
    documents = vocabulary.encode_lines(["".join(names.val[:300]), *names.val[:9]])
    sizes = {"block_size": 8} if "block_size" in ARCHITECTURES[name].model_fields else {}
    model = random_model(name, len(vocabulary), **sizes)
    whole = evaluate(model, documents)
    monkeypatch.setattr(evaluation, "LOGITS_AT_A_TIME", 256 * 24)
    for table in (tables := list(evaluation.tables(model, documents))):
        assert len(model.table_logits(table)) <= 24
    assert sum(table.predictions for table in tables) == whole.predictions
    assert evaluate(model, documents).loss == pytest.approx(whole.loss, abs=1e-6)


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("format", ["lines", "text"])
def test_a_loss_does_not_depend_on_how_many_predictions_are_read_at_a_time(
    name: str, format: Format, names: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks of 40 predictions: documents together, and one long document or text in parts."""
    vocabulary = Vocabulary(names.characters)
    documents = vocabulary.encode_documents(["".join(names.val[:99]), *names.val[:40]], format)
    sizes = {"block_size": 8} if "block_size" in ARCHITECTURES[name].model_fields else {}
    model = random_model(name, len(vocabulary), **sizes)
    whole, each = evaluate(model, documents), predict(model, documents).losses
    for module in (windows, prefixes, sequences):
        monkeypatch.setattr(module, "CHUNK", 40)
    monkeypatch.setattr(prefixes, "MOST_NUMBERED", 60)
    assert len(list(evaluation.tables(model, documents))) > 10
    assert evaluate(model, documents).loss == pytest.approx(whole.loss, abs=1e-6)
    assert predict(model, documents).losses == pytest.approx(each, abs=1e-5)
    table, merged = model.reader.table(documents), evaluate(model, documents)
    assert table.predictions == merged.predictions == whole.predictions


def test_evaluating_leaves_the_model_in_its_mode(names: Corpus) -> None:
    vocabulary = Vocabulary(names.characters)
    documents = vocabulary.encode_lines(names.val[:20])
    model = random_model("transformer", len(vocabulary), dropout=0.5)
    quiet = evaluate(model, documents).loss
    model.train()
    assert evaluate(model, documents).loss == quiet
    assert model.training


def test_bits_and_perplexity_say_the_same_in_other_units() -> None:
    one = Evaluation(documents=1, predictions=1, loss=math.log(8))
    assert one.bits == pytest.approx(3)
    assert one.perplexity == pytest.approx(8)
    hopeless = Evaluation(documents=1, predictions=1, loss=1e6)
    assert hopeless.perplexity == math.inf
