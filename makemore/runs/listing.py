"""Every run of a folder in a row, the best first.

Only the metadata of a checkpoint and the end of a log are read, so that hundreds of runs are listed
in a moment. Losses can be compared on the same corpus alone: runs stand together by what they were
trained on.
"""

import json
import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from makemore.corpus.reading import embedded_names
from makemore.corpus.sources import name_of
from makemore.display import Grid, Shown, show_estimate, show_loss, visible
from makemore.errors import UserError
from makemore.runs.header import open_checkpoint
from makemore.runs.metadata import Metadata
from makemore.runs.progress import Progress
from makemore.runs.run import RUNS, Run, is_claimed, no_runs

State = Literal["finished", "stopped", "diverged", "running", "unreadable"]
TAIL = 2**14
"""Bytes of the end of a log, in which the newest training loss stands."""


@dataclass(frozen=True)
class ListedRun:
    """What a run tells of itself.

    Attributes:
        path: its directory.
        state: stopped: it can be resumed; diverged: it ended at a loss or gradient that is no
            number; running: a process trains it now (of these three the figures are those of the
            last checkpoint); unreadable: `error` says why, and all else is None.
        model: its architecture, or the name of a user's own class.
        n_parameters: of the model; None where an older version wrote the run.
        step: optimisation steps done.
        max_steps: steps to do.
        train_loss: mean of the batches last logged, or exact of a model that is only counted; nats
            a character.
        val_loss: lowest loss of the validation split.
        val_error: its standard error; 0: it is exact.
        seconds: time of training.
        data: the file that it was trained on.
        corpus: `Corpus.fingerprint`; only losses on equal corpora can be compared.
        saved: when its last checkpoint was written, or else its config.
        error: why it can't be read.
    """

    path: Path
    state: State
    model: str | None = None
    n_parameters: int | None = None
    step: int | None = None
    max_steps: int | None = None
    train_loss: float | None = None
    val_loss: float | None = None
    val_error: float = 0.0
    seconds: float | None = None
    data: str | None = None
    corpus: str | None = None
    saved: datetime | None = None
    error: str | None = None

    def figures(self) -> dict[str, Any]:
        """Name all that is known of it, as JSON can write it."""
        return {
            "run": str(self.path),
            "state": self.state,
            "model": self.model,
            "parameters": self.n_parameters,
            "step": self.step,
            "max_steps": self.max_steps,
            "loss": {"train": _finite(self.train_loss), "val": _finite(self.val_loss)},
            "val_error": _finite(self.val_error),
            "seconds": self.seconds,
            "data": self.data,
            "corpus": self.corpus,
            "saved": self.saved and self.saved.isoformat(timespec="seconds"),
            "error": self.error,
        }

    def cells(self) -> tuple[str, ...]:
        """Write the figures in the order of `HEADINGS`; steps are done / to do, until all are."""
        if self.error is not None:
            return (visible(self.path.name), self.state, *[""] * (len(HEADINGS) - 2))
        steps = f"{self.step:,}"
        if self.state != "finished":
            steps += "/-" if self.max_steps is None else f"/{self.max_steps:,}"
        return (
            visible(self.path.name),
            visible(self.model or ""),
            "-" if self.n_parameters is None else f"{self.n_parameters:,}",
            steps,
            show_loss(math.nan if self.train_loss is None else self.train_loss),
            show_estimate(math.nan if self.val_loss is None else self.val_loss, self.val_error),
            "-" if self.seconds is None else f"{self.seconds:,.1f} s",
            self.state
            if self.state in ("running", "diverged") or self.saved is None
            else _when(self.saved),
        )


HEADINGS = ("run", "model", "parameters", "steps", "train", "val", "time", "when")


class Runs(Shown, list[ListedRun]):
    """Runs, those on the same corpus together, each group's best first.

    The group that was trained last comes first, and what can't be read at the end.
    """

    @classmethod
    def ordered(cls, rows: Iterable[ListedRun]) -> "Runs":
        """Put them in their order."""
        rows = list(rows)
        newest: dict[str, float] = {}
        for row in rows:
            newest[_group(row)] = max(newest.get(_group(row), 0), _age(row))

        def place(row: ListedRun) -> tuple[Any, ...]:
            loss = math.inf if row.val_loss is None else row.val_loss
            return (row.error is not None, -newest[_group(row)], _group(row), loss, -_age(row))

        return cls(sorted(rows, key=place))

    def grid(self) -> Grid:
        """Show a row for each, below a row that names what they were trained on."""
        titles = _titles(self)
        rows: list[tuple[str, ...]] = []
        before: str | None = None
        for row in self:
            if row.error is None and _group(row) != before:
                before = _group(row)
                rows.append((f"trained on {titles[before]}", *[""] * (len(HEADINGS) - 1)))
            rows.append(row.cells())
        return Grid(rows, HEADINGS, left=2)


