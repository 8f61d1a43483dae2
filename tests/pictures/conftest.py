"""What the tests of pictures have: small makers in memory, of names and of a text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import makemore
from makemore import Maker
from makemore.corpus.loading import load_corpus
from makemore.corpus.reading import embedded_names
from makemore.corpus.splits import Corpus
from tests.helpers import PLAY

Make = Callable[..., Maker]


@pytest.fixture(scope="session")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write some names."""
    path = tmp_path_factory.mktemp("pictures") / "names.txt"
    path.write_text("\n".join(embedded_names().read_text().splitlines()[:1500]))
    return path


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """Take a few of the names, for models in memory."""
    whole = load_corpus(None)
    return Corpus("some names", whole.train[:300], whole.val[:60], whole.test[:60])


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one long text."""
    path = tmp_path_factory.mktemp("pictures") / "play.txt"
    path.write_text(PLAY * 3)
    return path


@pytest.fixture(scope="session")
def bigram(names: Path) -> Maker:
    """Count a bigram."""
    return makemore.train(names, model="bigram", show=False)


@pytest.fixture(scope="session")
def mlp(names: Path) -> Maker:
    """Train a small MLP."""
    settings: dict[str, Any] = {"n_embd": 2, "n_hidden": 20, "max_steps": 60, "eval_interval": 20}
    return makemore.train(names, model="mlp", show=False, **settings)


@pytest.fixture(scope="session")
def of_text(play: Path) -> Maker:
    """Train a small recurrent network on a text."""
    settings: dict[str, Any] = {"n_embd": 8, "n_hidden": 16, "max_steps": 30}
    return makemore.train(play, model="rnn", format="text", show=False, **settings)
