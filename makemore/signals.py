"""Ctrl-C, SIGTERM and SIGHUP end a process at once, or, while it trains, once all is saved.

A thread hears them. So they are heard too while PyTorch computes for a minute, or a module is being
imported, and no exception comes up in the middle of code that doesn't expect one.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Those that are heard, where the system has them: Ctrl-C, `kill`, a terminal that goes away."""


class Signals:
    """What the signals of this process do.

    Attributes:
        asked: the number of the first signal that came while they were `held`; None: none did.
        lock: whoever holds it isn't ended; for a moment only.
    """

    def __init__(self) -> None:
        self.asked: int | None = None
        self.lock = threading.RLock()
        self._holders = 0
        self._last: list[Callable[[], None]] = []

    def should_stop(self) -> bool:
        """Tell a training whether a signal asks it to stop."""
        return self.asked is not None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the first signal only ask, since there is something to be saved."""
        with self.lock:
            self._holders += 1
        try:
            yield
        finally:
            with self.lock:
                self._holders -= 1

    @contextmanager
    def before_the_end(self, last: Callable[[], None]) -> Iterator[None]:
        """Call something before a signal ends the process, for as long as this lasts."""
        with self.lock:
            self._last.append(last)
        try:
            yield
        finally:
            with self.lock:
                self._last.remove(last)

    def listen(self) -> None:
        """Hear signals from now on, in the main thread; nohup's ignoring SIGHUP stays."""
        read, write = os.pipe()
        if os.name == "posix":
            os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        threading.Thread(target=self._hear_all, args=(read,), daemon=True).start()
        for name in NAMES:
            number = getattr(signal, name, None)
            if number is None or (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
                continue
            signal.signal(number, lambda *_: None)  # only so that the number is written

    def _hear_all(self, read: int) -> None:
        while True:
            self.hear(os.read(read, 1)[0])

    def hear(self, number: int) -> None:
        """Do what a signal asks for: remember it, or end the process."""
        with self.lock:
            if self._holders and self.asked is None:
                self.asked = number
                return
            if self._holders and number == getattr(signal, "SIGHUP", None):
                return  # a shell sends a second one after the terminal's, and nobody is impatient
            for last in self._last:
                last()
            if number == signal.SIGINT and os.isatty(1):
                with suppress(OSError):
                    os.write(1, b"\n")  # behind the ^C
            os._exit(128 + number)

    def end_if_asked(self) -> None:
        """End the process, which has saved all, with the status of the signal that asked for it."""
        if self.asked is None:
            return
        with suppress(OSError, ValueError):  # the terminal or the pipe may be gone
            sys.stdout.flush()
        os._exit(128 + self.asked)


SIGNALS = Signals()
"""A process has one set of them."""