def list_runs(folder: str | Path | None = None) -> Runs:
    """List every run of a folder, the best first; or the one that the folder is.

    Args:
        folder: whose directories are looked into; None: `runs/`.

    Returns:
        A row for each directory. One that holds no run, or can't be read, says so.

    Raises:
        UserError: the folder can't be read, or has no directory in it.
    """
    folder = RUNS if folder is None else Path(folder)
    try:
        if Run(folder).exists:
            return Runs([read_run(Run(folder))])
        inside = [path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
    except FileNotFoundError as error:
        raise no_runs(folder) from error
    except OSError as error:
        raise UserError(f"Can't read {folder}: {error.strerror}.") from error
    if not inside:
        raise no_runs(folder)
    return Runs.ordered(read_run(Run(path)) for path in inside)


def read_run(run: Run) -> ListedRun:
    """Read what a run tells of itself; where it can't be read, the row says why."""
    try:
        return _read(run)
    except UserError as error:
        problem = str(error)
    except OSError as error:
        problem = f"Can't read {run}: {error.strerror}."
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        problem = f"{run} lacks what a run holds: {error!r}."
    return ListedRun(run.directory, "unreadable", error=problem)


def _read(run: Run) -> ListedRun:
    files = [path for path in (run.last, run.best) if path.is_file()]
    if not (files or run.config.is_file()):
        raise UserError(f"{run} holds no run.")
    state: State = "running" if is_claimed(run) else "stopped"
    if not files:
        values = tomllib.loads(run.config.read_text(encoding="utf-8"))
        return ListedRun(
            run.directory,
            state,
            **_origin(values),
            step=0,
            max_steps=_whole(values.get("max_steps")),
            saved=_time(run.config),
        )
    with open_checkpoint(files[0]) as (_, metadata):
        known = Metadata.read(metadata)
    progress = Progress(**dict(known.progress))
    if state == "stopped" and progress.finished and progress.validated:
        state = "finished"
    elif state == "stopped" and _last_logged(run.metrics, "diverged"):
        state = "diverged"
    return ListedRun(
        run.directory,
        state,
        **_origin(known.config),
        n_parameters=known.parameters,
        step=progress.step,
        max_steps=progress.max_steps,
        train_loss=_last_logged(run.metrics, "loss/train"),
        val_loss=progress.best_loss,
        val_error=progress.best_error,
        seconds=progress.seconds,
        corpus=known.corpus.fingerprint,
        saved=_time(files[0]),
    )


def _origin(values: Mapping[str, Any]) -> dict[str, Any]:
    """Tell the model and the data of a run's settings."""
    return {
        "model": values["model"].rpartition(":")[2],
        "data": name_of(values.get("data") or embedded_names().name),
    }


def _whole(value: Any) -> int | None:
    """Take a number of steps, if it is one.

    Raises:
        ValueError: it is something else.
    """
    if value is None or type(value) is int:
        return value
    raise ValueError(f"{value!r} is no number of steps")


def _last_logged(metrics: Path, tag: str) -> float | None:
    """Find the newest number of a tag in the end of a log; None where there is none."""
    if not metrics.is_file():  # to open a pipe would be to wait for it
        return None
    try:
        with metrics.open("rb") as file:
            file.seek(max(0, metrics.stat().st_size - TAIL))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        try:
            found = json.loads(line)
            if tag in found:
                return None if found[tag] is None else float(found[tag])
        except (
            ValueError,
            TypeError,
            OverflowError,
            RecursionError,
        ):  # cut off, at the begin or by a crash
            continue
    return None


def _group(row: ListedRun) -> str:
    """Name the corpus of a run: by its documents, or by its file before they are known."""
    return row.corpus or row.data or ""


def _titles(rows: Iterable[ListedRun]) -> dict[str, str]:
    """Name each corpus: by its file, and by as much more as tells it from the others."""
    first = {_group(row): row for row in reversed(list(rows)) if row.error is None}
    titles: dict[str, str] = {}
    for form in ("{path} ({corpus})", "{path}", "{path.name}"):  # the shortest that will do
        spelled = {
            group: form.format(
                path=Path(row.data or ""), corpus=(row.corpus or "not read yet")[:12]
            )
            for group, row in first.items()
        }
        alone = Counter(spelled.values())
        titles |= {group: visible(title) for group, title in spelled.items() if alone[title] == 1}
    return titles


def _age(row: ListedRun) -> float:
    return 0.0 if row.saved is None else row.saved.timestamp()


def _time(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime).astimezone()


def _when(time: datetime) -> str:
    """Write a time as `ls` does: the hour of this year's, the year of others."""
    this_year = time.year == datetime.now().year
    return f"{time:%b %d} {time:%H:%M}" if this_year else f"{time:%b %d  %Y}"


def _finite(loss: float | None) -> float | None:
    return loss if loss is not None and math.isfinite(loss) else None
