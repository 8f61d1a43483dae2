"""Losses, by the command that a user types."""

import json
from pathlib import Path

import pytest

from makemore.corpus.loading import load_corpus
from tests.helpers import Runner


def test_eval_shows_exact_losses_of_every_split(run: Runner) -> None:
    splits = json.loads(run("eval", "--json").stdout)["splits"]
    corpus = load_corpus(Path("data.txt"))
    assert list(splits) == ["train", "val", "test"]
    for split, documents in (("train", corpus.train), ("val", corpus.val), ("test", corpus.test)):
        assert splits[split]["documents"] == len(documents)
        assert splits[split]["predictions"] == sum(len(d) + 1 for d in documents)
    table = run("eval").stdout
    for heading in ("documents", "predictions", "loss", "bits", "perplexity"):
        assert heading in table
    for split, one in splits.items():
        row = next(line.split() for line in table.splitlines() if line.startswith(split))
        assert row[1:] == [
            f"{one['documents']:,}",
            f"{one['predictions']:,}",
            f"{one['loss']:.4f}",
            f"{one['bits']:.4f}",
            f"{one['perplexity']:.3f}",
        ]


def test_eval_takes_one_split_or_another_file(run: Runner, tmp_path: Path) -> None:
    whole = json.loads(run("eval", "--json").stdout)["splits"]
    one = json.loads(run("eval", "--split", "val", "--json").stdout)["splits"]
    assert one == {"val": whole["val"]}
    file = tmp_path / "val.txt"
    file.write_text("\n".join(load_corpus(Path("data.txt")).val))
    other = json.loads(run("eval", "--data", str(file), "--json").stdout)["splits"]
    assert other == {str(file): pytest.approx(whole["val"])}


def test_eval_says_when_the_corpus_has_changed(run: Runner, trained: Path) -> None:
    data = trained / "data.txt"
    before = data.read_text()
    data.write_text(before + "\nanother\n")
    try:
        assert "has changed since the run was trained" in run("eval").stderr
    finally:
        data.write_text(before)
    assert run("eval").stderr == ""


def test_a_loss_without_end_is_null_in_json(run_makemore: Runner) -> None:
    Path("data.txt").write_text("ab\nab\nab")
    Path("val.txt").write_text("ba")
    flags = ["--model", "bigram", "--smoothing", "0", "--data", "data.txt", "--out", "run"]
    assert run_makemore("train", *flags, "--split", "1,0,0", "--val-data", "val.txt").exit_code == 0
    shown = json.loads(run_makemore("eval", "--run", "run", "--json").stdout, parse_constant=fail)
    assert shown["splits"]["val"]["loss"] is None
    for line in Path("run/metrics.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=fail)
    result = run_makemore("train", "--resume", "--out", "run")
    assert "is at its end, step 0: start a new run without --resume" in result.stderr


def fail(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")
