"""What a command says on stderr: errors that are the user's to fix, and what they may want to know.

Nothing here imports torch, so that a command can refuse before it does.
"""

import codecs
import io
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import typer

from makemore.compute import torchrun
from makemore.display import visible
from makemore.errors import MakemoreWarning, UserError


def reports_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print what the user can fix in one sentence on stderr; let bugs show their traceback."""

    @wraps(command)
    def call(*arguments: Any, **options: Any) -> None:
        try:
            with _saying_warnings():
                command(*arguments, **options)
        except UserError as error:
            sys.stdout.flush()
            say(str(error))
            raise typer.Exit(error.exit_status) from error
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and "allocate" not in str(error):
                raise
            say("There is not enough memory for this: try a smaller model or --batch-size.")
            raise typer.Exit(1) from error

    return call


def say(sentence: str) -> None:
    """Say something on stderr."""
    print(f"makemore: {visible(sentence)}", file=sys.stderr)  # noqa: T201


@contextmanager
def spelling_out() -> Iterator[None]:
    """Write what standard output's encoding lacks as an escape, and say so once, at the end.

    So nothing that was trained is lost by a character that can't be shown.
    """
    out = sys.stdout
    if not isinstance(out, io.TextIOWrapper):  # closed, or a caller's own
        yield
        return
    before, lacks = out.errors or "strict", False
    usual = codecs.lookup_error(before)

    def spell_out(error: UnicodeError) -> tuple[str | bytes, int]:
        nonlocal lacks
        try:
            return usual(error)
        except UnicodeError:
            lacks = True
            return codecs.backslashreplace_errors(error)

    codecs.register_error("makemore.spell_out", spell_out)
    out.reconfigure(errors="makemore.spell_out")
    try:
        yield
    finally:
        out.reconfigure(errors=before)
        if lacks:
            say(
                f"Standard output is {out.encoding} and lacks some characters: an escape such as "
                f"\\xe9 or \\u2026 stands for each. PYTHONIOENCODING=utf-8 writes them all."
            )


@contextmanager
def _saying_warnings() -> Iterator[None]:
    """Say each MakemoreWarning as the sentence that it is; others are shown as ever."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MakemoreWarning)
        show_other = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *args: Any, **kw: Any) -> None:
            if issubclass(category, MakemoreWarning):
                if torchrun.rank() == 0:  # of several processes one speaks for all
                    say(str(message))
            else:
                show_other(message, category, *args, **kw)

        warnings.showwarning = show
        yield
