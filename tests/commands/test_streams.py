"""Standard output on a full disk is a sentence; closed streams, and a folder that is gone."""

import os
import subprocess
from pathlib import Path

import pytest
import torch

from makemore.corpus.splits import Corpus
from makemore.errors import OutputError
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.progress import Progress
from makemore.runs.run import create_run
from makemore.runs.run_recorder import RunRecorder
from makemore.training.learner import Learner
from makemore.training.loop import train
from tests.helpers import PYTHON, small_config

FULL = "makemore: Standard output can't be written: No space left on device.\n"
pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


def shell(command: str, cwd: Path, unbuffered: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a line of a shell, in which `makemore` is ours."""
    line = f'makemore() {{ {" ".join(PYTHON)} "$@"; }}; {command}'
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    return subprocess.run(
        ["bash", "-c", line], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("arguments", ["sample -n 3", "sample --json", "eval", "runs", "--version"])
def test_standard_output_on_a_full_disk_is_a_sentence(trained: Path, arguments: str) -> None:
    done = shell(f"makemore {arguments} > /dev/full", trained)
    assert (done.returncode, done.stderr) == (1, FULL)


@pytest.mark.parametrize("arguments", ["runs", "--help", "--version"])
def test_unbuffered_too(trained: Path, arguments: str) -> None:
    done = shell(f"makemore {arguments} > /dev/full", trained, unbuffered="1")
    assert (done.returncode, done.stderr) == (1, FULL)


def test_a_training_that_can_t_tell_how_far_it_is_saves_before_it_ends(
    corpus: Corpus, tmp_path: Path
) -> None:
    def watch(progress: Progress) -> None:
        if progress.step == 7:
            raise OutputError

    run = create_run(tmp_path / "run", "mlp")
    learner = Learner(small_config("mlp"), corpus, torch.device("cpu"))
    with pytest.raises(OutputError):
        train(learner, RunRecorder(run), watch=watch)
    assert Checkpoint.load(run.last).progress.step == 7


def test_a_training_that_can_t_show_its_end_has_saved_it(tmp_path: Path) -> None:
    done = shell("makemore train --model bigram --json --out run > /dev/full", tmp_path)
    assert (done.returncode, done.stderr) == (1, FULL)
    assert Checkpoint.load(tmp_path / "run" / "best.safetensors").progress.finished


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_stops_no_command(trained: Path, closed: str) -> None:
    done = shell(f"makemore sample -n 3 --seed 0 {closed}", trained)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == (3 if closed == "2>&-" else 0)


@pytest.mark.parametrize("lost", ["2>&-", "2>/dev/full", "2>&1 >&- | true"])
def test_a_sentence_that_reaches_nobody_goes_nowhere_else(tmp_path: Path, lost: str) -> None:
    done = shell(f"set -o pipefail; makemore runs {lost}", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_a_pipe_that_closed_before_anything_was_written_ends_quietly(trained: Path) -> None:
    assert shell("makemore sample -n 3 | true", trained).stderr == ""


@pytest.mark.parametrize("arguments", ["train --data x.txt", "sample --run x", "runs"])
def test_a_folder_that_was_removed_is_a_sentence(tmp_path: Path, arguments: str) -> None:
    done = shell(f"mkdir gone; cd gone; rmdir ../gone; makemore {arguments}", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "makemore: The folder that this shell is in was removed: change to one that is there, by "
        "cd.\n",
    )
