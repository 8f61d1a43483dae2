"""Which models are compared, each with its own recipe."""

from collections.abc import Mapping, Sequence
from typing import Any

from makemore.config import Config, read_config
from makemore.errors import UsageError
from makemore.models import ARCHITECTURES

MODELS_OF_TEXT = ("bigram", "ngram", "mlp", "transformer")
"""Those that one long text is compared with unless others are named: all of them would take it many
minutes, where lines take one."""


def read_recipes(models: str | Sequence[str] | None, settings: Mapping[str, Any]) -> list[Config]:
    """Put settings that all models get over each model's recipe.

    Args:
        models: names of architectures, or `file.py:ClassName`, also in one string with commas
            between them; None: all architectures, and of a text `MODELS_OF_TEXT`.
        settings: of data and training, by their names.

    Raises:
        UsageError: a model or setting that can't be, or a model that is named twice.
    """
    if "init_from" in settings:
        raise UsageError("--from: here each model starts from fresh weights, so leave it out.")
    if models is None:
        models = MODELS_OF_TEXT if settings.get("format") == "text" else [*ARCHITECTURES]
    if isinstance(models, str):
        models = [name.strip() for name in models.split(",") if name.strip()]
    if not models:
        raise UsageError("--models: name one at least, such as --models ngram,mlp,transformer.")
    if len(set(models)) < len(models):
        raise UsageError("--models: name each model once.")
    return [read_config(None, {**settings, "model": name}) for name in models]
