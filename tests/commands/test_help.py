"""Help, version and usage."""

import re
import subprocess
import sys

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from makemore import __version__
from makemore.commands import app
from makemore.config import flag
from makemore.corpus.settings import DataSettings
from makemore.models import ARCHITECTURES
from makemore.recipe import TrainingSettings
from tests.helpers import Runner


def every_command() -> list[str]:
    """Name the commands that the app has."""
    whole = get_command(app)
    assert isinstance(whole, TyperGroup)
    return list(whole.commands)


def test_the_help_of_train_names_every_setting_of_every_model(run_makemore: Runner) -> None:
    shown = run_makemore("train", "--help").stdout
    groups = [DataSettings, TrainingSettings, *ARCHITECTURES.values()]
    for group in groups:
        for name in group.model_fields:  # type: ignore[attr-defined]
            assert re.search(rf"{flag(name)}\b", shown), name


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], *([command, "--help"] for command in every_command())],
    ids=" ".join,
)
def test_help_and_usage_never_import_torch(arguments: list[str]) -> None:
    code = (
        "import sys; from makemore.commands import app\n"
        f"try: app({arguments!r})\n"
        "except SystemExit as e: assert not e.code\n"
        "assert not {'torch', 'numpy', 'tensorboard'} & set(sys.modules), 'slow to start'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_the_package_s(run_makemore: Runner) -> None:
    assert run_makemore("--version").stdout == f"makemore {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["sample", "--seed", "99999999999999999999"],
        ["sample", "--temperature", "nan"],
        ["train", "--colour", "red"],
        ["sample", "-n", "0"],
        ["eval", "--split", "all"],
        ["fly"],
    ],
    ids=" ".join,
)
def test_bad_usage_has_status_2(run: Runner, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
