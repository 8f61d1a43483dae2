"""What is drawn again and again."""

import io

from rich.console import Console
from rich.text import Text

from makemore.training.live import LiveArea


def test_a_process_that_is_killed_leaves_the_cursor_visible() -> None:
    shown = io.StringIO()
    shown.isatty = lambda: True  # type: ignore[method-assign]
    area = LiveArea(Console(file=shown, force_terminal=True))
    area.draw(Text("half way"))
    assert shown.getvalue().rindex("\x1b[?25h") > shown.getvalue().rfind("\x1b[?25l")
    area.close(Text("done"))
