"""Samples, by the command that a user types."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from makemore.commands import app
from makemore.corpus.loading import load_corpus
from makemore.corpus.splits import Corpus
from tests.helpers import Runner, in_terminal, start_makemore


def test_samples_in_a_pipe_are_one_a_line_and_nothing_else(trained: Path) -> None:
    process = start_makemore("sample", "-n", "50", "--seed", "1", cwd=trained)
    out, error = process.communicate()
    assert (process.returncode, error) == (0, "")
    assert len(out.splitlines()) == 50
    assert re.fullmatch(r"([a-z]*\n){50}", out)


def test_in_a_terminal_each_sample_says_where_it_stands(trained: Path) -> None:
    shown = in_terminal("sample", "-n", "200", "--temperature", "0.5", "--seed", "0", cwd=trained)
    corpus = load_corpus(trained / "data.txt")
    lines = [line.split() for line in shown.splitlines()]
    assert len(lines) == 200
    places = {line[0]: line[1] for line in lines if len(line) == 2}
    assert places == {text: corpus.find(text) or "new" for text in places}
    assert set(places.values()) >= {"train", "new"}


def test_control_characters_are_spelled_out_in_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("\x1b[31mred\n", encoding="utf-8")
    flags = ["--model", "bigram", "--data", "data.txt", "--split", "1,0,0", "--smoothing", "0"]
    start_makemore("train", *flags, "--out", "run", cwd=tmp_path).communicate()
    shown = in_terminal("sample", "-n", "30", "--run", "run", cwd=tmp_path)
    assert "\\x1b[31mred" in shown


def test_json_samples_say_where_they_stand(run: Runner) -> None:
    result = run("sample", "-n", "40", "--seed", "3", "--temperature", "0.6", "--json")
    samples = [json.loads(line) for line in result.stdout.splitlines()]
    corpus = load_corpus(Path("data.txt"))
    assert len(samples) == 40
    for one in samples:
        assert one["in"] == (corpus.find(one["text"]) or "new")
        assert one["finished"] is True
    assert {one["in"] for one in samples} >= {"train", "new"}


def test_novel_samples_are_new(run: Runner) -> None:
    result = run("sample", "-n", "40", "--novel", "--temperature", "0.6", "--seed", "0", "--json")
    assert [json.loads(line)["in"] for line in result.stdout.splitlines()] == ["new"] * 40


def test_sampling_options_do_what_they_say(run: Runner) -> None:
    def lines(*flags: str) -> list[str]:
        return run("sample", "-n", "30", *flags).stdout.splitlines()

    assert lines("--seed", "4") == lines("--seed", "4") != lines("--seed", "5")
    assert lines() != lines(), "without a seed each draw is another"
    assert all(line.startswith("ann") for line in lines("--prompt", "ann"))
    assert len(set(lines("--temperature", "0"))) == 1
    assert (
        set(lines("--top-k", "1")) == set(lines("--top-p", "0")) == set(lines("--temperature", "0"))
    )
    assert max(map(len, lines("--max-length", "3"))) == 3
    assert min(map(len, lines("--min-length", "9"))) >= 9
    assert set(map(len, lines("--min-length", "4", "--max-length", "4", "--distinct"))) == {4}
    assert len(run("sample", "--run", "one").stdout.splitlines()) == 10
    assert len(run("sample", "--run", "runs/one/last.safetensors").stdout.splitlines()) == 10


def test_a_checkpoint_alone_is_enough_to_sample_from(
    run: Runner, trained: Path, tmp_path: Path
) -> None:
    file = tmp_path / "alone.safetensors"
    file.write_bytes((trained / "runs/one/best.safetensors").read_bytes())
    data = trained / "data.txt"
    data.rename(trained / "moved.txt")
    try:
        assert len(run("sample", "--run", str(file)).stdout.splitlines()) == 10
        as_json = run("sample", "-n", "1", "--json", "--run", str(file))
        assert json.loads(as_json.stdout)["in"] is None
        assert "Can't read" in as_json.stderr
        assert run("sample", "--novel", "--run", str(file)).exit_code == 1
    finally:
        (trained / "moved.txt").rename(data)


# --distinct


@pytest.fixture(scope="module")
def bigram(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with one run of a bigram on names."""
    folder = tmp_path_factory.mktemp("distinct")
    flags = ["--model", "bigram", "--out", str(folder / "runs/one")]
    assert CliRunner().invoke(app, ["train", *flags]).exit_code == 0
    return folder


@pytest.fixture
def run_bigram(run_makemore: Runner, bigram: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run a command in that folder."""
    monkeypatch.chdir(bigram)
    return run_makemore


def test_the_flag_gives_different_lines_and_a_seed_repeats_them(run_bigram: Runner) -> None:
    flags = ["sample", "--distinct", "-n", "50", "--prompt", "q", "--temperature", "0.3"]
    first = run_bigram(*flags, "--seed", "1")
    lines = first.stdout.splitlines()
    assert (first.exit_code, first.stderr) == (0, "")
    assert len(set(lines)) == len(lines) == 50
    assert all(line.startswith("q") for line in lines)
    assert (
        run_bigram(*flags, "--seed", "1").stdout
        == first.stdout
        != run_bigram(*flags, "--seed", "2").stdout
    )
    with_repeats = run_bigram(*(flag for flag in flags if flag != "--distinct"), "--seed", "1")
    assert len(set(with_repeats.stdout.splitlines())) < 50


def test_the_flag_goes_with_novel_and_json(run_bigram: Runner, names: Corpus) -> None:
    flags = ["--distinct", "--novel", "--json", "--temperature", "0.2", "--seed", "0"]
    samples = [
        json.loads(line) for line in run_bigram("sample", "-n", "60", *flags).stdout.splitlines()
    ]
    assert len({one["text"] for one in samples}) == len(samples) == 60
    assert all(one["in"] == "new" and names.find(one["text"]) is None for one in samples)
    shown = run_bigram("sample", "--distinct", "--json", "--max-length", "2", "--seed", "0").stdout
    cut_off = [json.loads(line) for line in shown.splitlines()]
    assert {(one["finished"], one["in"]) for one in cut_off if len(one["text"]) == 2} == {
        (False, None)
    }


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (["--temperature", "0", "-n", "2"], 1),
        (["--top-k", "1"], 1),
        (["--top-k", "1", "--novel"], 1),
        (["--max-length", "2", "--prompt", "a", "-n", "1000"], 27),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_fewer_than_asked_for_are_shown_and_then_a_sentence(
    run_bigram: Runner, flags: list[str], found: int
) -> None:
    result = run_bigram("sample", "--distinct", *flags)
    assert result.exit_code == 1
    assert f"only {found} can be drawn without a repeat" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert len(result.stdout.splitlines()) == found or "--novel" in flags


def test_too_few_new_ones_are_a_sentence(run_bigram: Runner) -> None:
    result = run_bigram("sample", "--distinct", "--novel", "--max-length", "3", "--prompt", "ab")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_one_long_text_is_refused(run_makemore: Runner) -> None:
    Path("text.txt").write_text("one long text\n" * 20)
    flags = ["--model", "bigram", "--data", "text.txt", "--format", "text", "--out", "run"]
    assert run_makemore("train", *flags).exit_code == 0
    result = run_makemore("sample", "--distinct", "--run", "run")
    assert result.exit_code == 2
    assert result.stderr == (
        "makemore: --distinct is for a corpus of lines; this run was trained on one long text.\n"
    )
