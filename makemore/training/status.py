"""What a person sees of a training: a line of what was read, then a live line of its progress."""

import math
import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from makemore.display import show_estimate, show_loss, visible
from makemore.runs.progress import Progress
from makemore.training.live import LiveArea

PATIENCE = 1.0
"""Seconds for which nothing is told of what is being measured."""


class StatusLine:
    """Follows a training: a live line in a terminal or a notebook, elsewhere one a validation."""

    def __init__(self, console: Console | None = None, transient: bool = False) -> None:
        """Show it in a console; on standard output unless one is given.

        Args:
            console: where to show it.
            transient: leave nothing there in the end, in a terminal.
        """
        self._area = LiveArea(console, transient)
        self._waits_since = time.perf_counter()
        self._last = ""
        self._bar = Bar(BarColumn(bar_width=16), TextColumn("{task.fields[status]}"))
        self._task = self._bar.add_task("", status="")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._area.close(self._bar)

    def say(self, line: str) -> None:
        """Show one line, whatever its length; no character of it is obeyed."""
        self._area.console.print(Text(visible(line, but="\n")), soft_wrap=True)

    def update(self, progress: Progress) -> None:
        """Show how far a training has come."""
        if progress.max_steps == 0:
            return
        if not self._area.is_live:
            if progress.validated:
                self.say(describe(progress))
            return
        self._last = short(progress)
        self._bar.update(
            self._task,
            total=progress.max_steps,
            completed=progress.step,
            status=describe(progress),
        )
        self._area.draw(self._bar)

    def tell(self, what: str, share: float) -> None:
        """Show what is being measured, and what share is done, where that takes over a second."""
        if share == 0:
            self._waits_since = time.perf_counter()
        elif time.perf_counter() - self._waits_since > PATIENCE:
            told = f"{what} {share:.0%}"
            if self._last:
                self._bar.update(self._task, status=f"{self._last}  {told}")
            else:
                self._bar.update(self._task, total=1, completed=share, status=told)
            self._area.draw(self._bar)


def describe(progress: Progress) -> str:
    """Put it in a line: step, loss, validation loss, characters a second, time left."""
    return "  ".join([short(progress), *pace(progress)])


def short(progress: Progress) -> str:
    """Put it in a line without the pace."""
    parts = [
        f"step {progress.step:,}/{progress.max_steps:,}",
        f"loss {show_loss(progress.train_loss)}",
        f"val {show_estimate(progress.val_loss, progress.val_error)}",
    ]
    return "  ".join(parts)


def pace(progress: Progress) -> list[str]:
    """Tell the characters a second and the time left, once they are known."""
    if math.isnan(progress.characters_per_second):
        return []
    return [
        f"{_short(progress.characters_per_second)} characters/s",
        f"{_clock(progress.seconds_left)} left",
    ]


def _short(number: float) -> str:
    return f"{number / 1e6:.2f}M" if number >= 1e6 else f"{number / 1e3:.0f}k"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
