"""Ctrl-C, SIGTERM and SIGHUP, to real processes, at places of the program that the test names."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from makemore.commands import app
from makemore.corpus.reading import embedded_names
from makemore.corpus.splits import Corpus
from makemore.errors import StoppedError
from makemore.evaluation import losses
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.new_run import new_run
from makemore.runs.progress import Progress
from makemore.runs.run import Run
from makemore.runs.run_recorder import RunRecorder
from makemore.signals import Signals
from makemore.training.learner import Learner
from makemore.training.loop import train
from tests.helpers import assert_same_weights, metrics_of, small_config, start_makemore

DRIVER = '''
import importlib, importlib.abc, os, sys, threading
from makemore import __main__
from makemore.signals import SIGNALS

def tell(*_, **__):
    os.write(1, b"here\\n")

def stay(*_, **__):
    tell()
    threading.Event().wait()

def wait_for_the_signal(*_, **__):
    tell()
    while SIGNALS.asked is None:
        os.sched_yield()
    os.write(1, b"heard\\n")

def patch(module, name, number, before):
    """Do something before a function's n-th call."""
    *classes, name = name.split(".")
    place = importlib.import_module(module)
    for one in classes:
        place = getattr(place, one)
    function, calls = getattr(place, name), 0
    def patched(*arguments, **options):
        nonlocal calls
        calls += 1
        if calls == number:
            before()
        return function(*arguments, **options)
    setattr(place, name, patched)

class Importing(importlib.abc.MetaPathFinder):
    def __init__(self, name):
        self.name = name
    def find_spec(self, name, *_):
        if name == self.name:
            stay()

def importing(name):
    sys.meta_path.insert(0, Importing(name))

