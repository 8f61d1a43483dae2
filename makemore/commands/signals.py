"""Ctrl-C and SIGTERM ask a run to end well, instead of ending it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Stop:
    """Tells a loop whether it was asked to stop.

    Attributes:
        signal: the number of the signal that asked; None: none did.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._listens = False

    def __call__(self) -> bool:
        """Answer the loop; from the first time on, a signal waits for its next question."""
        self._listens = True
        return self.signal is not None

    def handle(self, number: int, frame: object) -> None:
        """Remember a signal. Before the loop asks, and from the second one on, interrupt at once.

        Raises:
            KeyboardInterrupt, SystemExit: at once.
        """
        if self._listens and self.signal is None:
            self.signal = number
        elif number == signal.SIGINT:
            raise KeyboardInterrupt
        else:
            raise SystemExit(128 + number)


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Let SIGINT and SIGTERM ask for a stop, instead of dying of them."""
    stop = Stop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, stop.handle) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
