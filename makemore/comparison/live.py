"""What a person sees of a comparison: a table that fills in, above a line of the training."""

from typing import Self

from rich.console import Console
from rich.table import Table
from rich.text import Text

from makemore.comparison.comparison import Comparison
from makemore.display import visible
from makemore.training.live import LiveArea
from makemore.training.status import pace


class LiveTable:
    """Follows a comparison in a terminal or a notebook; in the end the table is gone again."""

    def __init__(self, show: bool = True, console: Console | None = None) -> None:
        """Show it in a console, on standard output unless one is given; or not at all."""
        self._area = LiveArea(console, transient=True)
        self._show = show

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._area.close(Text())

    def say(self, line: str) -> None:
        """Show one line, whatever its length; no character of it is obeyed."""
        if self._show:
            self._area.console.print(Text(visible(line, but="\n")), soft_wrap=True)

    def update(self, comparison: Comparison) -> None:
        """Show how far a comparison has come."""
        if self._show and self._area.is_due:
            self._area.draw(_table(comparison))


def _table(comparison: Comparison) -> Table:
    table = comparison.grid().to_rich()
    now = "compressing"
    for entry in comparison.models:
        if entry.state == "training":
            now = "  ".join([visible(entry.model), *pace(entry.progress)])
    table.caption, table.caption_justify = Text(now, "dim"), "left"
    return table
