"""What a command says on stderr: errors that are the user's to fix, and what they may want to know.

Nothing here imports torch, so that a command can refuse before it does.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer

from makemore.corpus.splits import Corpus
from makemore.errors import UserError

if TYPE_CHECKING:
    from makemore.runs.checkpoint import Checkpoint


def reports_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print what the user can fix in one sentence on stderr; let bugs show their traceback."""

    @wraps(command)
    def call(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except UserError as error:
            sys.stdout.flush()
            warn(str(error))
            raise typer.Exit(error.exit_status) from error
        except UnicodeEncodeError as error:
            warn(f"Standard output is {error.encoding} and can't show this: set PYTHONUTF8=1.")
            raise typer.Exit(1) from error
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and "allocate" not in str(error):
                raise
            warn("There is not enough memory for this: try a smaller model or --batch-size.")
            raise typer.Exit(1) from error

    return call


def warn(sentence: str) -> None:
    """Say on stderr what the user may want to know, and go on."""
    print(f"makemore: {sentence}", file=sys.stderr)  # noqa: T201


def warn_of_format(corpus: Corpus) -> None:
    """Say that a corpus looks like the other kind."""
    kinds = {"text": "one long text", "lines": "a list, one thing a line"}
    other = corpus.looks_like
    if other is not None and other != corpus.format:
        warn(f"{corpus.source} looks like {kinds[other]}: if it is, add --format {other}.")


def warn_of_change(corpus: Corpus, checkpoint: "Checkpoint") -> None:
    """Say that a corpus is no longer that of a checkpoint."""
    if corpus.fingerprint != checkpoint.fingerprint:
        warn(f"{corpus.source} has changed since the run was trained.")
