"""Ctrl-C and SIGTERM: at once before a loop asks, then after its step, then at once again."""

import signal

import pytest

from makemore.commands.signals import stop_on_signals


@pytest.mark.parametrize(
    ("number", "interrupt"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)],
)
def test_a_signal_waits_only_for_a_loop_that_asks(
    number: signal.Signals, interrupt: type[BaseException]
) -> None:
    before = signal.getsignal(number)
    with stop_on_signals() as stop:
        with pytest.raises(interrupt):
            signal.raise_signal(number)
        assert not stop()
        signal.raise_signal(number)
        assert stop()
        assert stop.signal == number
        with pytest.raises(interrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before
