"""The gradient of a batch, from those of its parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from makemore.contexts import Table
from makemore.models.base import Model


@dataclass(frozen=True)
class Gradient:
    """The mean loss over some predictions, and how it changes with each parameter.

    Attributes:
        loss: nats a character, a scalar.
        predictions: how many it is the mean of.
        by_parameter: in the order of the parameters; None of one that played no part.
    """

    loss: Tensor
    predictions: int
    by_parameter: Sequence[Tensor | None]


def gradient(model: Model, table: Table, parameters: Sequence[Tensor]) -> Gradient:
    """Compute the loss of a table and its gradients; `parameter.grad` is neither read nor set."""
    loss = model.loss(table)
    by_parameter = torch.autograd.grad(loss, parameters, allow_unused=True)
    return Gradient(loss.detach(), table.predictions, by_parameter)


def mean(parts: Sequence[Gradient]) -> Gradient:
    """Put the parts of a batch together, each weighted by its predictions."""
    if len(parts) == 1:
        return parts[0]
    predictions = sum(part.predictions for part in parts)
    shares = [part.predictions / predictions for part in parts]
    columns = zip(*([part.loss, *part.by_parameter] for part in parts), strict=True)
    loss, *by_parameter = (_weighted_sum(column, shares) for column in columns)
    assert loss is not None, "every part has a loss"
    return Gradient(loss, predictions, by_parameter)


def _weighted_sum(terms: Sequence[Tensor | None], weights: Sequence[float]) -> Tensor | None:
    total: Tensor | None = None
    for term, weight in zip(terms, weights, strict=True):
        if term is not None:
            total = term * weight if total is None else total.add_(term, alpha=weight)
    return total
