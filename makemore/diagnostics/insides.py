"""A batch forward and backward through a model: what each nonlinearity gave, and all gradients.

Ioffe & Szegedy 2015 and Glorot & Bengio 2010 look at a net so; makemore, lecture 4, draws it.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from makemore.diagnostics.examples import Examples
from makemore.models.activations import CUTTING_OFF, Activations, Call, nonlinearities
from makemore.models.base import Model


@dataclass(frozen=True)
class Layer(Activations):
    """What a nonlinearity gave for a batch, and its gradients.

    Attributes:
        gradients: of the mean loss by each value that it gave, (examples, units).
    """

    gradients: Tensor

    @property
    def saturates(self) -> bool:
        """Whether it is flat at both ends; the others are 0 for half of all inputs."""
        return self.kind not in CUTTING_OFF

    @property
    def dead_units(self) -> list[int]:
        """Units that no example moves, from 0 on."""
        return self.stuck.all(0).nonzero().flatten().tolist()

    def figures(self) -> dict[str, Any]:
        """Name what a picture says of it, as JSON can write it."""
        return {
            "layer": self.name,
            "units": self.after.shape[1],
            "mean": self.after.mean().item(),
            "deviation": self.after.std().item(),
            "saturated" if self.saturates else "cut_off": self.saturated,
            "dead": self.dead_units,
        }


@dataclass(frozen=True)
class Weight:
    """A matrix of weights.

    Attributes:
        name: of the parameter.
        data: its values.
        gradient: of the mean loss, of the same shape.
    """

    name: str
    data: Tensor
    gradient: Tensor

    @property
    def ratio(self) -> float:
        """The gradient's deviation over that of the weights; not a number where these have none."""
        return (self.gradient.std() / self.data.std()).item()


@dataclass(frozen=True)
class Insides:
    """A batch, forward and backward.

    Attributes:
        loss: mean, nats a character.
        examples: how many predictions.
        layers: each nonlinearity, in the order of the first calls.
        weights: each parameter of two dimensions or more.
    """

    loss: float
    examples: int
    layers: list[Layer]
    weights: list[Weight]


def look_inside(model: Model, examples: Examples) -> Insides:
    """Let a batch go through a copy of a model in training mode, as a step of training does.

    Args:
        model: left as it is; one that counts has no layers, and what has no gradient no weights.
        examples: of its documents.
    """
    with torch.random.fork_rng(devices=[model.device] if model.device.type == "cuda" else []):
        torch.manual_seed(0)  # the same dropout
        model = copy.deepcopy(model).train()
        with torch.enable_grad(), nonlinearities(model) as calls:
            logits = model.by_layers(examples.contexts)
            loss = examples.loss(logits)
        named = [(n, p) for n, p in model.named_parameters() if p.requires_grad and p.dim() > 1]
        values = [call.result for call in calls]
        wanted = [tensor for tensor in (*values, *(p for _, p in named)) if tensor.requires_grad]
        found = iter(torch.autograd.grad(loss, wanted, materialize_grads=True) if wanted else [])
    gradients = [next(found) if v.requires_grad else torch.zeros_like(v) for v in values]
    slopes = [next(found) for _ in named]
    return Insides(
        loss.item(),
        len(examples),
        _layers(calls, gradients, examples.predicted),
        [
            Weight(name.removeprefix("module."), p.detach(), slope)
            for (name, p), slope in zip(named, slopes, strict=True)
        ],
    )


Rows = tuple[Tensor, Tensor, Tensor]
"""What a nonlinearity was given, what it gave, and the gradients of that."""


def _layers(calls: list[Call], gradients: list[Tensor], predicted: Tensor) -> list[Layer]:
    """Put together what belongs to one layer, and leave out where nothing is predicted."""
    groups: dict[tuple[str, str, int], list[Rows]] = defaultdict(list)
    for call, gradient in zip(calls, gradients, strict=True):
        key = (call.name.removeprefix("module."), call.kind, call.after.shape[-1])
        groups[key].append((call.before, call.after, gradient))
    layers = []
    for (name, kind, _), parts in groups.items():
        for number, rows in enumerate(_by_layer(parts, predicted), start=1):
            layers.append(Layer(name if number == 1 else f"{name} {number}", kind, *rows))
    return layers


def _by_layer(parts: list[Rows], predicted: Tensor) -> list[Rows]:
    """Make (examples, units) of calls of one function at one place.

    A recurrent model calls it for each character, and the LSTM twice: those are two layers.
    """
    if predicted.dim() == 2:
        length = predicted.shape[1]
        if parts[0][0].shape[:-1] == predicted.shape[:1] and len(parts) % length == 0:
            several = len(parts) // length
            return [
                _joined(parts[number::several], lambda each: torch.stack([*each], 1)[predicted])
                for number in range(several)
            ]
        if all(part[0].shape[:-1] == predicted.shape for part in parts):
            return [_joined(parts, lambda each: torch.cat([one[predicted] for one in each]))]
    return [_joined(parts, lambda each: torch.cat([one.flatten(0, -2) for one in each]))]


def _joined(parts: list[Rows], join: Callable[[Sequence[Tensor]], Tensor]) -> Rows:
    before, after, gradients = (join(each) for each in zip(*parts, strict=True))
    return before, after, gradients
