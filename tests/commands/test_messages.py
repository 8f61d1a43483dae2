"""What a command says on stderr: errors as one sentence each, and silence in a pipe."""

import os
import subprocess
from pathlib import Path

import pytest

from makemore.runs.checkpoint import Checkpoint
from tests.helpers import PYTHON, Runner


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["train", "--data", "nowhere.txt"], 1, "nowhere.txt: No such file"),
        (["train", "--data", "."], 1, " text"),
        (["train", "--config", "nowhere.toml"], 1, "Can't read nowhere.toml"),
        (["train", "--model", "gpt5"], 2, "--model: 'gpt5' is none of bigram, ngram, mlp"),
        (["train", "--model", "mlp", "--n-head", "2"], 2, "--n-head: belongs to transformer"),
        (["train", "--n-layer", "0"], 2, "--n-layer"),
        (["train", "--device", "cuda"], 2, "finds no CUDA GPU here"),
        (["train", "--out", "runs/one"], 1, "holds a run already"),
        (["train", "--out", "data.txt"], 1, "Can't make data.txt"),
        (["train", "--resume", "--config", "x.toml"], 2, "leave out --config"),
        (["train", "--resume", "--out", "nowhere"], 1, "nowhere holds no run"),
        (["train", "--resume", "--n-embd", "99"], 2, "--n-embd can't be changed"),
        (["train", "--resume"], 1, "is at its end"),
        (["train", "--model", "mlp", "--n-hidden", "99999999999"], 2, "less than or equal to"),
        (["sample", "--run", "nowhere"], 1, "nowhere holds no run"),
        (["sample", "--run", "data.txt"], 1, "is damaged, or no checkpoint"),
        (["sample", "--prompt", "é"], 1, "doesn't know the character 'é'"),
        (["sample", "--prompt", "abc", "--max-length", "3"], 2, "give a larger --max-length"),
        (["sample", "--min-length", "99"], 2, "--min-length 99 is longer than a sample may be, "),
        (["eval", "--data", "nowhere.txt"], 1, "No such file"),
        (["eval", "--data", "nowhere.txt", "--split", "val"], 1, "No such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_the_user_can_fix_is_one_sentence_on_stderr(
    run: Runner, arguments: list[str], status: int, message: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == status
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_run_that_can_t_be_written_to_is_a_sentence(
    run_makemore: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    result = run_makemore("train", "--model", "mlp", "--out", "run")
    assert (result.exit_code, result.stderr) == (
        1,
        "makemore: Can't write to run: Permission denied.\n",
    )


LACKS = (
    "makemore: Standard output is ascii and lacks some characters: an escape such as \\xe9 or "
    "\\u2026 stands for each. PYTHONIOENCODING=utf-8 writes them all.\n"
)


def run_encoded(encoding: str, *arguments: str, cwd: Path) -> str:
    """Run a command to its end, and give what it has printed, as ASCII spells it out.

    In ascii itself, that some characters are spelled out must be said once.
    """
    done = subprocess.run(
        [*PYTHON, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (0, LACKS if encoding == "ascii" else "")
    return done.stdout.decode().encode("ascii", "backslashreplace").decode()


def test_what_standard_output_can_t_encode_is_written_as_an_escape_and_said_once(
    tmp_path: Path,
) -> None:
    (tmp_path / "łąki.txt").write_text("łąka\nżółw\n", encoding="utf-8")
    flags = ["--model", "bigram", "--data", "łąki.txt", "--split", "1,0,0", "--out"]
    shown = run_encoded("ascii", "train", *flags, "één", cwd=tmp_path)
    assert "\\u0142\\u0105ki.txt: 2 documents" in shown
    assert "--run '\\xe9\\xe9n'" in shown
    sample = ["sample", "-n", "50", "--seed", "0", "--run", "één"]
    as_it_is = run_encoded("utf-8", *sample, cwd=tmp_path)
    assert "\\u0142\\u0105" in as_it_is
    assert as_it_is == run_encoded("ascii", *sample, cwd=tmp_path)


def test_a_reader_that_leaves_early_is_no_error(trained: Path) -> None:
    command = " ".join([*PYTHON, "sample", "-n", "50000", "|", "head", "-n", "1"])
    done = subprocess.run(command, shell=True, cwd=trained, capture_output=True, text=True)
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


def test_training_into_a_pipe_that_closes_ends_with_all_saved(tmp_path: Path) -> None:
    flags = "--model mlp --eval-interval 50 --max-steps 100000 --out run"
    command = " ".join([*PYTHON, "train", flags, "|", "head", "-n", "4"])
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert (len(done.stdout.splitlines()), done.stderr) == (4, "")
    last = Checkpoint.load(tmp_path / "run" / "last.safetensors").progress.step
    assert last >= 100
