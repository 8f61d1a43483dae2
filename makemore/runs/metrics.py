"""The numbers of a run are written, for TensorBoard and in `metrics.jsonl`.

TensorBoard is slow to import, so that what only reads a run leaves this file alone.
"""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[import-untyped]
from torch import Tensor
from torch.utils.tensorboard.summary import custom_scalars, histogram, hparams, text

from makemore.errors import UserError
from makemore.runs.events import EventFile, drop_events
from makemore.runs.files import Log, cut
from makemore.runs.logged import read_lines
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
        for log in (run.metrics, *run.directory.glob("events.out.tfevents.*")):
            if log.is_symlink():
                raise UserError(f"{log} is a link, perhaps to a file elsewhere: remove it.")
        with self._writing():
            _drop_lines(run.metrics, first)
            drop_events(run.directory, first)
            self._metrics = Log(run.metrics)
            self._events = EventFile(run.directory, first)

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Log scalars under their tags."""
        with self._writing():
            finite = {tag: value if math.isfinite(value) else None for tag, value in values.items()}
            self._metrics.write(json.dumps({"step": step, **finite}).encode() + b"\n")
            # one event for all: each that is written takes its time
            scalars = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
            self._events.add(Summary(value=scalars), step)

    def text(self, step: int, tag: str, lines: list[str]) -> None:
        """Log text as it stands, for TensorBoard alone."""
        with self._writing():
            self._events.add(text(tag, "\n".join(f"    {line}" for line in lines)), step)

    def histograms(self, step: int, values: Mapping[str, Tensor]) -> None:
        """Log how often values occur, for TensorBoard alone; those that aren't finite are left out.

        A tensor without any that is finite has no histogram.
        """
        with self._writing():
            for tag, tensor in values.items():
                finite = tensor[tensor.isfinite()]
                if len(finite):
                    self._events.add(histogram(tag, finite, BINS), step)

    def describe(self, settings: Mapping[str, Any]) -> None:
        """Tell TensorBoard the settings of a new run, which losses go with them, and its charts."""
        plain = {
            name: ",".join(map(str, value)) if isinstance(value, list) else value
            for name, value in settings.items()
        }
        with self._writing():
            experiment, start, _ = hparams(plain, dict.fromkeys(LOSSES))
            for summary in (experiment, start, custom_scalars(CHARTS)):
                self._events.add(summary, 0)

    def flush(self) -> None:
        """Bring all to disk. Done before each checkpoint, so that none is ahead of its logs."""
        with self._writing():
            self._metrics.sync()
            self._events.sync()

    def close(self) -> None:
        """Bring all to disk, and end."""
        with self._writing(), closing(self._events):
            self._metrics.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            what = error.filename or f"the logs of {self._run}"
            raise UserError(f"Can't write {what}: {error.strerror}.") from error


def _drop_lines(metrics: Path, first: int) -> None:
    """Drop the lines of step `first` and later, and all from one on that a crash has torn."""
    before = takewhile(lambda line: line[1]["step"] < first, read_lines(metrics))
    cut(metrics, sum(size for size, _ in before))
