"""How a path is spelled in a command that is printed, for the shell that it will be pasted into."""

import os
import re
import shlex
from pathlib import Path
from typing import Literal

Shell = Literal["posix", "cmd", "powershell"]

PLAIN = re.compile(r"[\w./\\:+-]+")
"""What neither cmd.exe nor PowerShell reads as anything else."""


def quote(path: Path | str, shell: Shell | None = None) -> str:
    """Quote a path as one word of a command line.

    Args:
        path: without the double quote, which no path can hold where cmd.exe is.
        shell: which one reads it; None: the one that is there.
    """
    word, shell = str(path), shell or find_shell()
    if shell == "posix":
        return shlex.quote(word)
    if PLAIN.fullmatch(word):
        return word
    if shell == "powershell":
        # it takes the typographic quotes of a text for single quotes too
        return "'" + re.sub("(['\u2018-\u201b])", r"\1\1", word) + "'"
    # a variable's name is looked for between two %, inside double quotes too; a caret outside of
    # them, which is dropped later, makes of it a name that there is not
    return '"' + word.replace("%", '"^%"') + '"'


def find_shell() -> Shell:
    """Find out which shell's command line this process was started from."""
    if os.name != "nt":
        return "posix"
    from shellingham import ShellDetectionFailure, detect_shell

    try:
        name, _ = detect_shell()
    except ShellDetectionFailure:
        return "cmd"
    if name in ("powershell", "pwsh"):
        return "powershell"
    return "cmd" if name == "cmd" else "posix"
