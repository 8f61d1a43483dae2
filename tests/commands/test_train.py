"""Runs trained by the command that a user types: shown, refused, interrupted, killed, resumed."""

import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from makemore.models import ARCHITECTURES
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.run import Run, claimed
from tests.helpers import Runner, assert_same_weights, in_terminal, metrics_of, start_makemore


def test_training_shows_plain_lines_then_a_table_samples_and_commands(
    run_makemore: Runner,
) -> None:
    result = run_makemore("train", "--model", "mlp", "--max-steps", "200", "--out", "here")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("names.txt: 32,257 documents (29,693 distinct), 26 characters")
    assert [line.split()[1] for line in lines if line.startswith("step")] == [
        "0/200",
        "100/200",
        "200/200",
    ]
    assert re.search(r"step 200/200  loss 2\.\d{4}  val 2\.\d{4}  \S+ characters/s", result.stdout)
    assert re.search(r"parameters +11,897", result.stdout)
    assert re.search(r"train loss +2\.\d{4}\s+val loss +2\.\d{4}\s+training time", result.stdout)
    for command in ("makemore sample -n 20 --run here", "makemore eval --run here"):
        assert command in result.stdout
    assert "\x1b" not in result.stdout


def test_the_bigram_tells_the_smoothing_that_it_chose(run_makemore: Runner) -> None:
    assert re.search(r"smoothing +0\.\d+", run_makemore("train", "--model", "bigram").stdout)
    assert list(Path("runs").glob("*-bigram/best.safetensors"))


def test_in_a_terminal_training_shows_a_live_line(tmp_path: Path) -> None:
    flags = ["--model", "mlp", "--max-steps", "400", "--out", "run"]
    shown = in_terminal("train", *flags, cwd=tmp_path)
    frames = re.findall(r"━\S* step (\d+)/400  loss \S+  val \S+ (?: \S+ characters/s)?", shown)
    assert len(set(frames)) > 2, "one line that moves"
    assert frames[-1] == "400"
    assert re.search(r"parameters +11,897", shown)
    assert len(re.findall(r"^\S* +(?:train|val|test|new)\r?$", shown, re.MULTILINE)) == 10


def test_a_refused_command_leaves_nothing_behind(run_makemore: Runner, tmp_path: Path) -> None:
    for arguments in (["--data", "nowhere.txt"], ["--n-layer", "0"], ["--device", "cuda"]):
        assert run_makemore("train", *arguments).exit_code != 0
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_with_thousands_of_characters_trains_and_samples(run_makemore: Runner) -> None:
    characters = [chr(0x4E00 + i) for i in range(3000)]
    lines = ["".join(characters[i : i + 4]) for i in range(0, 3000, 3)] + ["🙂🙃", "naïve"]
    Path("data.txt").write_text("\n".join(lines), encoding="utf-8")
    for model in ARCHITECTURES:
        flags = ["--model", model, "--data", "data.txt", "--max-steps", "3", "--out", model]
        assert run_makemore("train", *flags).exit_code == 0
        drawn = run_makemore("sample", "--run", model, "--max-length", "9", "--seed", "0")
        assert len(drawn.stdout) > 10


def test_a_corpus_of_one_word_trains_and_samples(run_makemore: Runner) -> None:
    Path("data.txt").write_text("a")
    for model in ARCHITECTURES:
        flags = ["--model", model, "--data", "data.txt", "--split", "1,0,0", "--max-steps", "3"]
        result = run_makemore("train", *flags, "--out", model)
        assert result.exit_code == 0
        assert re.search(r"val loss +no documents", result.stdout)
        assert run_makemore("eval", "--run", model).exit_code == 0
        assert run_makemore("eval", "--run", model, "--split", "val").exit_code == 1


