"""What every test has: the same random numbers, names, workers, a command runner."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from typer.testing import CliRunner, Result

from makemore.commands import app
from makemore.compute.threads import Workers
from makemore.corpus.loading import load_corpus
from makemore.corpus.splits import Corpus
from tests.helpers import Runner

settings.register_profile("makemore", deadline=None, derandomize=True)
settings.load_profile("makemore")


@pytest.fixture(autouse=True, scope="session")
def _a_home_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what a user's home holds out of the tests, and the tests out of it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(autouse=True)
def _same_random_numbers() -> None:
    """Let no test depend on those that ran before it."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def names() -> Corpus:
    return load_corpus(None)


@pytest.fixture(scope="session")
def corpus(names: Corpus) -> Corpus:
    """Take a few of the names, for runs of a few steps."""
    return Corpus("some names", names.train[:300], names.val[:60], names.test[:60])


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Start three workers, each with one of PyTorch's threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    with Workers(3) as several:
        yield several
    torch.set_num_threads(threads)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Let small steps take no longer beside other work: two threads would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def run_makemore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run a command in an empty folder; its result has exit_code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        assert "Traceback" not in result.stderr
        return result

    return run
