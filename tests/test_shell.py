"""A printed command is read by its shell as it was meant."""

import os
import re
import shlex

import pytest
import shellingham
from hypothesis import given
from hypothesis import strategies as st

from makemore.shell import Shell, find_shell, quote

paths = st.text("ab1 /\\:.-_'\u2019%&^$`(;é漢", min_size=1)


@pytest.mark.parametrize(
    ("path", "posix", "cmd", "powershell"),
    [
        (r"runs\one", r"'runs\one'", r"runs\one", r"runs\one"),
        (r"C:\my runs\1", r"'C:\my runs\1'", r'"C:\my runs\1"', r"'C:\my runs\1'"),
        ("runs/one-mlp", "runs/one-mlp", "runs/one-mlp", "runs/one-mlp"),
        ("emma's", "'emma'\"'\"'s'", '"emma\'s"', "'emma''s'"),
        ("a & b", "'a & b'", '"a & b"', "'a & b'"),
        ("$HOME", "'$HOME'", '"$HOME"', "'$HOME'"),
        ("50%", "50%", '"50"^%""', "'50%'"),
    ],
)
def test_a_path_is_quoted_as_its_shell_reads_it(
    path: str, posix: str, cmd: str, powershell: str
) -> None:
    shells: dict[Shell, str] = {"posix": posix, "cmd": cmd, "powershell": powershell}
    for shell, expected in shells.items():
        assert quote(path, shell) == expected


@given(paths)
def test_a_posix_shell_reads_the_path(path: str) -> None:
    assert shlex.split(quote(path, "posix")) == [path]


@given(paths)
def test_powershell_reads_the_path(path: str) -> None:
    """Between single quotes, of which two are one, nothing has a meaning (about_Quoting_Rules)."""
    word = quote(path, "powershell")
    if word[0] != "'":
        assert word == path
        return
    inside = re.fullmatch("'((?:[^'\u2019]|''|\u2019\u2019)*)'", word)
    assert inside is not None
    assert re.sub("(['\u2019])\\1", r"\1", inside[1]) == path


@given(paths)
def test_cmd_reads_the_path(path: str) -> None:
    """First a name between two % becomes a variable's value; then outside of quotes ^ goes."""
    word = quote(path, "cmd")
    names = re.findall("%([^%]+)(?=%)", word)
    assert not any(re.fullmatch(r'[^"^]*', name) for name in names), "may be a variable's"
    read, quoted = "", False
    for character in word:
        if character == '"':
            quoted = not quoted
        elif quoted or character != "^":
            assert quoted or character not in " &;(`$'\u2019", "may have a meaning"
            read += character
    assert read == path


@pytest.mark.parametrize(
    ("found", "shell"),
    [("cmd", "cmd"), ("powershell", "powershell"), ("pwsh", "powershell"), ("bash", "posix")],
)
def test_on_windows_the_shell_is_the_one_that_started_the_command(
    found: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_shell() == "posix"
    monkeypatch.setattr(shellingham, "detect_shell", lambda: (found, found))
    monkeypatch.setattr(os, "name", "nt")
    assert find_shell() == shell


def test_where_no_shell_is_found_on_windows_it_is_that_of_windows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise shellingham.ShellDetectionFailure

    monkeypatch.setattr(shellingham, "detect_shell", fail)
    monkeypatch.setattr(os, "name", "nt")
    assert find_shell() == "cmd"
