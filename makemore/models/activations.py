"""What the nonlinearities of a model give, whichever way it computes.

A model may call a nonlinearity as a module, as a function, or within a path over a table that goes
around its modules. So operations are watched, and forward hooks tell in which module each is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from makemore.backprop.kernels import by_own_functions
from makemore.models.watching import Operations, Place

FLAT = 0.97
"""A tanh beyond it, or a sigmoid as near its ends, has hardly a slope (lecture 4)."""
NO_SLOPE = -6.0
"""Below it, GELU and SiLU have hardly a slope."""
CUTTING_OFF = {"relu", "gelu", "silu"}
"""What is 0, or nearly, for half of all inputs, as it should be: dead at most, never saturated."""
KINDS = {"tanh", "sigmoid"} | CUTTING_OFF


@dataclass(frozen=True)
class Activations:
    """What one nonlinearity was given and gave, for some examples.

    Attributes:
        name: the module it is in, or behind which it comes, and its kind: "hidden tanh".
        kind: one of `KINDS`.
        before: its inputs, (examples, units).
        after: what it made of them, (examples, units).
    """

    name: str
    kind: str
    before: Tensor
    after: Tensor

    @property
    def stuck(self) -> Tensor:
        """Tell where it has hardly a slope, bool (examples, units)."""
        match self.kind:
            case "tanh":
                return self.after.abs() > FLAT
            case "sigmoid":
                return (2 * self.after - 1).abs() > FLAT
            case "relu":
                return self.after <= 0
            case _:
                return self.before < NO_SLOPE

    @property
    def saturated(self) -> float:
        """Share of all that it gave which is saturated; of what cuts off, this says little."""
        return self.stuck.double().mean().item()

    @property
    def dead(self) -> float:
        """Share of its units that no example moves."""
        return self.stuck.all(0).double().mean().item()


@dataclass(frozen=True)
class Call:
    """One call of a nonlinearity.

    Attributes:
        name: as that of `Activations`.
        kind: one of `KINDS`.
        before: its inputs, (..., units).
        after: what it made of them.
        result: the same as the model goes on with it: gradients are taken by it.
    """

    name: str
    kind: str
    before: Tensor
    after: Tensor
    result: Tensor


@contextmanager
def nonlinearities(model: nn.Module) -> Iterator[list[Call]]:
    """Watch every nonlinearity of a model for a while.

    Yields:
        The calls so far, in their order.
    """
    calls: list[Call] = []
    place = Place()

    def see(kind: str, args: Any, run: Callable[[], Any]) -> Any:
        if kind not in KINDS or args[0].dim() < 2:
            return run()
        before = args[0].detach().clone()  # it may be changed in place, and so may the result
        result = run()
        name = f"{place.name} {kind}".strip()
        calls.append(Call(name, kind, before, result.detach().clone(), result))
        return result

    with by_own_functions(), place.following(model), Operations(see):
        yield calls


@torch.no_grad()
def watch(model: nn.Module, predict: Callable[[], object]) -> list[Activations]:
    """Watch every nonlinearity while a model predicts a batch.

    Args:
        model: whose modules give the names.
        predict: lets it predict, in the mode, training or not, that it is in.

    Returns:
        The nonlinearities in the order of their first calls. One that is called many times, as in a
        recurrent model, has all its calls' examples.
    """
    with nonlinearities(model) as calls:
        predict()
    groups: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        groups[call.name].append(call)
    found: list[Activations] = []
    for name, group in groups.items():
        widths = sorted({call.after.shape[-1] for call in group})
        for width in widths:
            alike = [call for call in group if call.after.shape[-1] == width]
            before = torch.cat([call.before.flatten(0, -2) for call in alike])
            after = torch.cat([call.after.flatten(0, -2) for call in alike])
            known_by = name if len(widths) == 1 else f"{width} of {name}"
            found.append(Activations(known_by, alike[0].kind, before, after))
    return found
