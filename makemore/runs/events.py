"""TensorBoard's event files: a new one for each session of a training.

They are written in the thread of the training. TensorBoard's own writer has a thread of its own,
which prints a traceback where a disk fails, whoever catches the error.
"""

import socket
import time
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import (  # type: ignore[import-untyped]
    RawEventFileLoader,
)
from tensorboard.compat.proto.event_pb2 import Event, SessionLog  # type: ignore[import-untyped]
from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[import-untyped]
from tensorboard.summary.writer.record_writer import RecordWriter  # type: ignore[import-untyped]

from makemore.runs.files import PARTIAL, Log, cut

VERSION = "brain.Event:2"
"""Of the format, which each file begins with."""
AROUND = 16
"""Bytes that a record has beside its event: length and checksums."""


class EventFile:
    """The event file of a session. Any method raises an OSError where it can't write."""

    def __init__(self, directory: Path, first: int) -> None:
        """Begin it; a TensorBoard that has seen `first` or later steps forgets them."""
        now = time.time_ns()  # TensorBoard reads the files in the order of their names
        self._log = Log(directory / f"events.out.tfevents.{now}.{socket.gethostname()}")
        self._records = RecordWriter(self._log)
        self._add(Event(file_version=VERSION))
        self._add(Event(step=first, session_log=SessionLog(status=SessionLog.START)))

    def add(self, summary: Summary, step: int) -> None:
        """Add what was found at a step. Steps come in their order, or `drop_events` drops more."""
        self._add(Event(summary=summary, step=step))

    def sync(self) -> None:
        """Bring all to disk."""
        self._log.sync()

    def close(self) -> None:
        """Bring all to disk, and end."""
        self._log.close()

    def _add(self, event: Event) -> None:
        event.wall_time = time.time()
        self._records.write(event.SerializeToString())


def drop_events(directory: Path, first: int) -> None:
    """Drop the events of step `first` and later, and what a crash has torn.

    A TensorBoard in pure Python would show their texts twice.

    Raises:
        OSError: a file can't be read or cut.
    """
    for path in directory.glob("events.out.tfevents.*"):
        if path.suffix == PARTIAL:
            continue
        size = 0
        for record in RawEventFileLoader(str(path)).Load():  # up to one that is torn
            if Event.FromString(record).step >= first:
                break
            size += len(record) + AROUND
        cut(path, size)
