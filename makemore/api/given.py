"""What a caller gives: settings by their names, and a corpus that may be of the other kind."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from makemore.config import Config
from makemore.corpus.splits import Corpus
from makemore.errors import MakemoreWarning, UsageError
from makemore.runs.settings import read_settings


def read_given(
    data: str | Path | None,
    model: str | None,
    config: str | Path | None,
    trust: bool,
    settings: dict[str, Any],
) -> Config:
    """Put all that is given into one object."""
    chosen = chosen_of(data, {"model": model, **settings})
    return read_settings(None if config is None else Path(config), chosen, trusted=trust)


def chosen_of(data: str | Path | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Name the settings that were given.

    Raises:
        UsageError: the data are no path.
    """
    if not (data is None or isinstance(data, str | Path)):
        raise UsageError(f"--data takes the path of a file, not {type(data).__name__}.")
    given = {"data": None if data is None else str(data), **settings}
    return {name: value for name, value in given.items() if value is not None}


def warn_of_the_format(corpus: Corpus) -> None:
    """Warn where a file looks like the other kind of corpus."""
    hint = corpus.format_hint()
    if hint is not None:
        warnings.warn(hint, MakemoreWarning, stacklevel=4)
