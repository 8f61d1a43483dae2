"""A new run: what ends before its first checkpoint leaves no directory behind."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from makemore.runs.run import RUNS, Run, claimed, create_run
from makemore.signals import SIGNALS


@contextmanager
def new_run(out: Path | None, model: str) -> Iterator[Run]:
    """Make the directory of a new run and claim it; without a checkpoint in the end it goes again.

    Args:
        out: the directory; None: one under `runs/`, named by the time and the model.
        model: its name.

    Raises:
        UserError: as `create_run` and `claimed`.
    """
    with ExitStack() as stack:
        with SIGNALS.lock:  # no signal comes between making it and the plan to take it away
            made = _missing(RUNS if out is None else out)
            run = create_run(out, model)
            if out is None:
                made.insert(0, run.directory)
            stack.callback(_remove, made)
            others = {*run.directory.glob("*")}
            stack.enter_context(claimed(run))

            def take_away() -> None:
                if not run.last.exists():
                    _empty(run.directory, others)
                    _remove(made)

            stack.callback(take_away)
            stack.enter_context(SIGNALS.before_the_end(take_away))
        yield run


def _missing(path: Path) -> list[Path]:
    """Give a directory and those above it that are not there, the innermost first."""
    return [one for one in (path, *path.parents) if not os.path.lexists(one)]


def _empty(directory: Path, others: set[Path]) -> None:
    """Remove all from a directory but what was there before."""
    with suppress(OSError):
        for path in set(directory.iterdir()) - others:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()


def _remove(directories: list[Path]) -> None:
    """Remove directories that are empty; where a file system locks what is open, at the second try.

    A directory that something stands in stays, as those above it do.
    """
    with suppress(OSError):
        for directory in directories:
            directory.rmdir()
