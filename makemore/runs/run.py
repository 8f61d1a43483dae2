"""The directory of a run: made, found, claimed, opened again.

    runs/<name>/
        config.toml          every setting; training again from it repeats the run
        last.safetensors     all that resuming needs: weights, optimizer, random numbers, progress
        best.safetensors     the weights of the lowest validation loss
        metrics.jsonl        one line for each logged step
        events.out.tfevents  the same for TensorBoard
        embedding.tsv        the characters' vectors of the best weights, for its projector, with
                             characters.tsv, their labels, and projector_config.pbtxt
        checkpoints/         weights of some steps on the way, to look at again

Whoever trains a run holds its lock, so that two processes never write to one directory.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from makemore.config import FILES, Config, change_config, read_config
from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.runs.data import find_corpus, refuse_spent_input
from makemore.runs.files import PARTIAL
from makemore.runs.logged import read_lines
from makemore.shell import quote

if TYPE_CHECKING:  # and torch with it, which to find a run takes no time for
    from makemore.runs.checkpoint import Checkpoint

RUNS = Path("runs")
OURS = (
    *("*.safetensors", "config.toml", "metrics.jsonl", "events.out.tfevents.*"),
    *("embedding.tsv", "characters.tsv", "projector_config.pbtxt"),
)
"""The files of a run."""
PATIENCE = 0.2
"""Seconds to wait for a lock: who only asks whether it is held gives it back at once."""
Metrics = list[dict[str, float | None]]
"""The numbers of each logged step; those that JSON can't write are None."""


@dataclass(frozen=True)
class Run:
    """The files of one run."""

    directory: Path

    @property
    def config(self) -> Path:
        """Every setting, as a file that `--config` reads."""
        return self.directory / "config.toml"

    @property
    def last(self) -> Path:
        """The newest checkpoint."""
        return self.directory / "last.safetensors"

    @property
    def best(self) -> Path:
        """The checkpoint of the lowest validation loss."""
        return self.directory / "best.safetensors"

    @property
    def metrics(self) -> Path:
        """The logged numbers."""
        return self.directory / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        """The directory of the checkpoints kept along the way."""
        return self.directory / "checkpoints"

    @property
    def kept(self) -> dict[int, Path]:
        """The checkpoints kept along the way by their steps, from the first on."""
        if self.checkpoints.is_symlink():  # what another folder holds is not this run's
            return {}
        files = self.checkpoints.glob("step-*.safetensors")
        found = {path.stem.removeprefix("step-"): path for path in files}
        steps = {int(step): path for step, path in found.items() if step.isdecimal()}
        return dict(sorted(steps.items()))

    def kept_at(self, step: int) -> Path:
        """The checkpoint kept at a step, or its place."""
        return self.checkpoints / f"step-{step:06}.safetensors"

    def read_metrics(self) -> Metrics:
        """Read the logged numbers: "step" and the tags of each logged step, in their order.

        Where the file is not there, there are none.

        Raises:
            UserError: it can't be read.
        """
        return [numbers for _, numbers in read_lines(self.metrics)]

    @property
    def partial(self) -> list[Path]:
        """What a crash has left of files that were being written; it is of no use any more."""
        found = [*self.directory.glob(f"*{PARTIAL}"), *self.checkpoints.glob(f"*{PARTIAL}")]
        return [path for path in found if any(map(path.match, (f"{o}{PARTIAL}" for o in OURS)))]

    @property
    def lock(self) -> Path:
        """The file that whoever trains the run holds."""
        return self.directory / ".lock"

    @property
    def checkpoint(self) -> Path:
        """The checkpoint to sample from: the best, or the last while there is no best yet."""
        return self.best if self.best.exists() else self.last

    @property
    def exists(self) -> bool:
        """Whether the directory holds a run, and can be looked into."""
        with suppress(OSError):
            return self.config.is_file() or self.last.exists()
        return False

    @property
    def was_killed_at_birth(self) -> bool:
        """Whether a training began here, and died before its first checkpoint."""
        return self.lock.exists() and not (self.last.exists() or self.best.exists())

    def __str__(self) -> str:
        return str(self.directory)


def create_run(out: Path | None, model: str) -> Run:
    """Make the directory of a new run: `out`, or one named by the time and the model.

    Raises:
        UserError: there is a run already, or the directory can't be made.
    """
    try:
        if out is None:
            return Run(_make_new(RUNS / f"{datetime.now():%Y%m%d-%H%M%S}-{model}"))
        run = Run(out)
        if run.exists and not run.was_killed_at_birth:
            raise UserError(
                f"{out} holds a run already: go on with it by --resume, or choose another --out."
            )
        str(out).encode()  # logs and checkpoints name the run
        out.mkdir(parents=True, exist_ok=True)
        return run
    except OSError as error:
        raise UserError(
            f"Can't make {error.filename}: {error.strerror}; choose another --out."
        ) from error
    except UnicodeEncodeError as error:
        raise UserError(f"The name {out} is not UTF-8: choose another --out.") from error


