"""Something that is drawn again and again in its own place, in a terminal or a notebook."""

import time
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live

REFRESHES_A_SECOND = 5


class LiveArea:
    """The place where it is drawn.

    Attributes:
        console: the console that it is on.
        is_live: whether a person looks; nothing is drawn elsewhere.
    """

    def __init__(self, console: Console | None = None, transient: bool = False) -> None:
        """Prepare it on a console; on standard output unless one is given.

        Args:
            console: where to draw.
            transient: leave nothing there in the end, in a terminal.
        """
        self.console = console or Console(highlight=False)
        self.is_live = self.console.is_jupyter or self.console.file.isatty()
        self._drawn_at = 0.0
        # drawn from the loop: no thread takes time from the computation
        self._live = Live(console=self.console, auto_refresh=False, transient=transient)
        self._output: Any = None  # of a notebook's cell

    @property
    def is_due(self) -> bool:
        """Whether a person looks, and the last drawing was not a moment ago."""
        return self.is_live and time.perf_counter() - self._drawn_at >= 1 / REFRESHES_A_SECOND

    def draw(self, thing: RenderableType) -> None:
        """Draw it in place of what was drawn before, if that is due."""
        if self.is_due:
            self._draw(thing)

    def close(self, thing: RenderableType) -> None:
        """Draw it for the last time, if it ever was drawn."""
        if self._drawn_at == 0:
            return
        self._draw(thing)
        if not self.console.is_jupyter:
            self._live.stop()

    def _draw(self, thing: RenderableType) -> None:
        """Draw it now.

        In a notebook it is an output that is replaced. Rich would take a widget, which needs
        ipywidgets, and which nobody sees who reads the notebook later.
        """
        self._drawn_at = time.perf_counter()
        if not self.console.is_jupyter:
            self._live.start()
            self.console.show_cursor()  # also a process that is killed leaves it there
            self._live.update(thing, refresh=True)
        elif self._output is None:
            from IPython.display import display

            self._output = display(thing, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._output.update(thing)
