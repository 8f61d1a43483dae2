"""What the tests of commands have: a folder with a run in it, and a runner there."""

from pathlib import Path

import pytest

from makemore.corpus.reader import read_documents
from makemore.corpus.reading import embedded_names
from tests.helpers import Runner, start_makemore


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with one small run in it, of a corpus of its own; a test leaves it as it is."""
    folder = tmp_path_factory.mktemp("trained")
    documents = read_documents(embedded_names())[:2000]
    (folder / "data.txt").write_text("\n".join(documents))
    flags = ["--model", "mlp", "--data", "data.txt", "--max-steps", "60", "--out", "runs/one"]
    process = start_makemore("train", *flags, cwd=folder)
    _, error = process.communicate()
    assert (process.returncode, error) == (0, "")
    return folder


@pytest.fixture
def run(run_makemore: Runner, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run a command in that folder."""
    monkeypatch.chdir(trained)
    return run_makemore
