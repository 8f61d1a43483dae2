"""What a command says on stderr: errors that are the user's to fix, and what they may want to know.

Nothing here imports torch, so that a command can refuse before it does.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import typer

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
        except UnicodeEncodeError as error:
            say(f"Standard output is {error.encoding} and can't show this: set PYTHONUTF8=1.")
            raise typer.Exit(1) from error
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
def _saying_warnings() -> Iterator[None]:
    """Say each MakemoreWarning as the sentence that it is; others are shown as ever."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MakemoreWarning)
        show_other = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *args: Any, **kw: Any) -> None:
            if issubclass(category, MakemoreWarning):
                say(str(message))
            else:
                show_other(message, category, *args, **kw)

        warnings.showwarning = show
        yield
