"""A bar that shows how far reading is, in a terminal, where it takes more than a moment."""

import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0
"""Seconds before it is shown."""
REFRESHES_A_SECOND = 5


class Bar:
    """Shows a part of the work after another, each with how much of it is done."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._shown: Progress | None = None
        self._what, self._done, self._total = "", 0, 0
        self._began = self._drawn = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._shown is not None:
            self._shown.stop()

    def begin(self, what: str, total: int) -> None:
        """Begin with a part of the work, of so many bytes; 0: nobody knows how many."""
        self._what, self._done, self._total = what, 0, total

    def advance(self, n: int) -> None:
        """Tell that so much more of it is done."""
        self._done += n
        now = time.monotonic()
        if now - self._began < PATIENCE or now - self._drawn < 1 / REFRESHES_A_SECOND:
            return
        self._drawn = now
        if self._shown is None and sys.stderr.isatty():
            self._shown = _make_bar()
            self._shown.start()
        if self._shown is not None:
            task, total = self._shown.tasks[0].id, self._total or None
            self._shown.update(task, description=self._what, completed=self._done, total=total)
            self._shown.refresh()


def _make_bar() -> "Progress":
    from rich.console import Console  # late, since most corpora are there in no time
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, highlight=False),
        auto_refresh=False,
        transient=True,
    )
    bar.add_task("")
    return bar
