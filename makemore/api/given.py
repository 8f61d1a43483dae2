"""What a caller gives: settings by their names, and a corpus that may be of the other kind."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from makemore.config import Config
from makemore.corpus.sources import Paths
from makemore.corpus.splits import Corpus
from makemore.errors import MakemoreWarning
from makemore.runs.settings import read_settings


def read_given(
    data: Paths | None,
    model: str | None,
    config: str | Path | None,
    trust: bool,
    settings: dict[str, Any],
) -> Config:
    """Put all that is given into one object."""
    chosen = chosen_of(data, {"model": model, **settings})
    return read_settings(None if config is None else Path(config), chosen, trusted=trust)


def chosen_of(data: Paths | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Name the settings that were given."""
    given = {"data": data, **settings}
    return {name: value for name, value in given.items() if value is not None}


def warn_of_the_format(corpus: Corpus) -> None:
    """Warn where a file looks like the other kind of corpus."""
    if corpus.hint is not None:
        warnings.warn(corpus.hint, MakemoreWarning, stacklevel=4)
