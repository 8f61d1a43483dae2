"""Models are trained in turn as `train` trains them, and ordered."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

import makemore
from makemore.comparison.comparison import Comparison
from makemore.corpus.reading import embedded_names
from tests.helpers import PLAY

MODELS = ["mlp", "bigram", "ngram"]
SETTINGS: dict[str, Any] = {"max_steps": 30, "batch_size": 64}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    lines = embedded_names().read_text(encoding="utf-8").splitlines()
    path = tmp_path / "some.txt"
    path.write_text("\n".join(lines[:1000]), encoding="utf-8")
    return path


def test_each_model_reaches_what_its_training_alone_reaches(data: Path) -> None:
    torch.manual_seed(5)
    state = torch.get_rng_state()
    found = makemore.compare(data, models=MODELS, show=False, **SETTINGS)
    assert torch.equal(torch.get_rng_state(), state), "the caller's random numbers are as before"
    assert [*data.parent.iterdir()] == [data], "nothing is written"
    assert {entry.model for entry in found.models} == set(MODELS)
    for entry in found.models:
        alone = makemore.train(data, model=entry.model, show=False, **SETTINGS)
        losses = alone.evaluate()
        assert (entry.train_loss, entry.val_loss) == (losses["train"].loss, losses["val"].loss)
        assert entry.n_parameters == alone.model.n_parameters
        assert entry.state == "finished"
        assert entry.samples == alone.preview()
        assert entry.maker is not None
        assert entry.maker.evaluate("val")["val"].loss == entry.val_loss
        assert entry.bits == losses["val"].bits
    assert found.predictions == losses["val"].predictions


def test_the_best_come_first_with_the_compressors_among_them(data: Path) -> None:
    found = makemore.compare(data, models=MODELS, show=False, **SETTINGS)
    losses = [entry.val_loss for entry in found.models]
    assert losses == sorted(losses)
    assert found.best is found.models[0]
    rows = [row.split() for row in repr(found).splitlines()[1:]]
    assert {row[0] for row in rows} == {*MODELS, "gzip", "bzip2", "xz"}
    shown = [float(row[-2]) for row in rows]
    assert shown == sorted(shown)
    for row in rows:
        assert float(row[-1]) == pytest.approx(float(row[-2]) / math.log(2), abs=1e-3)
    figures = json.loads(json.dumps(found.figures()))
    assert [model["loss"]["val"] for model in figures["models"]] == losses
    assert figures["best"] == found.models[0].model
    assert [one["text"] for one in figures["samples"]] == found.models[0].samples


def test_the_test_split_is_never_read(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = data.with_name("test.txt")
    results = []
    for text in ("emma\nanna\n", "ann\n" * 50):
        other.write_text(text)
        found = makemore.compare(data, models="mlp,ngram", test_data=other, show=False, **SETTINGS)
        results.append([(entry.train_loss, entry.val_loss) for entry in found.models])
    assert results[0] == results[1]


def test_a_stop_keeps_what_is_done(data: Path) -> None:
    seen: list[Comparison] = []
    found = makemore.compare(
        data,
        models=["bigram", "mlp", "gru"],
        show=False,
        watch=seen.append,
        should_stop=lambda: seen[-1].models[1].progress.step == 7,
        **SETTINGS,
    )
    states = {entry.model: entry.state for entry in found.models}
    assert states == {"bigram": "finished", "mlp": "stopped"}
    assert found.left == ["gru"]
    assert found.best is not None
    assert found.best.model == "bigram"
    assert "7/30" in repr(found)


def test_a_model_that_is_stopped_before_its_first_step_was_not_trained(data: Path) -> None:
    found = makemore.compare(data, models="mlp,gru", show=False, should_stop=lambda: True)
    assert (found.models, found.left, found.best) == ([], ["mlp", "gru"], None)
    assert [one.name for one in found.compressors] != []
    assert found.figures()["samples"] == []


def test_a_model_that_cannot_be_trained_is_a_row_that_says_so(data: Path) -> None:
    with pytest.warns(makemore.MakemoreWarning, match=r"Lost: There is no file .*lost\.py"):
        found = makemore.compare(data, models="lost.py:Lost,bigram", show=False)
    assert [(entry.model, entry.state) for entry in found.models] == [
        ("bigram", "finished"),
        ("Lost", "failed"),
    ]
    assert "There is no file" in str(found.models[1].error)
    assert "failed" in repr(found)
    with pytest.raises(makemore.UserError, match="There is no file"):
        makemore.compare(data, models="lost.py:Lost", show=False)


def test_without_held_out_text_there_is_nothing_to_compare_on(data: Path) -> None:
    with pytest.raises(makemore.UserError, match=r"no document in its val split.*--val-data"):
        makemore.compare(data, models="bigram", split=(1, 0, 0), show=False)


def test_one_long_text_is_compared_as_it_is_trained(tmp_path: Path) -> None:
    (tmp_path / "play.txt").write_text(PLAY)
    settings: dict[str, Any] = {"format": "text", "max_steps": 20, "show": False}
    found = makemore.compare(tmp_path / "play.txt", models="mlp,ngram", **settings)
    for entry in found.models:
        alone = makemore.train(tmp_path / "play.txt", model=entry.model, **settings)
        assert entry.val_loss == alone.evaluate("val")["val"].loss
        logged = [row["loss/train"] for row in alone.metrics if "loss/train" in row]
        assert entry.train_loss == logged[-1]
    assert found.predictions == len(alone.corpus.val[0])
