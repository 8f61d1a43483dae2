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
from pathlib import Path
from typing import Any

import typer

from makemore.compute import torchrun
from makemore.display import visible
from makemore.errors import MakemoreWarning, UserError

LESS_MEMORY = {
    "train": "a smaller model or --batch-size, or --grad-accumulation 4",
    "sample": "a smaller -n or --max-length",
    "evaluate": "fewer --samples, or other --data in smaller files",
    "score": "shorter words, or --data in smaller files",
    "compare": "fewer --models, or a smaller --batch-size",
    "explain": "a smaller model, or a shorter word",
    "moons": "a smaller --batch-size",
    "lecture": "a shorter list of --names",
    "plot": "fewer pictures at a time",
    "report": "fewer runs",
    "replay": "a smaller -n",
    "runs": "another folder",
}
"""What takes less memory in a command; in the others it is the model or its batch."""
LONGEST = 500
"""Characters of a sentence."""


def reports_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print what the user can fix in one sentence on stderr; let bugs show their traceback."""

    @wraps(command)
    def call(*arguments: Any, **options: Any) -> None:
        try:
            with _saying_warnings():
                _refuse_a_folder_that_is_gone()
                command(*arguments, **options)
        except UserError as error:
            sys.stdout.flush()
            say(str(error))
            raise typer.Exit(error.exit_status) from error
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and "allocate" not in str(error):
                raise
            less = LESS_MEMORY.get(command.__name__, "a smaller model or --batch-size")
            say(f"There is not enough memory for this: try {less}.")
            raise typer.Exit(1) from error

    return call


def say(sentence: str) -> None:
    """Say something on stderr; of a value that is longer than anyone reads, both ends."""
    if len(sentence) > LONGEST:
        sentence = f"{sentence[: LONGEST // 2]}…{sentence[-LONGEST // 2 :]}"
    print(f"makemore: {visible(sentence)}", file=sys.stderr)  # noqa: T201


def _refuse_a_folder_that_is_gone() -> None:
    """See that the working directory is there: without one, MKL ends a process as it is loaded.

    Raises:
        UserError: it was removed.
    """
    try:
        Path.cwd()
    except OSError as error:
        raise UserError(
            "The folder that this shell is in was removed: change to one that is there, by cd."
        ) from error


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
