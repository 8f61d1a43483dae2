"""Activations: is a layer saturated, is a unit dead?"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from makemore.checks.finding import Verdict, failed, not_applicable, passed
from makemore.models.activations import CUTTING_OFF, watch

MOST_FLAT = 0.3
"""Share of a layer. The lecture goes on with 20% in a first layer, and not with 41%."""


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
    return name.rpartition(" ")[2] in CUTTING_OFF


@torch.no_grad()
def stuck_units(model: nn.Module, predict: Callable[[], object]) -> dict[str, Tensor]:
    """Watch every nonlinearity while a model predicts a batch, as `no_unit_is_stuck` takes it."""
    return {layer.name: layer.stuck for layer in watch(model, predict)}
