"""The gradient of a batch, from those of its parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from makemore.compute.precision import multiplying_in
from makemore.compute.processes import Processes
from makemore.contexts.tables import Table
from makemore.models.base import Model


@dataclass(frozen=True)
class Gradient:
    """The mean loss over some predictions, and how it changes with each weight.

    Attributes:
        loss: nats a character, a scalar.
        predictions: how many it is the mean of.
        vector: of all parameters one after the other, (n,); 0 for one that played no part.
    """

    loss: Tensor
    predictions: int
    vector: Tensor


def gradient(
    model: Model, table: Table, parameters: Sequence[Tensor], precision: str = "fp32"
) -> Gradient:
    """Compute the loss of a table and its gradient; `parameter.grad` is neither read nor set."""
    with multiplying_in(precision, model.device):
        loss = model.loss(table)
    slopes = torch.autograd.grad(loss, parameters, materialize_grads=True)
    return Gradient(
        loss.detach(), table.predictions, torch.cat([slope.flatten() for slope in slopes])
    )


def nothing(parameters: Sequence[Tensor]) -> Gradient:
    """Make the gradient of no predictions."""
    vector = torch.cat([torch.zeros_like(parameter).flatten() for parameter in parameters])
    return Gradient(vector.new_zeros(()), 0, vector)


def mean_of_all(own: Gradient, processes: Processes, as_type: torch.dtype) -> Gradient:
    """Put the parts of all processes together, each weighted by its predictions; `own` is used up.

    Args:
        own: of the predictions of this process.
        processes: that have some of the others.
        as_type: of the gradient on its way.

    Raises:
        UserError: another process has gone.
    """
    if processes.n == 1:
        return own
    vector = own.vector.mul_(own.predictions)
    loss, predictions = processes.add_up(
        vector, own.loss.item() * own.predictions, own.predictions, as_type=as_type
    )
    return Gradient(
        own.loss.new_tensor(loss / predictions), round(predictions), vector.div_(predictions)
    )


def mean(parts: Sequence[Gradient]) -> Gradient:
    """Put parts of a batch together, each weighted by its predictions; the first is used up."""
    first, *others = parts
    if not others:
        return first
    predictions = sum(part.predictions for part in parts)
    share = first.predictions / predictions
    loss, vector = first.loss * share, first.vector.mul_(share)
    for part in others:
        share = part.predictions / predictions
        loss = loss + part.loss * share
        vector.add_(part.vector, alpha=share)
    return Gradient(loss, predictions, vector)


def clip(vector: Tensor, norm: Tensor, max_norm: float) -> None:
    """Shorten a gradient of this norm, in place, to one of at most `max_norm`."""
    vector.mul_((max_norm / (norm + 1e-6)).clamp(max=1.0))