def find_run(name: Path | None) -> Run:
    """Find a run: a directory, a name under `runs/`, or the newest where none is given.

    Raises:
        UserError: there is none.
    """
    if name is None:
        runs = runs_in(RUNS)
        if not runs:
            raise no_runs(RUNS)
        return runs[0]
    for directory in (name, RUNS / name):
        if Run(directory).exists:
            return Run(directory)
    raise UserError(f"{name} holds no run: give a directory that `makemore train` made.")


def find_checkpoint(name: Path | None) -> Path:
    """Find the checkpoint to sample from: a file itself, or that of a run as `find_run` finds it.

    Raises:
        UserError: there is none.
    """
    with suppress(OSError):  # a name that is longer than a file system takes
        if name is not None and name.is_file():
            return name
    if name is None:
        saved = [run for run in runs_in(RUNS) if run.checkpoint.exists()]
        if saved:
            return saved[0].checkpoint
    run = find_run(name)
    if not run.checkpoint.exists():
        raise UserError(
            f"{run} has no checkpoint yet: "
            f"go on with `makemore train --resume --out {quote(run.directory)}`."
        )
    return run.checkpoint


@contextmanager
def claimed(run: Run) -> Iterator[None]:
    """Keep every other process from training the same run, until this one ends or dies.

    Raises:
        UserError: another one is at it, or nothing can be written there.
    """
    lock = FileLock(run.lock)
    try:
        lock.acquire(timeout=PATIENCE, poll_interval=PATIENCE / 10)
    except Timeout as error:
        raise UserError(
            f"{run} is being trained by another process: wait for it, or choose another --out."
        ) from error
    except OSError as error:
        raise UserError(f"Can't write to {run}: {error.strerror}.") from error
    try:
        yield
    finally:
        lock.release()


def is_claimed(run: Run) -> bool:
    """Tell whether a process is training the run; False too where nobody may ask.

    To ask is to hold the lock for an instant, which `claimed` waits for.
    """
    if run.lock.is_symlink() or not run.lock.is_file():
        return False
    lock = FileLock(run.lock)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def reopen(
    run: Run, flags: Mapping[str, Any], *, trusted: bool = False
) -> tuple[Config, "Checkpoint | None", Corpus]:
    """Find out how a run goes on: its settings with flags over them, last checkpoint, corpus.

    The checkpoint is None where the run was stopped before it had saved one. A user's own model
    that a flag names may run, and the run's own if it is `trusted`.

    Raises:
        UserError: the run or its corpus can't be read, or the corpus has changed.
        UsageError: a flag would make another run of it.
    """
    from makemore.runs.checkpoint import Checkpoint

    if not run.last.exists():
        config = read_config(run.config, flags, trusted=trusted)
        refuse_spent_input(config.data, FILES & flags.keys())
        corpus = config.data.load()
        return config.resolve(corpus.longest), None, corpus
    checkpoint = Checkpoint.load(run.last)
    named = flags.get("model")
    same_class = named is not None and named.endswith(f":{checkpoint.config.name}")
    checkpoint = checkpoint.vouched_for(named if same_class else None, trusted)
    config = change_config(checkpoint.config, flags)
    told = FILES & flags.keys()
    data, corpus = find_corpus(config.data, checkpoint.fingerprint, run.directory, told)
    if corpus.fingerprint != checkpoint.fingerprint:
        raise UserError(
            f"{corpus.source} holds other documents than {run} began with, and a resumed run must "
            f"see the same: restore the file, name its new place by --data, or start a new run "
            f"without --resume."
        )
    return replace(config, data=data), checkpoint, corpus


def _make_new(path: Path) -> Path:
    """Make a directory that was not there, with a number behind its name where it was."""
    for number in range(1, 1000):
        candidate = path if number == 1 else path.with_name(f"{path.name}-{number}")
        with suppress(FileExistsError):
            candidate.mkdir(parents=True)
            return candidate
    raise UserError(f"There are a thousand runs named {path} already.")


def runs_in(folder: Path) -> list[Run]:
    """Find every run of a folder, the newest first."""
    runs = [run for run in map(Run, folder.glob("*/")) if run.exists]
    return sorted(runs, key=_touched, reverse=True)


def no_runs(folder: Path) -> UserError:
    """Say that there is nothing to choose from."""
    return UserError(f"There is no run under {folder}/ yet: train one with `makemore train`.")


def _touched(run: Run) -> tuple[int, str]:
    newest = run.last if run.last.exists() else run.config
    return newest.stat().st_mtime_ns, run.directory.name
