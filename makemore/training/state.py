"""What a training depends on beside the weights: named tensors, as a checkpoint holds them."""

import torch
from torch import Tensor

from makemore.compute.randomness import random_states, restore_random_states
from makemore.errors import UserError
from makemore.models.base import Model
from makemore.training.optimizers import Optimizer


def training_state(model: Model, optimizer: Optimizer, device: torch.device) -> dict[str, Tensor]:
    """Name every tensor beside the weights that the next step depends on."""
    state = {f"random.{name}": tensor for name, tensor in random_states(device).items()}
    for name, parameter in model.named_parameters():
        for key, tensor in optimizer.state(parameter).items():
            state[f"optimizer.{name}.{key}"] = tensor
    return state


def restore(
    state: dict[str, Tensor], model: Model, optimizer: Optimizer, device: torch.device
) -> None:
    """Put back what `training_state` gave.

    Raises:
        UserError: it is not the state of such a training.
    """
    now = training_state(model, optimizer, device)
    if {name: one.shape for name, one in state.items()} != {n: one.shape for n, one in now.items()}:
        raise UserError(
            "The checkpoint doesn't hold what resuming needs: a best.safetensors, which is for "
            "sampling alone, can't stand in for last.safetensors."
        )
    random: dict[str, Tensor] = {}
    for path, tensor in state.items():
        kind, _, name = path.partition(".")
        if kind == "random":
            random[name] = tensor
        else:
            now[path].copy_(tensor)
    try:
        restore_random_states(random, device)
    except (RuntimeError, TypeError) as error:  # of its bytes, or of their type
        raise UserError(
            "The checkpoint doesn't hold what resuming needs: its random numbers are damaged."
        ) from error
