"""`makemore runs`."""

import json
from pathlib import Path

import makemore
from tests.helpers import Runner


def test_the_runs_are_listed_as_the_library_does(run: Runner) -> None:
    shown = run("runs").stdout
    assert shown == f"{makemore.list_runs()!r}\n"
    assert "trained on data.txt" in shown
    (line,) = run("runs", "--json").stdout.splitlines()
    figures = json.loads(line)
    assert figures == makemore.list_runs("runs")[0].figures()
    measured = json.loads(run("eval", "--split", "val", "--json").stdout)["splits"]["val"]
    assert figures["loss"]["val"] == measured["loss"]


def test_what_cannot_be_read_is_said_below(run_makemore: Runner) -> None:
    Path("runs/empty").mkdir(parents=True)
    result = run_makemore("runs")
    assert result.exit_code == 0
    assert result.stdout.endswith("runs/empty holds no run.\n")


def test_where_no_run_is_the_sentence_says_what_to_do(run_makemore: Runner) -> None:
    result = run_makemore("runs")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is no run under runs/ yet: train one" in result.stderr
