"""The lines of `metrics.jsonl`, up to one that a crash has torn."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from makemore.errors import UserError


def read_lines(metrics: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the size of each line in bytes, and its numbers; a file that is not there has none.

    Raises:
        UserError: it can't be read.
    """
    try:
        lines = metrics.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"Can't read {metrics}: {error.strerror}.") from error
    for line in lines:
        try:
            numbers = json.loads(line)
        except ValueError:
            return
        if not line.endswith(b"\n") or not isinstance(numbers, dict):
            return
        if type(numbers.get("step")) is not int:
            return
        yield len(line), numbers
