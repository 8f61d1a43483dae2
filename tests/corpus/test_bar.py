"""A bar is shown in a terminal alone, and only of what takes its time."""

import io
import sys

import pytest

from makemore.corpus import bar
from makemore.corpus.bar import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, file: io.StringIO, patience: float) -> str:
    """Show a part of the work, with this patience."""
    monkeypatch.setattr(bar, "PATIENCE", patience)
    monkeypatch.setattr(bar, "REFRESHES_A_SECOND", 1e12)
    monkeypatch.setattr(sys, "stderr", file)
    monkeypatch.setenv("TERM", "xterm")
    with Bar() as one:
        one.begin("reading [red]big.txt", 200)
        one.advance(50)
        one.advance(50)
    return file.getvalue()


def test_a_bar_is_shown_in_a_terminal_when_patience_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = shown(monkeypatch, Terminal(), 0.0)
    assert "reading [red]big.txt" in text
    assert "50%" in text


def test_none_is_shown_before_nor_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, Terminal(), 60.0) == ""
    assert shown(monkeypatch, io.StringIO(), 0.0) == ""
