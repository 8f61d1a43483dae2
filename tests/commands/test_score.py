"""Scores, by the command that a user types."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from makemore.corpus.loading import load_corpus
from makemore.maker import Maker
from tests.helpers import PLAY, PYTHON, Runner, in_terminal


def test_the_scores_of_a_file_sum_to_what_eval_says(run: Runner, tmp_path: Path) -> None:
    words = load_corpus(Path("data.txt")).test
    file = tmp_path / "words.txt"
    file.write_text("\r\n\n".join(words))
    shown = run("score", "--data", str(file), "--json").stdout.splitlines()
    scores = [json.loads(line) for line in shown]
    assert [one["text"] for one in scores] == words
    measured = json.loads(run("eval", "--data", str(file), "--json").stdout)["splits"][str(file)]
    mean = sum(one["nats"] for one in scores) / measured["predictions"]
    assert mean == pytest.approx(measured["loss"], abs=1e-6)
    one = scores[0]
    assert one["characters"] == [*words[0], ""]
    assert len(one["probabilities"]) == len(one["expected"]) == len(words[0]) + 1
    assert 0 <= one["percentile"] <= 100
    assert one["likelier"].keys() == {"estimate", "error", "at_least"}


def test_words_are_rows_with_the_figures_of_the_library(run: Runner) -> None:
    result = run("score", "emma", "xqzt")
    assert (result.exit_code, result.stderr) == (0, "")
    heading, *rows = result.stdout.splitlines()
    figures_named = "nats bits/char perplexity percentile words likelier"
    assert " ".join(heading.split()) == f"bits {figures_named}"
    maker = Maker.load("runs/one", "cpu")
    for row, one in zip(rows, maker.score(["emma", "xqzt"]), strict=True):
        word, digits, *figures = row.split(maxsplit=6)
        assert word == f"{one.text}."
        assert digits == "".join(str(min(9, round(bits))) for bits in one.surprises)
        assert tuple(figures) == one.cells()


def test_verbose_tells_what_was_expected_in_the_place_of_each_character(run: Runner) -> None:
    shown = run("score", "emma", "--verbose").stdout
    (one,) = Maker.load("runs/one", "cpu").score("emma", likeliest=3)
    assert repr(one) in shown
    assert one.expected is not None
    assert all(len(best) == 3 for best in one.expected)
    assert shown.splitlines()[-2].startswith(f"nats {one.nats:.2f}, bits/char {one.bits:.3f}")


def test_words_come_from_standard_input(trained: Path) -> None:
    given = "\ufeffada\n\n bob \r\n".encode()
    command = [*PYTHON, "score", "--json"]
    shown = subprocess.run(command, cwd=trained, input=given, capture_output=True, check=True)
    assert [json.loads(line)["text"] for line in shown.stdout.splitlines()] == ["ada", "bob"]


def test_the_worst_of_a_corpus_come_first(run: Runner) -> None:
    shown = run("score", "anna", "xqzt", "qqq", "--sort", "worst", "--json").stdout
    bits = [json.loads(line)["bits"] for line in shown.splitlines()]
    assert bits == sorted(bits, reverse=True)
    best = run("score", "anna", "xqzt", "qqq", "--sort", "best", "--json").stdout
    assert best.splitlines() == shown.splitlines()[::-1]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["josé"], 1, "doesn't know the character 'é' in 'josé'"),
        (["ada", " "], 2, "' ' is no word to score"),
        (["ada", "--data", "data.txt"], 2, "not both"),
        (["--data", "nowhere.txt"], 1, "Can't read nowhere.txt"),
        ([], 1, "holds no text"),
    ],
)
def test_what_can_t_be_scored_is_said_in_a_sentence(
    run: Runner, arguments: list[str], status: int, said: str
) -> None:
    result = run("score", *arguments)
    assert result.exit_code == status
    assert said in result.stderr
    assert result.stdout == ""


def test_a_terminal_has_colours_in_the_place_of_digits(trained: Path) -> None:
    shown = in_terminal("score", "emma", cwd=trained)
    assert "under 1 bit" in shown
    assert re.search(r"emma\. +\d+\.\d\d", shown)


def test_a_text_is_scored_whole(run_makemore: Runner) -> None:
    Path("play.txt").write_text(PLAY)
    flags = ["--format", "text", "--model", "bigram", "--data", "play.txt", "--out", "run"]
    assert run_makemore("train", *flags).exit_code == 0
    one = json.loads(run_makemore("score", "--data", "play.txt", "--run", "run", "--json").stdout)
    measured = run_makemore("eval", "--data", "play.txt", "--run", "run", "--json").stdout
    expected = json.loads(measured)["splits"]["play.txt"]
    assert one["nats"] / len(PLAY) == pytest.approx(expected["loss"], abs=1e-6)
    assert (one["percentile"], one["likelier"]) == (None, None)
    shown = run_makemore("score", "First Citizen:", "--run", "run").stdout.splitlines()
    assert shown[0] == "First Citizen:"
    assert len(shown[1]) == len(shown[0])
    assert shown[2].startswith("nats ")
    result = run_makemore("eval", "--run", "run", "--samples", "9")
    assert (result.exit_code, "is for a corpus of lines" in result.stderr) == (2, True)


def test_eval_tells_how_good_samples_are(run: Runner) -> None:
    found = json.loads(run("eval", "--samples", "300", "--json").stdout)["samples"]
    quality = Maker.load("runs/one", "cpu").sample_quality(300)
    assert found == json.loads(json.dumps(quality.figures()))
    shares = found["shares"]
    assert shares["new"]["drawn"] == pytest.approx(
        1 - sum(shares[f"in {split}"]["drawn"] for split in ("train", "val", "test"))
    )
    table = run("eval", "--split", "val", "--samples", "300").stdout
    assert repr(quality) in table
