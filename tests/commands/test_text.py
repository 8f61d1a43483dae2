"""One long text, by the commands that a user types."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from makemore.models import ARCHITECTURES
from tests.helpers import PYTHON, Runner, in_terminal, start_makemore


@pytest.fixture(scope="module")
def text_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with one small run in it, of one long text."""
    folder = tmp_path_factory.mktemp("text")
    lines = [f"{i}: the quick brown fox\n\tjumps over the lazy dog.\n" for i in range(200)]
    (folder / "text.txt").write_text("\n".join(lines))
    flags = ["--data", "text.txt", "--format", "text", "--model", "mlp", "--max-steps", "100"]
    process = start_makemore("train", *flags, "--out", "runs/one", cwd=folder)
    out, error = process.communicate()
    assert (process.returncode, error) == (0, "")
    assert "one text of 10,289 characters" in out
    return folder


def test_a_text_is_sampled_as_one_page_and_a_prompt_is_continued(
    run_makemore: Runner, text_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(text_run)
    assert len(run_makemore("sample").stdout) == 501
    flags = ["--prompt", "the quick ", "--temperature", "0.3", "--max-length", "40"]
    shown = run_makemore("sample", *flags).stdout
    assert shown.startswith("the quick brown fox")
    assert len(shown) == 41
    two = run_makemore("sample", *flags, "-n", "2", "--seed", "1").stdout
    assert two.count("the quick ") >= 2
    assert "\n" + "-" * 16 + "\n" in two
    as_json = run_makemore("sample", *flags, "-n", "3", "--json").stdout.splitlines()
    assert [len(json.loads(line)["text"]) for line in as_json] == [40] * 3
    unknown = run_makemore("sample", "--prompt", "the ß")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "doesn't know the character 'ß' in 'the ß'" in unknown.stderr
    assert len(unknown.stderr.splitlines()) == 1
    refused = run_makemore("sample", "--novel")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--novel is for a corpus of lines" in refused.stderr


def test_a_text_appears_in_a_terminal_while_it_is_drawn(text_run: Path) -> None:
    leader, follower = pty.openpty()
    command = [*PYTHON, "sample", "--max-length", "100000000"]
    with subprocess.Popen(command, cwd=text_run, stdout=follower) as process:
        os.close(follower)
        shown = b""
        while len(shown) < 100:
            shown += os.read(leader, 4096)
        assert process.poll() is None
        process.kill()
    os.close(leader)


def test_a_text_in_a_terminal_goes_on_with_the_prompt(text_run: Path) -> None:
    shown = in_terminal("sample", "--prompt", "the lazy ", "--seed", "2", cwd=text_run)
    assert shown.startswith("the lazy dog")
    assert len(shown.replace("\r\n", "\n")) == len("the lazy ") + 500 + 1


def test_a_text_is_evaluated_by_its_characters(
    run_makemore: Runner, text_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(text_run)
    splits = json.loads(run_makemore("eval", "--json").stdout)["splits"]
    assert sum(one["predictions"] for one in splits.values()) == 10_289
    assert "documents" not in run_makemore("eval").stdout
    Path("other.txt").write_text("the lazy dog\n")
    other = json.loads(run_makemore("eval", "--data", "other.txt", "--json").stdout)["splits"]
    assert other["other.txt"]["predictions"] == 13


def test_a_file_that_looks_like_the_other_kind_gets_a_hint_and_is_trained_as_told(
    run_makemore: Runner,
) -> None:
    Path("text.txt").write_text("Act one.\n\nEnter a king, and speaks.\n\n" * 20)
    flags = ["--model", "bigram", "--data", "text.txt"]
    as_lines = run_makemore("train", *flags)
    assert as_lines.exit_code == 0
    assert "text.txt looks like one long text: if it is, add --format text." in as_lines.stderr
    assert "40 documents" in as_lines.stdout
    assert run_makemore("train", *flags, "--format", "text").stderr == ""
    as_text = run_makemore("train", "--model", "bigram", "--format", "text")
    assert as_text.exit_code == 0
    assert "names.txt looks like a list, one thing a line" in as_text.stderr


@pytest.mark.parametrize("model", ARCHITECTURES)
def test_every_model_trains_on_a_text_of_thousands_of_characters(
    run_makemore: Runner, model: str
) -> None:
    text = "".join(chr(0x4E00 + i % 3001) + "\U0001f642\n"[i % 2] for i in range(6002))
    Path("text.txt").write_text(text, encoding="utf-8")
    flags = ["--data", "text.txt", "--format", "text", "--batch-size", "4", "--max-steps", "2"]
    assert run_makemore("train", "--model", model, *flags, "--out", "run").exit_code == 0
    assert len(run_makemore("sample", "--run", "run").stdout) == 501
    assert run_makemore("eval", "--run", "run", "--split", "val").exit_code == 0


def test_a_text_shorter_than_a_window_trains(run_makemore: Runner) -> None:
    Path("text.txt").write_text("abc")
    for model in ARCHITECTURES:
        flags = ["--data", "text.txt", "--format", "text", "--split", "1,0,0", "--max-steps", "2"]
        result = run_makemore("train", "--model", model, *flags, "--out", model)
        assert (result.exit_code, result.stderr) == (0, "")


def test_a_text_is_not_validated_before_the_first_step(text_run: Path) -> None:
    rows = map(json.loads, (text_run / "runs/one/metrics.jsonl").read_text().splitlines())
    assert [row["step"] for row in rows if "loss/val" in row] == [100]