{place}
__main__.main()
'''
"""A program that comes to a place, says so, and is then as busy as with a long computation."""
NAMES = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FLAGS = ["train", "--data", "names.txt", "--max-steps", "40", "--out", "runs/one"]
MLP = [*FLAGS, "--model", "mlp", "--eval-interval", "10"]
DEVICE = torch.device("cpu")
OWN = """
import torch


class Infinite(torch.nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.table = torch.nn.Embedding(vocab_size, vocab_size)

    def forward(self, tokens):
        return self.table(tokens) * float("nan")


class Failing(Infinite):
    def forward(self, tokens):
        if len(tokens) > 9:
            raise MemoryError
        return self.table(tokens)
"""


def start(place: str, *arguments: str, cwd: Path, **options: Any) -> "subprocess.Popen[str]":
    """Start a command that says "here" at a place, and wait until it is there."""
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER.replace("{place}", place), *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    wait_for("here", process)
    return process


def wait_for(line: str, process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    shown = []
    while (read := process.stdout.readline()) != f"{line}\n":
        shown.append(read)
        assert read, (shown, process.communicate())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = embedded_names().read_text().split()[:400]
    (tmp_path / "names.txt").write_text("\n".join(documents))
    return tmp_path


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a run in it."""
    folder = tmp_path_factory.mktemp("small_run")
    (folder / "names.txt").write_text("\n".join(embedded_names().read_text().split()[:400]))
    process = start_makemore(*FLAGS, "--model", "bigram", cwd=folder)
    assert process.communicate()[1] == ""
    return folder


BEFORE_THE_FIRST_STEP = {
    "the command line is imported": ("importing('typer')", MLP),
    "numpy is imported": ("importing('numpy')", MLP),
    "the corpus is read": ("patch('makemore.config', 'DataSettings.load', 1, stay)", MLP),
    "tables are made": ("patch('makemore.training.batches', 'Batches.__init__', 1, stay)", MLP),
    "the closed form": (
        "patch('makemore.models.ngram', 'Ngram.prepare', 1, stay)",
        [*FLAGS, "--model", "ngram"],
    ),
    "the first validation": ("patch('makemore.training.validation', 'evaluate', 1, stay)", MLP),
}


@pytest.mark.parametrize(
    ("place", "number"), [*zip(BEFORE_THE_FIRST_STEP, [*NAMES, *NAMES], strict=True)]
)
def test_before_the_first_step_a_signal_ends_at_once_and_leaves_no_folder(
    folder: Path, place: str, number: signal.Signals
) -> None:
    code, arguments = BEFORE_THE_FIRST_STEP[place]
    process = start(code, *arguments, cwd=folder)
    process.send_signal(number)
    _, error = process.communicate()
    assert (process.returncode, error) == (128 + number, "")
    assert [path.name for path in folder.iterdir()] == ["names.txt"]


COMMANDS = {
    "sample": [],
    "eval": [],
    "check": [],
    "score": ["emma"],
    "compare": [],
    "moons": [],
    "explain": ["emma"],
    "lr-range": [],
    "lecture": ["2"],
    "plot": [],
    "report": [],
    "replay": [],
}


def test_every_command_that_computes_is_tried() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands}  # type: ignore[union-attr]
    assert names == {*COMMANDS, "train", "runs", "cache"}


@pytest.mark.campaign
@pytest.mark.parametrize("command", COMMANDS)
def test_a_signal_ends_every_command_without_a_word(folder: Path, command: str) -> None:
    process = start("importing('torch')", command, *COMMANDS[command], cwd=folder)
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", "")
    assert process.returncode == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_during_a_save_waits_for_its_end(folder: Path, number: signal.Signals) -> None:
    place = "patch('makemore.runs.checkpoint', 'write_whole', 4, wait_for_the_signal)"
    process = start(place, *MLP, cwd=folder)
    process.send_signal(number)
    shown, error = process.communicate()
    assert (process.returncode, error) == (128 + number, "")
    assert "Stopped at step 10; all is saved." in shown
    assert Checkpoint.load(folder / "runs/one/last.safetensors").progress.step == 10
    assert not list(folder.glob("runs/one/*.partial"))


def test_a_second_signal_ends_at_once_and_what_was_saved_still_is(folder: Path) -> None:
    place = (
        "patch('makemore.training.learner', 'Learner.step', 15,"
        " lambda: (wait_for_the_signal(), stay()))"
    )
    process = start(place, *MLP, cwd=folder)
    process.terminate()
    wait_for("heard", process)
    wait_for("here", process)
    process.terminate()
    _, error = process.communicate()
    assert (process.returncode, error) == (143, "")
    assert Checkpoint.load(folder / "runs/one/last.safetensors").progress.step == 10


def test_the_train_loss_after_a_run_is_not_waited_for(folder: Path) -> None:
    process = start("patch('makemore.training.summary', '_loss', 1, stay)", *MLP, cwd=folder)
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == ""
    assert process.returncode == 130
    assert Checkpoint.load(folder / "runs/one/last.safetensors").progress.finished


def test_a_terminal_that_goes_away_saves(folder: Path) -> None:
    import pty

    leader, follower = pty.openpty()
    place = (
        "os.setsid(); os.close(os.open(os.ttyname(0), os.O_RDWR))\n"
        "patch('makemore.training.learner', 'Learner.step', 15, wait_for_the_signal)\n"
        "sys.stdout = os.fdopen(os.dup(0), 'w')"
    )
    process = start(place, *MLP, cwd=folder, stdin=follower)
    os.close(follower)
    os.close(leader)
    _, error = process.communicate()
    assert (process.returncode, error) == (129, "")
    assert Checkpoint.load(folder / "runs/one/last.safetensors").progress.step > 14


def test_a_shell_s_second_hangup_does_not_hasten(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    signals = Signals()
    with signals.held():
        signals.hear(signal.SIGHUP)
        signals.hear(signal.SIGHUP)
        assert (signals.asked, ended) == (signal.SIGHUP, [])
        signals.hear(signal.SIGTERM)
        assert ended == [143]


def test_under_nohup_a_terminal_that_goes_away_is_not_heard(folder: Path) -> None:
    place = "patch('makemore.training.learner', 'Learner.step', 15, tell)"
    ignore: Callable[[], Any] = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731
    process = start(place, *MLP, cwd=folder, preexec_fn=ignore)
    process.send_signal(signal.SIGHUP)
    _, error = process.communicate()
    assert (process.returncode, error) == (0, "")


def test_asked_at_any_moment_to_stop_a_run_ends_bit_for_bit_as_one_that_never_was(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two tables of any validation, and at any step."""
    monkeypatch.setattr(losses, "LOGITS_AT_A_TIME", 2**15)  # several tables a validation
    config = small_config("mlp", max_steps=6, eval_interval=3)

    def run_until(run: Run, n: int | None) -> tuple[int, Progress]:
        """Train, and stop when asked for the n-th time whether to stop."""
        asked = 0

        def should_stop() -> bool:
            nonlocal asked
            asked += 1
            return n is not None and asked >= n

        resumed = Checkpoint.load(run.last) if run.last.exists() else None
        learner = Learner(config, corpus, DEVICE, resumed)
        train(learner, RunRecorder(run), should_stop=should_stop)
        return asked, learner.progress

    with new_run(tmp_path / "whole", "mlp") as whole:
        times, _ = run_until(whole, None)
    assert times > 6 + 3 * 2
    stopped_at = []
    for n in range(1, times + 1):
        out = tmp_path / str(n)
        try:
            with new_run(out, "mlp") as run:
                stopped_at.append(run_until(run, n)[1].step)
        except StoppedError:
            assert not out.exists()
            continue
        run_until(run, None)
        assert_same_weights(whole, run)
        assert metrics_of(whole) == metrics_of(run)
        assert Checkpoint.load(run.last).progress.validated
    assert set(stopped_at) == set(range(7))
    assert stopped_at.count(6) > 1, "also in the validation after the last step"


@pytest.mark.parametrize("there_before", [False, True])
def test_what_ends_before_the_first_checkpoint_leaves_what_was_there(
    tmp_path: Path, there_before: bool
) -> None:
    out = tmp_path / "a" / "run"
    if there_before:
        out.mkdir(parents=True)
        (out / "mine.txt").touch()
    with suppress(MemoryError), new_run(out, "mlp") as run:
        run.config.touch()
        run.checkpoints.mkdir()
        raise MemoryError
    there = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")]
    assert sorted(there) == (["a", "a/run", "a/run/mine.txt"] if there_before else [])


@pytest.mark.parametrize(
    "flags",
    [
        ["--model", "ngram", "--order", "1000000000"],
        ["--model", "mlp.py:Infinite"],
        ["--model", "mlp.py:Failing"],
    ],
)
def test_a_run_that_fails_before_its_first_step_can_be_tried_again(
    folder: Path, flags: list[str]
) -> None:
    (folder / "mlp.py").write_text(OWN)
    before = set(folder.rglob("[!_]*"))
    for _ in range(2):
        process = start_makemore(*FLAGS, *flags, cwd=folder)
        _, error = process.communicate()
        assert process.returncode in (1, 2)
        assert "holds a run already" not in error
        assert "saved before" not in error
        assert {path for path in folder.rglob("[!_]*") if path.suffix != ".pyc"} == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["runs"],
        ["eval"],
        ["train", "--data", "names.txt", "--model", "ngram", "--out", "other"],
        *(
            pytest.param(one, marks=pytest.mark.campaign)
            for one in (
                ["score", "emma"],
                ["explain", "emma"],
                ["lecture"],
                ["moons", "--steps", "2"],
                ["compare", "--data", "names.txt", "--models", "bigram"],
                ["check", "--data", "names.txt"],
                ["lr-range", "--data", "names.txt", "--steps", "50", "--model", "mlp"],
                ["plot", "bigram"],
                ["report"],
                ["replay"],
            )
        ),
    ],
)
def test_a_reader_that_has_gone_is_no_error(small_run: Path, arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [sys.executable, "-m", "makemore", *arguments],
        cwd=small_run,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert process.stderr == ""
