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
from makemore.corpus.splits import Corpus
from makemore.recipe import TrainingSettings
from makemore.runs.run import Run, create_run
from makemore.training.batches import Batches, batch_rows, n_windows, window_starts
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
        found, expected = ordered.table(step), unordered.table(step)
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
        for part in range(3):
            found += count_of(parted.table(step, part))
        assert found == count_of(whole.table(step))


def test_parts_keep_together_what_begins_alike() -> None:
    """Cutting a batch costs a few contexts that both sides begin with, and no more."""
    model = random_model("gru", 5, longest=9)
    documents = random_documents(5)
    tables = {}
    for parts in (1, 2):
        batches = Batches(model, documents, TrainingSettings(batch_size=30), parts)
        tables[parts] = [batches.table(3, part) for part in range(parts)]
    sizes = {
        parts: sum(len(table.tokens) for table in cut if isinstance(table, PrefixTable))
        for parts, cut in tables.items()
    }
    assert sizes[1] < sizes[2] <= sizes[1] + 9


def test_a_batch_is_no_larger_than_the_corpus(corpus: Corpus, tmp_path: Path) -> None:
    for size, name in ((300, "exactly"), (10_000, "larger"), (0, "whole")):
        config = small_config("mlp", batch_size=size)
        run_training(config, corpus, create_run(tmp_path / name, "mlp"))
    metrics = [metrics_of(Run(tmp_path / name)) for name in ("exactly", "larger", "whole")]
    assert metrics[0] == metrics[1] == metrics[2]
