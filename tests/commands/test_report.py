"""`makemore report` and `makemore replay` as a user types them."""

import json
from pathlib import Path

import pytest

from makemore.commands import console
from makemore.corpus.splits import Corpus
from makemore.pictures import gallery
from tests.helpers import Runner

TRAIN = ["train", "--model", "mlp", "--max-steps", "20", "--batch-size", "32", "--n-embd", "4"]


@pytest.fixture(autouse=True)
def _some_names(names: Corpus, run_makemore: Runner) -> None:
    """Write a few of the names into the folder of the commands."""
    Path("names.txt").write_text("\n".join([*names.train[:300], *names.val[:60], *names.test[:60]]))


@pytest.fixture(autouse=True)
def _one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "PICTURES", {"loss": gallery.PICTURES["loss"]})


def test_a_report_is_written_beside_its_run(run_makemore: Runner) -> None:
    run_makemore(*TRAIN, "--data", "names.txt", "--out", "runs/one")
    result = run_makemore("report")
    assert result.exit_code == 0
    assert "runs/one/report.html" in result.stdout
    found = json.loads(run_makemore("report", "one", "--out", "new/page.html", "--json").stdout)
    assert found["file"] == "new/page.html"
    assert found["bytes"] == Path("new/page.html").stat().st_size
    (run,) = found["runs"]
    assert (run["model"], run["step"]) == ("mlp", 20)
    assert set(run["splits"]) == {"train", "val", "test"}
    assert "loss" in run["pictures"]
    assert len(run["replay"]["steps"]) == 3

    assert run_makemore("report", "one", "--out", "page.pdf").exit_code == 2
    assert "holds no run" in run_makemore("report", "nothing").stderr


def test_a_run_is_replayed_in_a_pipe_in_a_terminal_and_as_json(
    run_makemore: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_makemore(*TRAIN, "--data", "names.txt", "--out", "runs/one")
    lines = run_makemore("replay", "-n", "2").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["step", "0", "10", "20"]
    found = json.loads(run_makemore("replay", "one", "-n", "2", "--json").stdout)
    assert (found["run"], found["seed"]) == ("runs/one", 0)
    assert [step["step"] for step in found["steps"]] == [0, 10, 20]
    first = found["steps"][0]["samples"][0]
    assert first["text"] in lines[1]

    monkeypatch.setattr(console, "in_terminal", lambda: True)
    shown = run_makemore("replay", "-n", "12").stdout
    assert shown.count("train loss") > 1  # as many tables as it takes
    assert run_makemore("replay", "--seed", "-1").exit_code == 2


def test_a_text_is_replayed_step_by_step(run_makemore: Runner) -> None:
    Path("text.txt").write_text("to be or not to be,\n" * 80)
    flags = ["--data", "text.txt", "--format", "text", "--block-size", "4"]
    run_makemore(*TRAIN, *flags, "--out", "runs/text")
    shown = run_makemore("replay").stdout
    assert shown.startswith("step 0\n")
    assert "\nstep 20, train loss " in shown


def test_a_run_that_kept_none_is_a_sentence(run_makemore: Runner) -> None:
    run_makemore(*TRAIN, "--data", "names.txt", "--keep-checkpoints", "0", "--out", "runs/one")
    result = run_makemore("replay")
    assert result.exit_code == 1
    assert result.stderr == (
        "makemore: runs/one kept no checkpoints to look at again: "
        "train with --keep-checkpoints 8.\n"
    )
