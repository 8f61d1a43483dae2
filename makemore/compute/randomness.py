"""The states of the random numbers that a training depends on."""

from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor


def own_random_numbers(device: torch.device) -> AbstractContextManager[None]:
    """Give the caller's random numbers back when a training, which seeds them, is over."""
    return torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])


def seed_step(seed: int, step: int, rank: int) -> None:
    """Seed torch's global generators for one process's share of one step."""
    sequence = np.random.SeedSequence([seed, step, rank])
    torch.manual_seed(int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1)))


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Give the states of torch's global generators, uint8 tensors by device type."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def restore_random_states(states: dict[str, Tensor], device: torch.device) -> None:
    """Put back what `random_states` gave; a state of a device not in use is passed over."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    if device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])
