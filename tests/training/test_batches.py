"""What stands in each batch, and in its parts."""

from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from makemore.contexts import prefixes, windows
from makemore.contexts.prefixes import PrefixTable, PreparedLines
from makemore.contexts.tables import Prepared
from makemore.contexts.windows import PreparedWindows
from makemore.corpus.documents import Lines
from makemore.corpus.splits import Corpus
from makemore.recipe import TrainingSettings
from makemore.runs.run import Run, create_run
from makemore.training import batches as training
from makemore.training.batches import (
    LOGITS_OF_PART,
    LOGITS_OF_WHOLE,
    Batches,
    batch_rows,
    n_windows,
    window_starts,
)
from tests.helpers import (
    Count,
    count_of,
    metrics_of,
    random_documents,
    random_model,
    run_training,
    small_config,
)

sizes = st.integers(1, 40)


@given(sizes, sizes, st.integers(0, 2**63 - 1), st.integers(1, 3))
def test_every_epoch_holds_every_document_once(n: int, batch: int, seed: int, world: int) -> None:
    epochs = 3
    steps = -(-epochs * n // (batch * world))
    stream = np.concatenate(
        [batch_rows(n, batch, seed, s, r, world) for s in range(steps) for r in range(world)]
    )
    for epoch in range(epochs):
        assert sorted(stream[epoch * n : (epoch + 1) * n]) == list(range(n))


@given(sizes, sizes, st.integers(0, 2**63 - 1), st.integers(0, 100))
def test_a_batch_depends_on_nothing_but_its_arguments(
    n: int, batch: int, seed: int, step: int
) -> None:
    first = batch_rows(n, batch, seed, step)
    batch_rows(n, batch, seed, step + 1000)
    assert batch_rows(n, batch, seed, step).tolist() == first.tolist()


def test_seeds_and_epochs_have_orders_of_their_own() -> None:
    first = batch_rows(1000, 1000, 0, 0).tolist()
    assert first != list(range(1000))
    assert first != batch_rows(1000, 1000, 0, 1).tolist()
    assert first != batch_rows(1000, 1000, 1, 0).tolist()


@given(
    predictions=st.integers(1, 400),
    window_size=st.integers(1, 40),
    batch_size=st.integers(1, 9),
    seed=st.integers(0, 9),
)
def test_an_epoch_of_windows_covers_a_text_side_by_side(
    predictions: int, window_size: int, batch_size: int, seed: int
) -> None:
    n = n_windows(predictions, window_size)
    steps = -(-n // batch_size)
    starts = np.concatenate(
        [window_starts(predictions, window_size, batch_size, seed, step) for step in range(steps)]
    )[:n]
    assert sorted(starts - starts.min()) == [window_size * i for i in range(n)]
    assert starts.min() >= 0
    assert starts.max() + window_size <= max(predictions, window_size)
    left = predictions - n * window_size
    assert left < 2 * window_size - 1 or n == 1, "no room is wasted"


def test_each_epoch_cuts_a_text_from_another_place_on() -> None:
    shifts = {int(window_starts(1000, 64, 14, 0, epoch).min()) for epoch in range(40)}
    assert len(shifts) > 20
    assert n_windows(1000, 64) == 14


def test_ranks_share_the_windows_of_a_step() -> None:
    alone = window_starts(5000, 32, 8, 1, 3)
    ranks = [window_starts(5000, 32, 4, 1, 3, rank, 2) for rank in range(2)]
    assert np.concatenate(ranks).tolist() == alone.tolist()


def number_at_most(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (windows, prefixes):
        monkeypatch.setattr(module, "MOST_NUMBERED", most)


def in_order(prepared: Prepared) -> bool:
    if isinstance(prepared, PreparedWindows):
        return prepared.numbered is not None
    assert isinstance(prepared, PreparedLines)
    return prepared.ordered is not None


@pytest.mark.parametrize("name", ["mlp", "gru", "transformer"])
def test_a_corpus_too_large_to_be_kept_in_order_has_the_same_batches(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, documents = random_model(name, 5, longest=9), random_documents(5)
    settings = TrainingSettings(batch_size=7)
    ordered = Batches(model, documents, settings)
    assert in_order(ordered.prepared)
    number_at_most(0, monkeypatch)
    unordered = Batches(model, documents, settings)
    assert not in_order(unordered.prepared)
    for step in range(20):
        (found,), (expected,) = ordered.tables(step), unordered.tables(step)
        for field in fields(expected):
            values = getattr(found, field.name), getattr(expected, field.name)
            torch.testing.assert_close(*values, atol=0, rtol=0)


@pytest.mark.parametrize("most", [0, 2**22], ids=["as it stands", "in order"])
def test_the_parts_of_a_batch_hold_its_predictions(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    number_at_most(most, monkeypatch)
    model, documents = random_model("transformer", 5, longest=9), random_documents(5)
    settings = TrainingSettings(batch_size=17)
    whole, parted = Batches(model, documents, settings), Batches(model, documents, settings, 3)
    for step in range(5):
        found: Count = Counter()
        for part in parted.tables(step):
            found += count_of(part)
        assert found == sum(map(count_of, whole.tables(step)), Counter())


def test_parts_keep_together_what_begins_alike() -> None:
    """Cutting a batch costs a few contexts that both sides begin with, and no more."""
    model = random_model("gru", 5, longest=9)
    documents = random_documents(5)
    tables = {}
    for parts in (1, 2):
        batches = Batches(model, documents, TrainingSettings(batch_size=30), parts)
        tables[parts] = list(batches.tables(3))
    sizes = {
        parts: sum(len(table.tokens) for table in cut if isinstance(table, PrefixTable))
        for parts, cut in tables.items()
    }
    assert sizes[1] < sizes[2] <= sizes[1] + 9


def long_documents() -> Lines:
    """Some short documents, and two that a block of 8 doesn't hold."""
    lengths = [3, 100, 5, 7, 61, 2, 16, 15]
    ids = np.random.default_rng(0).integers(1, 5, sum(lengths)).astype(np.uint8)
    return Lines(ids, np.concatenate([[0], np.cumsum(lengths)]))


@pytest.mark.parametrize("name", ["mlp", "gru", "transformer"])
def test_an_epoch_holds_each_prediction_of_long_documents_once_in_its_usual_context(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "PIECE", 16)
    model, documents = random_model(name, 5, block_size=8), long_documents()
    batches = Batches(model, documents, TrainingSettings(batch_size=3))
    assert batches.available > len(documents)
    seen: Count = Counter()
    for step in range(batches.available):  # three epochs
        pieces = batches.source.batch(batches.size, batches.seed, step)
        assert pieces.sizes.max() <= 16 + 3
        for table in batches.tables(step):
            seen += count_of(table)
    expected = count_of(model.reader.table(documents))
    assert seen == Counter({pair: 3 * times for pair, times in expected.items()})


def test_a_batch_takes_fewer_parts_of_long_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "PIECE", 16)
    monkeypatch.setattr(training, "MOST_PREDICTIONS", 40)
    model = random_model("gru", 5, block_size=8)
    cut = Batches(model, long_documents(), TrainingSettings(batch_size=10))
    assert cut.size < 10
    assert cut.predictions == pytest.approx(40, abs=12)
    assert Batches(model, long_documents(), TrainingSettings(batch_size=0)).size == cut.available
    whole = Batches(model, random_documents(5), TrainingSettings(batch_size=10))
    assert (whole.size, whole.available) == (10, 40)


def test_a_large_vocabulary_cuts_a_batch_so_that_its_logits_fit() -> None:
    documents, settings = random_documents(20_000, 3000), TrainingSettings(batch_size=2000)
    for name in ("mlp", "gru"):
        batches = Batches(random_model(name, 20_000), documents, settings)
        most = LOGITS_OF_PART if name == "gru" else LOGITS_OF_WHOLE
        assert batches.predictions / batches.parts * 20_000 <= most
        tables = list(batches.tables(0))
        assert len(tables) == batches.parts > 1
        assert sum(table.predictions for table in tables) == pytest.approx(
            batches.predictions, rel=0.1
        )


def test_a_batch_is_no_larger_than_the_corpus(corpus: Corpus, tmp_path: Path) -> None:
    for size, name in ((300, "exactly"), (10_000, "larger"), (0, "whole")):
        config = small_config("mlp", batch_size=size)
        run_training(config, corpus, create_run(tmp_path / name, "mlp"))
    metrics = [metrics_of(Run(tmp_path / name)) for name in ("exactly", "larger", "whole")]
    assert metrics[0] == metrics[1] == metrics[2]
