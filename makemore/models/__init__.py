"""One architecture a file: what is the next character?

    base            the contract that all models meet
    settings        the settings of each, and the recipe that it trains with
    window          what bigram, ngram, mlp and wavenet have in common: the last few characters
    recurrent       what rnn, lstm and gru have in common: a state
    attention       what the transformer attends with (bow, a bag of words, attends to all alike)
    normalization   BatchNorm and the others
    watching        the operations of any model while it predicts
    activations     what the nonlinearities of any model give
    custom          a user's own model
    trust           whose files run, and are looked into, unasked

The registry is collected from the settings. A class, and torch with it, is imported when it is
built.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from makemore.models.settings import CustomSettings, ModelSettings

if TYPE_CHECKING:
    from makemore.models.base import Model


def _architectures(family: type[ModelSettings]) -> Iterator[type[ModelSettings]]:
    """Find the settings below some others that name what they build, in the order of their file."""
    for settings in family.__subclasses__():
        if "builds" in vars(settings):
            yield settings
        yield from _architectures(settings)


ARCHITECTURES = {
    settings.builds.partition(".")[0]: settings for settings in _architectures(ModelSettings)
}
"""The settings of each architecture by its name, which is that of the file of its model."""


def settings_of(name: str) -> type[ModelSettings] | None:
    """Find the settings of an architecture, or of a user's `path/to/file.py:ClassName`."""
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    return CustomSettings if ".py:" in name else None


def build_model(
    name: str, settings: ModelSettings, vocab_size: int, *, tried: bool = True
) -> "Model":
    """Build an architecture with fresh weights from torch's global generator.

    A user's own is tried as a whole, unless `tried` is false: then it is only called.

    Raises:
        UserError: it is a user's own, and can't be built.
    """
    if isinstance(settings, CustomSettings):
        from makemore.models.custom import build_custom

        return build_custom(name, settings, vocab_size, tried=tried)
    file, _, class_name = settings.builds.partition(".")
    model_class = getattr(import_module(f"{__name__}.{file}"), class_name)
    model: Model = model_class(vocab_size, settings)
    return model
