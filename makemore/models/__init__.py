"""The registry of architectures. A class, and torch with it, is imported when it is built."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from makemore.models.settings import (
    BagOfWordsSettings,
    BigramSettings,
    CustomSettings,
    MLPSettings,
    ModelSettings,
    NgramSettings,
    RecurrentSettings,
    RNNSettings,
    TransformerSettings,
    WaveNetSettings,
)

if TYPE_CHECKING:
    from makemore.models.base import Model


@dataclass(frozen=True)
class Architecture:
    """Where an architecture's class is, and its settings: `class_name(vocab_size, settings)`."""

    settings: type[ModelSettings]
    module: str
    class_name: str


ARCHITECTURES = {
    "bigram": Architecture(BigramSettings, "makemore.models.bigram", "Bigram"),
    "ngram": Architecture(NgramSettings, "makemore.models.ngram", "Ngram"),
    "mlp": Architecture(MLPSettings, "makemore.models.mlp", "MLP"),
    "wavenet": Architecture(WaveNetSettings, "makemore.models.wavenet", "WaveNet"),
    "bow": Architecture(BagOfWordsSettings, "makemore.models.bow", "BagOfWords"),
    "rnn": Architecture(RNNSettings, "makemore.models.rnn", "RNN"),
    "lstm": Architecture(RecurrentSettings, "makemore.models.lstm", "LSTM"),
    "gru": Architecture(RecurrentSettings, "makemore.models.gru", "GRU"),
    "transformer": Architecture(TransformerSettings, "makemore.models.transformer", "Transformer"),
}


def settings_of(name: str) -> type[ModelSettings] | None:
    """Find the settings of an architecture, or of a user's `path/to/file.py:ClassName`."""
    if name in ARCHITECTURES:
        return ARCHITECTURES[name].settings
    return CustomSettings if ".py:" in name else None


def build_model(name: str, settings: ModelSettings, vocab_size: int) -> "Model":
    """Build an architecture with fresh weights from torch's global generator.

    Raises:
        UserError: it is a user's own, and can't be built.
    """
    if isinstance(settings, CustomSettings):
        from makemore.models.custom import build_custom

        return build_custom(name, settings, vocab_size)
    architecture = ARCHITECTURES[name]
    model_class = getattr(import_module(architecture.module), architecture.class_name)
    model: Model = model_class(vocab_size, settings)
    return model
