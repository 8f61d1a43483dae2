"""Every run of a folder is a row, the best of each corpus first."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.listing import list_runs
from makemore.runs.progress import Progress
from makemore.runs.run import Run, claimed, create_run
from tests.helpers import run_training, small_config

Make = Callable[..., Run]


@pytest.fixture
def make(tmp_path: Path, checkpoint: Checkpoint) -> Make:
    """Make a run with a checkpoint that has some fingerprint and progress."""

    def make(name: str, fingerprint: str = "f", age: int = 0, **progress: Any) -> Run:
        run = create_run(tmp_path / name, "mlp")
        known = {"step": 5, "max_steps": 5, "best_loss": 2.0, **progress}
        kept = replace(checkpoint, fingerprint=fingerprint, progress=Progress(**known))
        kept.save(run.last)
        os.utime(run.last, (1e9 - age, 1e9 - age))
        return run

    return make


def test_a_row_tells_what_the_training_did(corpus: Corpus, tmp_path: Path) -> None:
    run = create_run(tmp_path / "one", "mlp")
    progress = run_training(small_config("mlp"), corpus, run)
    (row,) = list_runs(tmp_path)
    kept = Checkpoint.load(run.last)
    assert (row.path, row.state, row.model) == (run.directory, "finished", "mlp")
    assert (row.step, row.max_steps) == (24, 24)
    assert row.val_loss == progress.best_loss
    assert row.train_loss == [m for m in run.read_metrics() if "loss/train" in m][-1]["loss/train"]
    assert row.seconds == kept.progress.seconds
    model = kept.build(kept.weights["output.weight"].device)
    assert row.n_parameters == sum(weight.numel() for weight in model.parameters())
    assert (row.corpus, row.data) == (corpus.fingerprint, "names.txt")
    assert row.saved == datetime.fromtimestamp(run.last.stat().st_mtime).astimezone()
    assert list_runs(run.directory) == [row], "a run itself is a folder of one"


def test_the_best_comes_first_among_those_of_the_same_corpus(tmp_path: Path, make: Make) -> None:
    make("other", "g", age=9, best_loss=0.1)
    make("worse", best_loss=2.5)
    make("best", age=99, best_loss=1.5)
    make("without", best_loss=None)
    found = list_runs(tmp_path)
    assert [row.path.name for row in found] == ["best", "worse", "without", "other"]
    shown = repr(found).splitlines()
    assert shown[1].startswith("trained on names.txt (f)")
    assert shown[5].startswith("trained on names.txt (g)")


def test_a_run_is_finished_or_stopped_or_running(tmp_path: Path, make: Make) -> None:
    run = make("run", step=3)

    def state() -> str:
        return list_runs(tmp_path)[0].state

    assert state() == "stopped"
    with claimed(run):
        assert state() == "running"
        assert "running" in repr(list_runs(tmp_path))
    assert state() == "stopped"
    assert "3/5" in repr(list_runs(tmp_path))


def test_who_asks_whether_a_run_is_trained_hinders_nobody(tmp_path: Path, make: Make) -> None:
    run = make("run")
    with claimed(run):
        pass
    before = sorted(tmp_path.rglob("*"))
    list_runs(tmp_path)
    with claimed(run):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_without_a_checkpoint_is_known_by_its_config(tmp_path: Path) -> None:
    run = create_run(tmp_path / "run", "mlp")
    run.config.write_text(small_config("gru", data="/some/where.txt").to_toml())
    (row,) = list_runs(tmp_path)
    assert (row.model, row.step, row.max_steps, row.state) == ("gru", 0, 24, "stopped")
    assert row.data == "/some/where.txt"


def test_what_cannot_be_read_is_a_row_that_says_why(tmp_path: Path, make: Make) -> None:
    whole = make("whole")
    make("cut").last.write_bytes(whole.last.read_bytes()[:100])
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "notes.md").write_text("hello")
    (tmp_path / "file.txt").write_text("no directory")
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "config.toml").write_text("model = 3")
    (tmp_path / "toml").mkdir()
    (tmp_path / "toml" / "config.toml").write_bytes(b"\xff = [")
    found = {row.path.name: row for row in list_runs(tmp_path)}
    assert next(iter(found)) == "whole"
    assert found.keys() == {"whole", "cut", "foreign", "wrong", "toml"}
    assert found["whole"].error is None
    assert "damaged" in str(found["cut"].error)
    assert str(found["foreign"].error).endswith("foreign holds no run.")
    for name in found.keys() - {"whole"}:
        assert found[name].state == "unreadable"
        assert found[name].error
        assert found[name].figures()["loss"] == {"train": None, "val": None}
    assert repr(list_runs(tmp_path)).count("unreadable") == 4


def test_a_directory_that_nobody_may_look_into_is_a_row(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("shut")
    is_file = Path.is_file

    def refuse(path: Path, **how: Any) -> bool:
        if path.parent.name == "shut":
            raise PermissionError(13, "Permission denied")
        return is_file(path, **how)

    monkeypatch.setattr(Path, "is_file", refuse)
    (row,) = list_runs(tmp_path)
    assert row.error == f"Can't read {tmp_path / 'shut'}: Permission denied."


def test_a_log_that_is_cut_off_tells_its_last_whole_line(tmp_path: Path, make: Make) -> None:
    run = make("run")
    old = "".join(json.dumps({"step": n, "loss/train": 9.0}) + "\n" for n in range(2000))
    run.metrics.write_text(
        old + '{"step": 1, "loss/train": 1.25}\n{"step": 2, "loss/val": 2}\n{"st'
    )
    assert list_runs(tmp_path)[0].train_loss == 1.25
    run.metrics.write_text('[1]\n3\n"loss/train"\nnull\n')
    assert list_runs(tmp_path)[0].train_loss is None


def test_a_name_shows_no_escape_sequence(tmp_path: Path, make: Make) -> None:
    make("\x1b[31m[bold]red")
    shown = repr(list_runs(tmp_path))
    assert "\x1b" not in shown
    assert "\\x1b[31m[bold]red" in shown


def test_a_folder_without_runs_is_a_sentence(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="There is no run under"):
            list_runs(folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"Can't read .*file: Not a directory"):
        list_runs(tmp_path / "file")


def test_runs_are_listed_without_torch(tmp_path: Path, make: Make) -> None:
    make("run")
    code = (
        "import sys, makemore\n"
        f"assert len(makemore.list_runs({str(tmp_path)!r})) == 1\n"
        "assert not {'torch', 'tensorboard'} & set(sys.modules), 'slow to start'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
