"""The entry point."""

import pytest

from makemore.__main__ import main as entry_point


def test_an_interrupt_while_starting_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("makemore.commands.app", interrupted)
    with pytest.raises(SystemExit) as ended:
        entry_point()
    assert ended.value.code == 130
