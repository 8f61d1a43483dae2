"""A user's own model: `--model path/to/file.py:ClassName`.

The class is any `torch.nn.Module` that is built from the number of characters and has a
`forward(tokens) -> logits`, as `docs/your-own-model.md` shows. All else comes from the defaults of
the contract; a class that derives from `Model` may override them.
"""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from makemore.errors import UserError
from makemore.models.base import Model
from makemore.models.settings import CustomSettings

PROBE_LENGTH = 4


class Custom(Model):
    """Stands between the contract and a module that knows nothing of it."""

    def __init__(self, vocab_size: int, module: nn.Module) -> None:
        super().__init__(vocab_size)
        self.module = module

    def forward(self, tokens: Tensor) -> Tensor:
        """Let the module predict: (B, T) -> (B, T, V)."""
        logits: Tensor = self.module(tokens)
        return logits


def build_custom(name: str, settings: CustomSettings, vocab_size: int) -> Model:
    """Build `path/to/file.py:ClassName` with fresh weights from torch's global generator.

    Raises:
        UserError: there is no such file or class, it can't be built or called, its logits have
            another shape than (B, T, V), or they depend on later characters.
    """
    path, _, class_name = name.rpartition(":")
    file = Path(path)
    with _blaming(file):
        found = getattr(_load(file), class_name, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise UserError(f"{file} has no class {class_name} that is a torch.nn.Module.")
    takes = inspect.signature(found).parameters
    sizes = {"block_size": settings.block_size} if "block_size" in takes else {}
    with _blaming(file):
        module: nn.Module = found(vocab_size, **sizes)
    model = module if isinstance(module, Model) else Custom(vocab_size, module)
    if model.context_length is None and model.block_size is None:
        model.block_size = settings.block_size
    with _blaming(file):
        _probe(model, name)
    return model


def _load(file: Path) -> object:
    """Run a file as a module of its own, beside which it may import others."""
    if not file.is_file():
        raise UserError(f"There is no file {file} to take a model from.")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise UserError(f"{file} is no Python file: its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(file.parent))
    return module


@torch.no_grad()
def _probe(model: Model, name: str) -> None:
    """See in one small example that the logits are what they must be."""
    tokens = torch.arange(PROBE_LENGTH)[: model.block_size, None].T % model.vocab_size  # (1, T)
    changed = tokens.clone()
    changed[:, -1] = (changed[:, -1] + 1) % model.vocab_size
    was_training = model.training
    model.eval()
    logits, others = model(tokens), model(changed)
    model.train(was_training)
    expected = (*tokens.shape, model.vocab_size)
    shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
    if shape != expected:
        raise UserError(
            f"{name} gives {shape} for tokens of shape {tuple(tokens.shape)}; "
            f"logits (B, T, vocab_size), {expected}, are expected."
        )
    if not torch.allclose(logits[:, :-1], others[:, :-1], atol=1e-5, equal_nan=True):
        raise UserError(
            f"{name} looks ahead: its logits change when only a later character does. "
            f"The prediction at a place may depend on the tokens up to it alone."
        )


@contextmanager
def _blaming(file: Path) -> Iterator[None]:
    """Say what went wrong in a user's file, and where."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == str(file)
        ]
        line = error.lineno if isinstance(error, SyntaxError) else (lines or [None])[-1]
        where = f"{file}, line {line}" if line else str(file)
        raise UserError(f"{where}: {type(error).__name__}: {error}.") from error
