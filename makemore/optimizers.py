"""Which parameter gets which optimizer, and the learning-rate schedule."""

import math
from typing import Any

import torch
from torch import nn

from makemore.config import TrainingSettings


def make_optimizer(model: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter 2019); matrices decay, biases and norms don't."""
    parameters = list(model.parameters())
    groups: list[dict[str, Any]] = [
        {"params": [p for p in parameters if p.dim() >= 2]},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups,
        lr=settings.learning_rate,
        betas=(0.9, 0.99),
        weight_decay=settings.weight_decay,
        fused=True,
    )


def learning_rate(settings: TrainingSettings, step: int, max_steps: int) -> float:
    """Learning rate of step 0, 1, … max_steps - 1.

    It rises in a line over the warm-up. Then it falls so that the step after the last would have 0,
    or, without decay, stays.
    """
    warmup = min(settings.warmup_steps, max_steps)
    if step < warmup:
        return settings.learning_rate * (step + 1) / (warmup + 1)
    progress = (step - warmup) / max(1, max_steps - warmup)  # [0, 1)
    factor = {
        "linear": 1 - progress,
        "cosine": (1 + math.cos(math.pi * progress)) / 2,
        "none": 1.0,
    }[settings.decay]
    return settings.learning_rate * factor
