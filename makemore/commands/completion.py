"""What a shell completes beside options: the names of runs, models and pictures.

Where no name begins as the word does, the shell completes files, as it does everywhere.
"""

from contextlib import suppress

import typer

from makemore.models import ARCHITECTURES
from makemore.pictures.gallery import PICTURES
from makemore.shell import quote


def complete_run(incomplete: str) -> list[str]:
    """Name the runs under `runs/` that begin so, the newest first."""
    from makemore.runs.run import RUNS, runs_in  # when a shell asks, so that no help waits for it

    with suppress(OSError):
        return _beginning([run.directory.name for run in runs_in(RUNS)], incomplete)
    return []


def complete_out(context: typer.Context, incomplete: str) -> list[str]:
    """Name the runs to go on with, where `--resume` stands before."""
    return complete_run(incomplete) if context.params.get("resume") else []


def complete_run_or_picture(incomplete: str) -> list[str]:
    """Name the pictures, and the runs under `runs/`, that begin so."""
    return _beginning([*PICTURES], incomplete) + complete_run(incomplete)


def complete_model(incomplete: str) -> list[str]:
    """Name the architectures that begin so."""
    return _beginning([*ARCHITECTURES], incomplete)


def _beginning(names: list[str], incomplete: str) -> list[str]:
    """Leave out what a shell would read as more than a name: it is typed as it is completed."""
    return [name for name in names if name.startswith(incomplete) and quote(name) == name]
