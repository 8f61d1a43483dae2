"""What every test has: the same random numbers, the names, a command runner."""

from pathlib import Path

import pytest
import torch
from hypothesis import settings
from typer.testing import CliRunner, Result

from makemore.commands import app
from makemore.corpus.splits import Corpus, load_corpus
from tests.helpers import Runner

settings.register_profile("makemore", deadline=None, derandomize=True)
settings.load_profile("makemore")


@pytest.fixture(autouse=True)
def _same_random_numbers() -> None:
    """Let no test depend on those that ran before it."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def names() -> Corpus:
    return load_corpus(None)


@pytest.fixture
def run_makemore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run a command in an empty folder; its result has exit_code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        assert "Traceback" not in result.stderr
        return result

    return run
