"""The entry point."""

import os

import pytest

from makemore.__main__ import main as entry_point


def test_an_interrupt_while_starting_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("makemore.commands.app", interrupted)
    with pytest.raises(SystemExit) as ended:
        entry_point()
    assert ended.value.code == 130


@pytest.mark.parametrize(("told", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_that_wait_for_each_other_sleep_unless_told_otherwise(
    told: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", told or "")
    if told is None:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    monkeypatch.setattr("makemore.commands.app", lambda **_: None)
    entry_point()
    assert os.environ["OMP_WAIT_POLICY"] == expected
