"""Which parameter gets which optimizer, and the learning-rate schedule."""

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from makemore.config import TrainingSettings
from makemore.models.base import Model


class Muon:
    """Momentum, orthogonalised: each update of a matrix moves all its directions alike.

    Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. An update is scaled to the
    size that AdamW's have (Liu et al. 2025, https://arxiv.org/abs/2502.16982), so that one
    learning rate serves both. Matrices of one shape are stacked and go through as one.
    """

    def __init__(
        self, parameters: Iterable[Tensor], weight_decay: float, momentum: float = 0.95
    ) -> None:
        self.weight_decay = weight_decay
        self.momentum = momentum
        self.state: dict[Tensor, dict[str, Tensor]] = {p: {} for p in parameters}

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Move every matrix that has a gradient."""
        shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
        for parameter in self.state:
            if parameter.grad is not None:
                self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                shapes[parameter.shape].append(parameter)
        for (rows, columns), parameters in shapes.items():
            # (matrices, rows, columns)
            gradients = torch.stack([p.grad for p in parameters if p.grad is not None])
            momenta = torch.stack([self.state[p]["momentum"] for p in parameters])
            momenta.lerp_(gradients, 1 - self.momentum)
            updates = orthogonalise(gradients.lerp(momenta, self.momentum))  # Nesterov
            scale = 0.2 * math.sqrt(max(rows, columns)) * learning_rate
            for parameter, momentum, update in zip(parameters, momenta, updates, strict=True):
                self.state[parameter]["momentum"].copy_(momentum)
                parameter.mul_(1 - learning_rate * self.weight_decay).sub_(update, alpha=scale)


def orthogonalise(matrices: Tensor, steps: int = 5) -> Tensor:
    """Replace each matrix U S V' of a stack (…, m, n) by nearly U V', by Newton-Schulz."""
    wide: Tensor = matrices if matrices.shape[-2] <= matrices.shape[-1] else matrices.mT
    x: Tensor = wide / (wide.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x if matrices.shape[-2] <= matrices.shape[-1] else x.mT


class Optimizer:
    """AdamW (Loshchilov & Hutter 2019), and Muon on the hidden matrices where it is asked for.

    Matrices decay, biases and norms don't.
    """

    def __init__(self, model: Model, settings: TrainingSettings) -> None:
        self.parameters = list(model.parameters())
        hidden = model.hidden_matrices() if settings.optimizer == "muon" else []
        self.muon = Muon(hidden, settings.weight_decay)
        rest = [p for p in self.parameters if p not in self.muon.state]
        groups: list[dict[str, Any]] = [
            {"params": [p for p in rest if p.dim() >= 2]},
            {"params": [p for p in rest if p.dim() < 2], "weight_decay": 0.0},
        ]
        self.adamw = torch.optim.AdamW(
            groups,
            lr=settings.learning_rate,
            betas=(0.9, 0.99),
            weight_decay=settings.weight_decay,
            fused=True,
        )

    def step(self, learning_rate: float) -> None:
        """Move every parameter along its gradient."""
        for group in self.adamw.param_groups:
            group["lr"] = learning_rate
        self.adamw.step()
        self.muon.step(learning_rate)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def state(self, parameter: Tensor) -> dict[str, Any]:
        """Give what is remembered of a parameter, to be read or changed in place."""
        if parameter in self.muon.state:
            return self.muon.state[parameter]
        state: dict[str, Any] = self.adamw.state[parameter]
        return state


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
