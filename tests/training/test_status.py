"""The line that a person sees of a training."""

import io
from unittest.mock import patch

from rich.console import Console

from makemore.runs.progress import Progress
from makemore.training.status import StatusLine, describe


def test_a_loss_that_is_of_a_part_is_told_with_its_standard_error() -> None:
    progress = Progress(step=100, max_steps=1000, train_loss=2.0, val_loss=1.43214)
    assert "val 1.4321" in describe(progress)
    assert "±" not in describe(progress)
    progress.val_error = 0.00402
    assert "val 1.4321 ± 0.0040" in describe(progress)


def shown_of(is_terminal: bool, seconds: float) -> str:
    """Tell of a work that takes so long in all, in ten pieces."""
    file = io.StringIO()
    file.isatty = lambda: is_terminal  # type: ignore[method-assign]
    with patch("time.perf_counter") as clock:
        clock.return_value = 100.0
        console = Console(file=file, force_terminal=is_terminal, width=100)
        with StatusLine(console, transient=True) as status:
            for tenth in range(11):
                clock.return_value = 100 + seconds * tenth / 10
                status.tell("validating", tenth / 10)
    return file.getvalue()


def test_what_takes_over_a_second_is_told_to_a_person_alone() -> None:
    shown = shown_of(is_terminal=True, seconds=5.0)
    assert "validating 30%" in shown
    assert "validating 20%" not in shown
    assert shown_of(is_terminal=True, seconds=0.9) == ""
    assert shown_of(is_terminal=False, seconds=5.0) == ""
