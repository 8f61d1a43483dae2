"""The lines of `metrics.jsonl`, up to one that a crash has torn."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from makemore.errors import UserError

LARGEST = 1e300
"""Of what is logged, with room to draw it."""


def read_lines(metrics: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the size of each line in bytes, and its numbers; a file that is not there has none.

    Raises:
        UserError: it can't be read.
    """
    if metrics.exists() and not (metrics.is_file() or metrics.is_dir()):
        # to open a pipe would be to wait for it
        raise UserError(f"{metrics} is no file: remove it.")
    try:
        lines = metrics.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"Can't read {metrics}: {error.strerror}.") from error
    for line in lines:
        try:
            numbers = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not line.endswith(b"\n") or not isinstance(numbers, dict):
            return
        if type(numbers.get("step")) is not int or not all(map(_is_number, numbers.values())):
            return
        yield len(line), numbers


def _is_number(value: Any) -> bool:
    """Tell whether a value is one that a run logs; one that isn't finite is logged as null."""
    return value is None or (type(value) in (int, float) and abs(value) <= LARGEST)
