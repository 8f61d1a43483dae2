"""The registry of architectures. A class, and torch with it, is imported when it is built."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from makemore.models.settings import (
    BigramSettings,
    MLPSettings,
    ModelSettings,
    TransformerSettings,
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
    "mlp": Architecture(MLPSettings, "makemore.models.mlp", "MLP"),
    "transformer": Architecture(TransformerSettings, "makemore.models.transformer", "Transformer"),
}


def build_model(name: str, settings: ModelSettings, vocab_size: int) -> "Model":
    """Build a registered architecture with fresh weights from torch's global generator."""
    architecture = ARCHITECTURES[name]
    model_class = getattr(import_module(architecture.module), architecture.class_name)
    model: Model = model_class(vocab_size, settings)
    return model
