"""A new run starts from the weights of another: on other data, or with other settings.

Characters that are new get rows of fresh weights, behind the old ones. Characters that are gone
keep theirs, so that what the old model could write the new one can. Longer documents get places in
the same way.
"""

import torch

from makemore.errors import UserError
from makemore.models.base import Model
from makemore.models.settings import ModelSettings
from makemore.runs.checkpoint import Checkpoint


@torch.no_grad()
def start_from(old: Checkpoint, model: Model, settings: ModelSettings) -> None:
    """Give a model the weights of a checkpoint; rows of new characters and places stay as they are.

    Args:
        old: the checkpoint. The first characters of the model are those that it knows.
        model: with fresh weights.
        settings: of the model.

    Raises:
        UserError: the weights don't fit, or they are counts, which no training goes on with.
    """
    if model.closed_form:
        raise UserError(f"--init-from: {old.config.name} counts, and has no weights to start from.")
    sizes = [
        (len(old.vocabulary), model.vocab_size),
        (_places(old.config.architecture), _places(settings)),
    ]
    weights = model.state_dict()
    for name in sorted(weights.keys() | old.weights.keys()):
        if name not in weights or name not in old.weights:
            raise UserError(f"--init-from: only one of both models has the weights {name}.")
        fresh, kept = weights[name], old.weights[name]
        pairs = list(zip(kept.shape, fresh.shape, strict=False))
        if kept.dim() != fresh.dim() or any(a != b and (a, b) not in sizes for a, b in pairs):
            raise UserError(
                f"--init-from: {name} has the shape {tuple(kept.shape)} there and "
                f"{tuple(fresh.shape)} here: leave out the settings that differ."
            )
        fresh[tuple(map(slice, kept.shape))] = kept  # the leading corner: old ids come first


def _places(settings: ModelSettings) -> int:
    """Tell how many places a model has a row for, 0 where it doesn't say."""
    return getattr(settings, "block_size", None) or 0
