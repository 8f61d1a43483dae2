"""A validation of a large split measures a part of it, and says how far that may be off."""

import math
import statistics
from pathlib import Path

import numpy as np
import pytest
import torch

from makemore.config import read_config
from makemore.corpus.documents import Documents, Lines, Text
from makemore.corpus.splits import Corpus
from makemore.evaluation.losses import evaluate
from makemore.evaluation.scores import predict
from makemore.models.base import Model
from makemore.training.learner import Learner
from makemore.training.subset import FEWEST, Subset, draw
from tests.helpers import PLAY

CPU = torch.device("cpu")
LONG = "".join("abcdefg"[(i * i + i // 7) % 7] for i in range(3000))


def learner_of(model: str, corpus: Corpus, **settings: object) -> Learner:
    given = {"model": model, "batch_size": 32, "max_steps": 6, "format": corpus.format}
    return Learner(read_config(None, given | settings), corpus, CPU)


def corpus_of(kind: str, names: Corpus) -> Corpus:
    if kind == "names":
        return Corpus("names", names.train[:200], names.val[:300], [])
    if kind == "long":  # one of the documents is longer than all others together
        return Corpus("long", names.train[:200], [*names.val[:100], LONG, *names.val[100:150]], [])
    return Corpus(
        "play", [PLAY * 2], [PLAY * 6], [], read_config(None, {"format": "text"}).data.how
    )


CASES = [
    (model, kind)
    for model in ("mlp", "transformer", "gru")
    for kind in ("names", "long", "text")
    if (model, kind) != ("gru", "text")
]


def numbers_of(subset: Subset, split: Documents) -> list[list[int]]:
    """Find which predictions of the split each piece holds, document by document."""
    found = []
    for start, row, size in zip(
        subset.pieces.starts, subset.pieces.rows, subset.pieces.sizes, strict=True
    ):
        before = int(split.offsets[0]) if isinstance(split, Lines) else 0
        found.append(
            list(range(int(start) - before + int(row), int(start) - before + int(row + size)))
        )
    return found


@pytest.mark.parametrize(("model", "kind"), CASES)
def test_it_is_the_mean_over_what_was_drawn_each_as_in_the_whole(
    model: str, kind: str, names: Corpus
) -> None:
    learner = learner_of(model, corpus_of(kind, names), eval_predictions=700)
    subset, split = learner.validation.subset, learner.val_documents
    assert subset is not None
    of_all = predict(learner.model, split).losses
    numbers = numbers_of(subset, split)
    assert len({one for piece in numbers for one in piece}) == subset.predictions >= 700
    found = learner.validate()
    assert found is not None
    every = [of_all[one] for piece in numbers for one in piece]
    assert found.loss == pytest.approx(statistics.mean(every), abs=1e-6)
    assert found.predictions == len(every) == learner.progress.val_predictions
    sums = [sum(of_all[one] for one in piece) for piece in numbers]
    again = subset.estimate(np.array(sums))
    assert found.error == pytest.approx(again.error, rel=1e-4)


@pytest.mark.parametrize(("model", "kind"), CASES)
def test_of_all_pieces_it_is_the_exact_loss(model: str, kind: str, names: Corpus) -> None:
    learner = learner_of(model, corpus_of(kind, names))
    subset = all_but_few(learner.model, learner.val_documents)
    exact = evaluate(learner.model, learner.val_documents).loss
    losses = subset.losses(learner.model, subset.parts(learner.model), learner.workers)
    left = 1 - subset.predictions / learner.val_documents.predictions
    assert subset.estimate(losses).loss == pytest.approx(exact, abs=5 * left)


def all_but_few(model: Model, split: Documents) -> Subset:
    """Draw as much as can be drawn without drawing all."""
    for left in range(1, split.predictions):
        subset = draw(model, split, split.predictions - left, seed=1)
        if subset is not None:
            return subset
    raise AssertionError("nothing can be left out")


@pytest.mark.parametrize("kind", ["names", "text"])
def test_the_standard_error_is_the_spread_over_seeds(kind: str, names: Corpus) -> None:
    """The estimates of many subsets lie around the exact loss, as far as each says."""
    learner = learner_of("mlp", corpus_of(kind, names))
    model, split = learner.model, learner.val_documents
    with torch.no_grad():  # so that characters differ in their losses
        for parameter in model.parameters():
            parameter.mul_(3)
    of_all, exact = predict(model, split).losses, evaluate(model, split).loss
    found = []
    for seed in range(300):
        subset = draw(model, split, split.predictions // 4, seed)
        assert subset is not None
        sums = [of_all[piece].sum() for piece in numbers_of(subset, split)]
        found.append(subset.estimate(np.array(sums)))
    spread = statistics.stdev(one.loss for one in found)
    told = math.sqrt(statistics.mean(one.error**2 for one in found))
    assert told == pytest.approx(spread, rel=0.15)
    assert statistics.mean(one.loss for one in found) == pytest.approx(exact, abs=spread / 4)


def test_the_standard_error_of_equal_documents_is_that_of_a_mean() -> None:
    """Documents of one length: s / sqrt(m), times sqrt(1 - m / M) since none comes twice."""
    model = learner_of("mlp", Corpus("four", ["abcd", "dcba"], ["abcd"] * 400, [])).model
    split = Lines(np.tile([1, 2, 3, 4], 400), np.arange(401) * 4)
    subset = draw(model, split, 500, seed=3)
    assert subset is not None
    assert (len(subset.pieces), subset.available) == (100, 400)
    losses = np.random.default_rng(1).gamma(5, size=100)
    found = subset.estimate(losses)
    assert found.loss == pytest.approx(losses.mean() / 5)
    assert found.error == pytest.approx(losses.std(ddof=1) / 10 * math.sqrt(0.75) / 5)


@pytest.mark.parametrize("wanted", [0, 10**9])
def test_all_is_measured_where_that_is_asked_for(wanted: int, names: Corpus) -> None:
    learner = learner_of("mlp", corpus_of("names", names), eval_predictions=wanted)
    found, expected = learner.validate(), evaluate(learner.model, learner.val_documents)
    assert learner.validation.subset is None
    assert found == expected
    assert learner.progress.val_predictions == 0


def test_by_default_a_small_split_is_measured_whole_and_a_large_one_is_not(names: Corpus) -> None:
    assert learner_of("transformer", names).validation.subset is None  # all of the names
    large = Corpus("many", names.train[:200], list(names.val) * 8, [])
    subset = learner_of("mlp", large).validation.subset
    assert subset is not None
    assert FEWEST <= subset.predictions < FEWEST + 20
    assert learner_of("ngram", large).validation.subset is None  # it is validated once


def test_it_is_a_pure_function_of_the_seed_and_grows_with_the_predictions(names: Corpus) -> None:
    learner = learner_of("mlp", names)
    model, split = learner.model, learner.val_documents
    rows = []
    for predictions, seed in [(500, 1), (500, 1), (900, 1), (500, 2)]:
        subset = draw(model, split, predictions, seed)
        assert subset is not None
        rows.append(set(subset.pieces.rows.tolist()))
    assert rows[0] == rows[1] < rows[2]
    assert len(rows[0] & rows[3]) < 20


def test_a_text_without_a_place_to_cut_is_measured_whole() -> None:
    learner = learner_of("transformer", corpus_of("text", Corpus("", [], [], [])))
    assert draw(learner.model, Text(np.ones(40, dtype=np.int64)), 30, 1) is None


def test_a_resumed_run_validates_on_the_same_and_says_so(names: Corpus, tmp_path: Path) -> None:
    import makemore

    data = tmp_path / "names.txt"
    data.write_text("\n".join([*names.train[:400], *names.val[:60]]))
    settings = {"model": "mlp", "out": tmp_path / "run", "eval_interval": 5, "show": False}
    maker = makemore.train(data, max_steps=10, eval_predictions=100, **settings)  # type: ignore[arg-type]
    before = maker.progress
    assert 100 <= before.val_predictions < 120
    assert before.best_loss is not None
    assert before.best_error > 0
    logged = [row for row in maker.metrics if "loss/val" in row]
    assert all((row["loss/val_error"] or 0) > 0 for row in logged)
    (run,) = makemore.list_runs(tmp_path / "run")
    assert run.val_error == before.best_error
    assert f"{before.best_loss:.4f} ± {before.best_error:.4f}" in run.cells()
    resumed = makemore.resume(tmp_path / "run", max_steps=15, eval_interval=2, show=False)
    assert resumed.progress.val_predictions == before.val_predictions
    with pytest.raises(makemore.UsageError, match="--eval-predictions"):
        makemore.resume(tmp_path / "run", eval_predictions=200, show=False)
