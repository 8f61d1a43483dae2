"""The numbers of a run are written, for TensorBoard and in `metrics.jsonl`.

TensorBoard is slow to import, so that what only reads a run leaves this file alone.
"""

import io
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[import-untyped]
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import custom_scalars, hparams

from makemore.errors import UserError
from makemore.runs.files import write_whole
from makemore.runs.run import Run

LOSSES = ["loss/train", "loss/val"]
CHARTS = {
    "loss": {"train and val, nats a character": ["Multiline", LOSSES]},
    "updates": {
        "log10 of update to weight; the lecture's guide is -3": ["Multiline", ["update_ratio/.*"]]
    },
}
"""What the tab Custom Scalars shows: curves that are read together, in one chart."""
BINS = 50
"""Of a histogram, between the lowest value and the highest."""


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
        for events in run.directory.glob("events.out.tfevents.*"):
            _drop_events_from(events, first)
        with self._writing():
            self._metrics = run.metrics.open("a", encoding="utf-8")
            self._writer = SummaryWriter(run.directory, purge_step=first)

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Log scalars under their tags."""
        with self._writing():
            finite = {tag: value if math.isfinite(value) else None for tag, value in values.items()}
            self._metrics.write(json.dumps({"step": step, **finite}) + "\n")
            # one event for all: each that is written takes its time
            scalars = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
            self._write(Summary(value=scalars), step)

    def text(self, step: int, tag: str, lines: list[str]) -> None:
        """Log text as it stands, for TensorBoard alone."""
        with self._writing():
            self._writer.add_text(tag, "\n".join(f"    {line}" for line in lines), step)

    def histograms(self, step: int, values: Mapping[str, Tensor]) -> None:
        """Log how often values occur, for TensorBoard alone; those that aren't finite are left out.

        A tensor without any that is finite has no histogram.
        """
        with self._writing():
            for tag, tensor in values.items():
                finite = tensor[tensor.isfinite()]
                if len(finite):
                    self._writer.add_histogram(tag, finite, step, bins=BINS)

    def describe(self, settings: Mapping[str, Any]) -> None:
        """Tell TensorBoard the settings of a new run, which losses go with them, and its charts."""
        plain = {
            name: ",".join(map(str, value)) if isinstance(value, list) else value
            for name, value in settings.items()
        }
        with self._writing():
            experiment, start, _ = hparams(plain, dict.fromkeys(LOSSES))
            for summary in (experiment, start, custom_scalars(CHARTS)):
                self._write(summary, 0)

    def _write(self, summary: Summary, step: int) -> None:
        self._writer._get_file_writer().add_summary(summary, step)

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


def _drop_events_from(events: Path, step: int) -> None:
    """Drop the events of `step` and later: a TensorBoard in pure Python would show texts twice."""
    from tensorboard.backend.event_processing.event_file_loader import (  # type: ignore[import-untyped]
        RawEventFileLoader,
    )
    from tensorboard.compat.proto.event_pb2 import Event  # type: ignore[import-untyped]
    from tensorboard.summary.writer.record_writer import (  # type: ignore[import-untyped]
        RecordWriter,
    )

    kept = io.BytesIO()
    writer = RecordWriter(kept)
    for record in RawEventFileLoader(str(events)).Load():  # up to one that a crash has torn
        if Event.FromString(record).step < step:
            writer.write(record)
    write_whole(events, kept.getvalue())
