"""A user's own model: `--model path/to/file.py:ClassName`.

The class is any `torch.nn.Module` that is built from the number of characters and has a
`forward(tokens) -> logits`, as `docs/your-own-model.md` shows. All else comes from the defaults of
the contract; a class that derives from `Model` may override them.
"""

import inspect
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.corpus.documents import Lines
from makemore.corpus.predictions import BOUNDARY
from makemore.errors import UserError
from makemore.models.base import Model
from makemore.models.settings import CustomSettings
from makemore.models.trust import Sources


class Custom(Model):
    """Stands between the contract and a module that knows nothing of it."""

    def __init__(self, vocab_size: int, module: nn.Module) -> None:
        super().__init__(vocab_size)
        self.module = module

    def forward(self, tokens: Tensor) -> Tensor:
        """Let the module predict: (B, T) -> (B, T, V)."""
        logits: Tensor = self.module(tokens)
        return logits


def build_custom(
    name: str, settings: CustomSettings, vocab_size: int, *, tried: bool = True
) -> Model:
    """Build `path/to/file.py:ClassName` with fresh weights from torch's global generator.

    Args:
        name: file and class.
        settings: how long its sequences are.
        vocab_size: V.
        tried: whether it is tried as a whole, or only called: `makemore.checks` tries it too.

    Raises:
        UserError: there is no such file or class, the user has not named it, it can't be built or
            called, or its logits are not what they must be, as `_probe_logits` finds out; if tried,
            as `_probe` does.
    """
    class_name = name.rpartition(":")[2]
    sources = Sources(name)
    file = sources.file
    with _blaming(file):
        found = getattr(sources.load(), class_name, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise UserError(f"{file} has no class {class_name} that is a torch.nn.Module.")
    takes = inspect.signature(found).parameters
    sizes = {"block_size": settings.block_size} if "block_size" in takes else {}
    with _blaming(file):
        module: nn.Module = found(vocab_size, **sizes)
    model = module if isinstance(module, Model) else Custom(vocab_size, module)
    model.source = sources.digest
    if model.context_length is None and model.block_size is None:
        model.block_size = settings.block_size
    types = {str(parameter.dtype) for parameter in model.parameters() if parameter.requires_grad}
    if not types:
        raise UserError(f"{name} has no parameters to train.")
    if len(types) > 1:
        found = ", ".join(sorted(types))
        raise UserError(f"{name} has parameters of several types: {found}. Give all the same.")
    with _blaming(file), model.evaluating():
        _probe_logits(model, name)
        if tried:
            _probe(model, name)
    return model


def _two_sequences(model: Model) -> Tensor:
    """Make two sequences, as long as they may be: int64 (2, T)."""
    length = model.block_size or 2 * (model.context_length or 1)
    return torch.arange(2 * length).view(2, length) % model.vocab_size


def _probe_logits(model: Model, name: str) -> None:
    """See that the logits of two sequences have their shape, and a gradient."""
    tokens = _two_sequences(model)
    logits = model(tokens)
    expected = (*tokens.shape, model.vocab_size)
    shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
    if shape != expected:
        raise UserError(
            f"{name} gives {shape} for tokens of shape {tuple(tokens.shape)}; "
            f"logits (B, T, vocab_size), {expected}, are expected."
        )
    if not logits.requires_grad:
        raise UserError(f"{name} gives logits without a gradient, so nothing can be learned.")


def _probe(model: Model, name: str) -> None:
    """See that no logit depends on chance or a later token, and that every path finds the same."""
    tokens = _two_sequences(model)
    length = tokens.shape[1]
    logits = model(tokens)
    if not _same(logits, model(tokens)):
        raise UserError(
            f"{name} predicts at random: two predictions of the same tokens differ in evaluation "
            f"mode. Dropout by a function needs training=self.training."
        )
    for changed in {length // 2, length - 1}:
        others = tokens.clone()
        others[:, changed] = (others[:, changed] + 1) % model.vocab_size
        if not _same(logits[:, :changed], model(others)[:, :changed]):
            raise UserError(
                f"{name} looks ahead: its logits change when only a later character does. "
                f"The prediction at a place may depend on the tokens up to it alone."
            )
    if model.context_length is not None:
        padded = F.pad(tokens, (model.context_length - 1, 0), value=BOUNDARY)
        if not _same(logits, model(padded)[:, model.context_length - 1 :]):
            raise UserError(
                f"{name} has a context_length, but its logits change with it: what stands before "
                f"a start must count as boundaries, and more than {model.context_length} "
                f"characters back must not count."
            )
    _probe_step(model, name)
    _probe_table_logits(model, name)


def _probe_step(model: Model, name: str) -> None:
    """See that steps, two of them from one sequence, find what `forward` finds."""
    first, rows = torch.arange(2) % model.vocab_size, torch.tensor([1, 0, 1])
    newest = torch.arange(3) % model.vocab_size
    _, state = model.step(first, None)
    logits, _ = model.step(newest, state, rows)
    if not _same(logits, model(torch.stack([first[rows], newest], dim=1))[:, -1]):
        raise UserError(
            f"{name}.step gives other logits than its forward: each token must go on from the "
            f"sequence of the step before that rows names."
        )


def _probe_table_logits(model: Model, name: str) -> None:
    """See that the logits of a table are those that `forward` finds for its contexts."""
    ids = np.arange(4, dtype=np.int32) % (model.vocab_size - 1) + 1
    table = model.reader.table(Lines(ids, np.array([0, 1, 2, 4])))
    if not _same(model.table_logits(table), Model.table_logits(model, table)):
        raise UserError(f"{name}.table_logits gives other logits than its forward.")


def _same(some: Tensor, others: Tensor) -> bool:
    return torch.allclose(some, others, atol=1e-4, rtol=1e-4, equal_nan=True)


@contextmanager
def _blaming(file: Path) -> Iterator[None]:
    """Say in a sentence what went wrong in a user's file, and where."""
    try:
        yield
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        places = [(f.filename, f.lineno) for f in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, SyntaxError):
            places = [(error.filename or str(file), error.lineno)]
        own = [place for place in places if Path(place[0]).parent == file.parent]
        where = f"{own[-1][0]}, line {own[-1][1]}" if own and own[-1][1] else str(file)
        what = " ".join(str(error).split()).rstrip(".")
        said = f"{type(error).__name__}: {what}" if what else type(error).__name__
        raise UserError(f"{where}: {said}.") from error