def test_a_run_is_read_for_resuming_only_once_no_other_process_trains_it(
    run_makemore: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it could go on from a checkpoint that the other has meanwhile left behind."""
    flags = ["--model", "mlp", "--max-steps", "3", "--out", "run"]
    assert run_makemore("train", *flags).exit_code == 0
    read: list[Path] = []
    load = Checkpoint.load

    def load_and_tell(path: Path) -> Checkpoint:
        read.append(path)
        return load(path)

    monkeypatch.setattr(Checkpoint, "load", load_and_tell)
    with claimed(Run(Path("run"))):
        result = run_makemore("train", "--resume", "--out", "run", "--max-steps", "6")
    assert (result.exit_code, read) == (1, [])
    assert "is being trained by another process" in result.stderr
    assert run_makemore("train", "--resume", "--out", "run", "--max-steps", "6").exit_code == 0


def test_a_run_of_the_same_config_file_is_the_same_run(
    run_makemore: Runner, tmp_path: Path
) -> None:
    flags = ["--model", "mlp", "--max-steps", "20", "--seed", "7", "--split-seed", "3"]
    assert run_makemore("train", *flags, "--out", "a").exit_code == 0
    assert run_makemore("train", "--config", "a/config.toml", "--out", "b").exit_code == 0
    assert_same_weights(Run(Path("a")), Run(Path("b")))
    assert run_makemore("train", *flags[:-4], "--seed", "8", "--out", "c").exit_code == 0
    weights = [load_file(f"{run}/last.safetensors")["model.output.weight"] for run in "ac"]
    assert not torch.equal(*weights)


def finish(process: "subprocess.Popen[str]") -> tuple[str, str]:
    out, error = process.communicate(timeout=120)
    assert "Traceback" not in error
    return out, error


def kill_after(process: "subprocess.Popen[str]", file: Path, saves: int, delay: float) -> None:
    """SIGKILL a process some seconds after it has replaced a file so many times."""
    seen: set[int] = set()
    while len(seen) <= saves:
        if file.exists():
            seen.add(file.stat().st_mtime_ns)
        assert process.poll() is None, "the run was over before it could be killed: make it longer"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=delay)
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("kills", "seed"), [(3, 0), pytest.param(25, 1, marks=pytest.mark.campaign)]
)
def test_a_run_killed_again_and_again_ends_bit_for_bit_as_one_that_never_was(
    tmp_path: Path, kills: int, seed: int
) -> None:
    """Real processes and SIGKILL, at moments that have nothing to do with the program's own."""
    flags = ["--model", "transformer", "--n-layer", "2", "--n-embd", "32", "--dropout", "0.1"]
    flags += ["--batch-size", "32", "--max-steps", str(80 * kills), "--eval-interval", "5"]
    finish(start_makemore("train", *flags, "--out", "whole", cwd=tmp_path))
    whole, killed = Run(tmp_path / "whole"), Run(tmp_path / "killed")
    chance = random.Random(seed)
    process = start_makemore("train", *flags, "--out", "killed", cwd=tmp_path)
    for _ in range(kills):
        kill_after(process, killed.last, saves=chance.randint(1, 4), delay=chance.uniform(0, 0.08))
        process = start_makemore("train", "--resume", "--out", "killed", cwd=tmp_path)
    finish(process)
    assert process.returncode == 0
    assert_same_weights(whole, killed)
    assert metrics_of(whole) == metrics_of(killed)
    assert {
        path.name for path in killed.directory.glob("[!.]*") if "tfevents" not in path.name
    } == {
        "best.safetensors",
        "characters.tsv",
        "checkpoints",
        "config.toml",
        "embedding.tsv",
        "last.safetensors",
        "metrics.jsonl",
        "projector_config.pbtxt",
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_run_with_all_saved(tmp_path: Path, number: signal.Signals) -> None:
    flags = ["train", "--model", "mlp", "--max-steps", "100000", "--eval-interval", "100000"]
    process = start_makemore(*flags, "--out", "run", cwd=tmp_path)
    while not (tmp_path / "run" / "last.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    out, error = finish(process)
    assert process.returncode == 128 + number
    assert error == ""
    assert "all is saved. Go on with:\nmakemore train --resume --out run" in out
    step = Checkpoint.load(tmp_path / "run" / "last.safetensors").progress.step
    assert f"Stopped at step {step:,};" in out
    sampled = start_makemore("sample", "-n", "3", "--run", "run", cwd=tmp_path)
    assert len(finish(sampled)[0].splitlines()) == 3
