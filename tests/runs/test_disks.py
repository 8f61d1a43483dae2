"""A disk that fails while a training writes: a sentence, and the checkpoint before still stands."""

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.progress import Progress
from makemore.runs.run import Run, create_run
from makemore.runs.run_recorder import RunRecorder
from makemore.training.learner import Learner
from makemore.training.loop import train
from tests.helpers import Runner, assert_same_weights, metrics_of, small_config

Watch = Callable[[Progress], None]


def train_on(corpus: Corpus, run: Run, watch: Watch = lambda progress: None) -> None:
    """Train a run, new or from its last checkpoint, to its end."""
    resumed = Checkpoint.load(run.last) if run.last.exists() else None
    config = small_config("mlp", diagnostics="full")
    learner = Learner(config, corpus, torch.device("cpu"), resumed)
    train(learner, RunRecorder(run), watch=watch)


def at(step: int, fail: Callable[[], object]) -> Watch:
    """Let the disk fail after a step."""

    def watch(progress: Progress) -> None:
        if progress.step == step:
            fail()

    return watch


def assert_ends_as_if_nothing_had_been(run: Run, corpus: Corpus) -> None:
    """Resume a run that failed after step 12, where a kill has left half of two files as well."""
    assert Checkpoint.load(run.last).progress.step in (10, 15)
    whole = create_run(run.directory.parent / "whole", "mlp")
    for partial in ("events.out.tfevents.1.partial", "checkpoints/step-000099.safetensors.partial"):
        (run.directory / partial).write_bytes(b"half")
    for one in (run, whole):
        train_on(corpus, one)
    assert_same_weights(run, whole)
    assert metrics_of(run) == metrics_of(whole)
    assert not list(run.directory.rglob("*.partial"))
    assert run.kept.keys() == whole.kept.keys()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of three megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root mounts a file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system may be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk(corpus: Corpus, small_disk: Path) -> None:
    run, ballast = create_run(small_disk / "run", "mlp"), small_disk / "ballast"

    def fill() -> None:
        with suppress(OSError), ballast.open("wb", 0) as file:
            while file.write(bytes(4096)):
                pass

    with pytest.raises(UserError, match=r"Can't write .*: No space left on device\.$"):
        train_on(corpus, run, at(12, fill))
    with pytest.raises(UserError, match=r"Can't write .*: No space left on device\.$"):
        train_on(corpus, run)  # it is still full
    ballast.unlink()
    assert_ends_as_if_nothing_had_been(run, corpus)


def test_a_disk_that_is_read_only(corpus: Corpus, small_disk: Path) -> None:
    run = create_run(small_disk / "run", "mlp")
    with pytest.raises(ZeroDivisionError):
        train_on(corpus, run, at(12, lambda: 1 / 0))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(UserError, match=r"Can't .*: Read-only file system\.$"):
        train_on(corpus, run)
    with pytest.raises(UserError, match=r"Can't make .*new: Read-only file system"):
        create_run(small_disk / "new", "mlp")
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert_ends_as_if_nothing_had_been(run, corpus)


@pytest.mark.skipif(os.name != "posix", reason="there is no such limit")
def test_files_that_may_grow_no_further(corpus: Corpus, tmp_path: Path) -> None:
    import resource

    run = create_run(tmp_path / "run", "mlp")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))

    try:
        with pytest.raises(UserError, match=r"Can't write .*: File too large\.$"):
            train_on(corpus, run, at(12, limit))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert_ends_as_if_nothing_had_been(run, corpus)


def test_a_folder_that_disappears(
    corpus: Corpus, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = create_run(tmp_path / "run", "mlp")
    with pytest.raises(UserError, match=r"Can't write .*: No such file or directory\.$"):
        train_on(corpus, run, at(12, lambda: shutil.rmtree(run.directory)))
    assert not run.directory.exists(), "it does not come back with a part of what it held"
    assert capfd.readouterr().err == "", "no thread has said something of its own"


def test_a_network_drive_that_fails_to_bring_files_to_disk(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(tmp_path / "run", "mlp")

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch, pytest.raises(UserError, match="Input/output error"):
        train_on(corpus, run, at(12, lambda: patch.setattr("os.fsync", fail)))
    assert_ends_as_if_nothing_had_been(run, corpus)


def test_a_drive_that_has_no_fsync_is_written_to_all_the_same(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lack(_: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr("os.fsync", lack)
    run = create_run(tmp_path / "run", "mlp")
    train_on(corpus, run)
    assert Checkpoint.load(run.last).progress.finished


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (".lock", "Can't write to run: Is a directory"),
        ("metrics.jsonl", "Can't read run/metrics.jsonl: Is a directory"),
        ("best.safetensors", "Can't write run/best.safetensors: "),
    ],
)
def test_a_folder_where_a_file_should_be(run_makemore: Runner, name: str, sentence: str) -> None:
    (Path("run") / name).mkdir(parents=True)
    (Path("run") / name / "of its own").touch()
    result = run_makemore("train", "--model", "mlp", "--max-steps", "2", "--out", "run")
    assert sentence in result.stderr


def test_a_file_where_a_folder_should_be(run_makemore: Runner) -> None:
    Path("run").mkdir()
    (Path("run") / "checkpoints").touch()
    result = run_makemore("train", "--model", "mlp", "--max-steps", "2", "--out", "run")
    assert "Can't make run/checkpoints: File exists." in result.stderr


def test_what_may_not_be_read_is_not_called_missing(
    run_makemore: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ["train", "--model", "mlp", "--max-steps", "2", "--n-hidden", "9", "--out", "run"]
    assert run_makemore(*flags).exit_code == 0
    usual = Path.open

    def forbidden(path: Path, *rest: Any, **options: Any) -> Any:  # root may read all
        if path.name == hidden:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return usual(path, *rest, **options)

    monkeypatch.setattr(Path, "open", forbidden)
    resume = ["train", "--resume", "--out", "run", "--max-steps", "4"]
    for hidden, arguments in (
        ("best.safetensors", ["sample", "--run", "run"]),
        ("last.safetensors", resume),
        ("metrics.jsonl", resume),
        ("metrics.jsonl", ["plot", "loss", "run"]),
    ):
        result = run_makemore(*arguments)
        expected = (1, f"makemore: Can't read run/{hidden}: Permission denied.\n")
        assert (result.exit_code, result.stderr) == expected
