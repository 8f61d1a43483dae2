"""The numbers of a run are written, for TensorBoard and in `metrics.jsonl`.

TensorBoard is slow to import, so that what only reads a run leaves this file alone.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from makemore.errors import UserError
from makemore.runs.files import write_whole
from makemore.runs.run import Run


class Tracker:
    """Writes the same numbers to both; one that JSON can't spell is null in the file.

    A resumed run goes on where its checkpoint stands: what was logged after it is dropped, since
    those steps are done again. Where a disk is full, any method raises a UserError.
    """

    def __init__(self, run: Run, resumed_at: int | None) -> None:
        """Open the logs of a run, new or resumed at a step."""
        first = 0 if resumed_at is None else resumed_at + 1
        self._run = run
        _drop_from(run.metrics, first)
        with self._writing():
            self._metrics = run.metrics.open("a", encoding="utf-8")
            self._writer = SummaryWriter(run.directory, purge_step=first)

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Log scalars under their tags."""
        with self._writing():
            finite = {tag: value if math.isfinite(value) else None for tag, value in values.items()}
            self._metrics.write(json.dumps({"step": step, **finite}) + "\n")
            for tag, value in values.items():
                self._writer.add_scalar(tag, value, step)

    def text(self, step: int, tag: str, lines: list[str]) -> None:
        """Log text as it stands, for TensorBoard alone."""
        with self._writing():
            self._writer.add_text(tag, "\n".join(f"    {line}" for line in lines), step)

    def flush(self) -> None:
        """Bring all to disk. Done before each checkpoint, so that none is ahead of its logs."""
        with self._writing():
            self._metrics.flush()
            os.fsync(self._metrics.fileno())
            self._writer.flush()

    def close(self) -> None:
        """Bring all to disk, and end."""
        with self._writing():
            self._metrics.close()
            self._writer.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UserError(f"Can't write the logs of {self._run}: {error.strerror}.") from error


def _drop_from(metrics: Path, step: int) -> None:
    """Drop the lines of `step` and later, and all from one on that a crash has left unreadable."""
    if not metrics.exists():
        return
    kept = []
    for line in metrics.read_bytes().splitlines(keepends=True):
        try:
            if not line.endswith(b"\n") or json.loads(line)["step"] >= step:
                break
        except (ValueError, KeyError, TypeError):
            break
        kept.append(line)
    write_whole(metrics, b"".join(kept))
