"""What a shell completes, asked as shells ask."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from makemore.commands import app
from makemore.models import ARCHITECTURES
from tests.helpers import Runner


def asked(words: str) -> dict[str, str]:
    """Ask as bash does, with the cursor at the end of the words."""
    position = str(words.count(" "))
    return {"_MAKEMORE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": position}


def answer(environment: dict[str, str]) -> str:
    """Answer a shell that asks by environment variables."""
    result = CliRunner().invoke(app, [], env=environment, prog_name="makemore")
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("makemore sample --run ", ["one"]),
        ("makemore eval --run o", ["one"]),
        ("makemore explain --run x", []),  # and the shell completes files
        ("makemore train --resume --out ", ["one"]),
        ("makemore train --out ", []),
        ("makemore train --model tr", ["transformer"]),
        ("makemore explain emma --model ", [*ARCHITECTURES]),
        ("makemore ru", ["runs"]),
    ],
)
@pytest.mark.usefixtures("run")
def test_names_are_completed(words: str, expected: list[str]) -> None:
    assert answer(asked(words)).split() == expected


@pytest.mark.usefixtures("run_makemore")  # in an empty folder
def test_without_runs_nothing_is_completed() -> None:
    assert answer(asked("makemore sample --run ")).split() == []


def test_a_shell_gets_its_answer_without_torch(trained: Path) -> None:
    environment = {**asked("makemore sample --run "), "PYTHONPATH": os.pathsep.join(sys.path)}
    code = (
        "import sys; from makemore.__main__ import main\n"
        "try: main()\n"
        "finally: assert 'torch' not in sys.modules, 'slow to answer'"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=trained,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "one\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_asks_makemore(shell: str) -> None:
    script = answer({"_MAKEMORE_COMPLETE": f"source_{shell}"})
    assert f"_MAKEMORE_COMPLETE=complete_{shell}" in script


def test_completion_can_be_installed_and_shown(run_makemore: Runner) -> None:
    shown = run_makemore("--help").stdout
    assert "--install-completion" in shown
    assert "--show-completion" in shown
