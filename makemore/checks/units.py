"""Activations: is a layer saturated, is a unit dead?"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from makemore.checks.finding import Verdict, failed, not_applicable, passed

FLAT = 0.97
"""A tanh beyond it, or a sigmoid as near its ends, has hardly a slope (lecture 4)."""
MOST_FLAT = 0.3
"""Share of a layer. The lecture goes on with 20% in a first layer, and not with 41%."""
NO_SLOPE = -6.0
"""Below it, GELU and SiLU have hardly a slope."""


def no_unit_is_stuck(stuck: dict[str, Tensor]) -> Verdict:
    """See that no layer is saturated and no unit dead.

    A unit is dead if no example of the batch moves it.

    Args:
        stuck: of each layer by its name, whether a unit is stuck for an example, bool
            (examples, units). Units that cut off, as a ReLU does, are only dead, never saturated.
    """
    if not stuck:
        return not_applicable("It has no tanh, sigmoid or ReLU.")
    shares = {name: flat.double().mean().item() for name, flat in stuck.items()}
    saturated = {name: share for name, share in shares.items() if not cuts_off(name)}
    dead = {name: int(flat.all(0).sum()) for name, flat in stuck.items()}
    found = f"{sum(dead.values())} of {sum(f.shape[1] for f in stuck.values())} units are dead"
    if saturated:
        worst = max(saturated, key=saturated.__getitem__)
        found += f", and at most {saturated[worst]:.1%} of a layer is saturated ({worst})"
    if any(dead.values()):
        return failed(
            f"{found}: {max(dead, key=dead.__getitem__)} has most.",
            "No example moves such a unit, so it never learns: start with smaller weights and "
            "biases before it (gain / sqrt(inputs)), or normalise what it gets.",
        )
    if saturated and saturated[worst] > MOST_FLAT:
        return failed(
            f"{found}.",
            "Where tanh and sigmoid are flat, hardly a gradient comes through: start with smaller "
            "weights before them (gain / sqrt(inputs)), or normalise what they get.",
        )
    return passed(f"{found}.")


def cuts_off(name: str) -> bool:
    """Tell whether a layer's function is 0, or nearly, for half of all inputs, as it should be."""
    return name.rpartition(" ")[2] in {"relu", "gelu", "silu"}


@torch.no_grad()
def stuck_units(model: nn.Module, predict: Callable[[], object]) -> dict[str, Tensor]:
    """Watch every nonlinearity while a model predicts a batch.

    Args:
        model: whose modules give their names.
        predict: lets it predict.

    Returns:
        What `no_unit_is_stuck` takes. A function that is called many times, as in a recurrent
        model, has all its calls' examples.
    """
    found: dict[str, list[Tensor]] = defaultdict(list)
    place = _Place()
    with place.following(model), _Watch(found, place):
        predict()
    stuck: dict[str, Tensor] = {}
    for name, parts in found.items():
        widths = {part.shape[1] for part in parts}
        for width in sorted(widths):
            whole = torch.cat([part for part in parts if part.shape[1] == width])
            stuck[name if len(widths) == 1 else f"{width} of {name}"] = whole
    return stuck


def _flat(kind: str, before: Tensor, after: Tensor) -> Tensor:
    match kind:
        case "tanh":
            return after.abs() > FLAT
        case "sigmoid":
            return (2 * after - 1).abs() > FLAT
        case "relu":
            return after <= 0
        case _:
            return before < NO_SLOPE


class _Watch(TorchDispatchMode):
    """Sees every operation, whether a module, a function or a kernel has called it."""

    def __init__(self, found: dict[str, list[Tensor]], place: "_Place") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found = found
        self.place = place

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kind = func.overloadpacket.__name__.rstrip("_")
        watched = kind in {"tanh", "sigmoid", "relu", "gelu", "silu"}
        before = args[0].clone() if watched else None  # it may be changed in place
        after = func(*args, **(kwargs or {}))
        if watched and before is not None and before.dim() > 1:
            flat = _flat(kind, before, after).flatten(0, -2)
            self.found[f"{self.place.name} {kind}".strip()].append(flat)
        return after


class _Place:
    """Where a computation is: in a module without parts, or behind the last that has ended."""

    def __init__(self) -> None:
        self.inside: list[tuple[str, nn.Module]] = []
        self.last = ""

    @property
    def name(self) -> str:
        """Name that module."""
        if self.inside and not any(True for _ in self.inside[-1][1].children()):
            return self.inside[-1][0]
        return self.last

    @contextmanager
    def following(self, model: nn.Module) -> Iterator[None]:
        """Follow which module of a model is being called."""
        names = {module: name for name, module in model.named_modules()}

        def enter(module: nn.Module, *_: Any) -> None:
            self.inside.append((names[module], module))

        def leave(*_: Any) -> None:
            self.last, _module = self.inside.pop()

        hooks = [module.register_forward_pre_hook(enter) for module in names]
        hooks += [module.register_forward_hook(leave) for module in names]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
