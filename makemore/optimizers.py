"""Which parameter gets which optimizer, and the learning-rate schedule."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from makemore.config import TrainingSettings
from makemore.models.base import Model
from makemore.workers import Workers

SECOND_BETA = 0.99
"""How much of the mean square of its gradients AdamW keeps in a step."""

State = dict[str, Tensor]
"""What an optimizer remembers of a parameter."""


class AdamW:
    """Moments of each weight's gradient scale its step (Loshchilov & Hutter 2019, algorithm 2).

    Written out, because the first use of `torch.optim` imports PyTorch's compiler: 0.9 s of a
    training that takes ten.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        weight_decay: float,
        betas: tuple[float, float],
        eps: float = 1e-8,
    ) -> None:
        self.weight_decay = weight_decay
        self.betas = betas
        self.eps = eps
        self.state: dict[Tensor, State] = {p: {} for p in parameters}

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Move every parameter that has a gradient. Matrices decay, biases and norms don't."""
        for parameter, state in self.state.items():
            if parameter.grad is None:
                continue
            if not state:
                state["step"] = torch.tensor(0.0)
                state["exp_avg"] = torch.zeros_like(parameter)
                state["exp_avg_sq"] = torch.zeros_like(parameter)
            state["step"] += 1
            first, second = (1 - beta ** state["step"].item() for beta in self.betas)
            mean = state["exp_avg"].lerp_(parameter.grad, 1 - self.betas[0])
            square = state["exp_avg_sq"].lerp_(parameter.grad.square(), 1 - self.betas[1])
            if parameter.dim() >= 2:
                parameter.mul_(1 - learning_rate * self.weight_decay)
            scale = square.sqrt().div_(math.sqrt(second)).add_(self.eps).mul_(first)
            parameter.addcdiv_(mean, scale, value=-learning_rate)


class Muon:
    """Momentum, orthogonalised: each update of a matrix moves all its directions alike.

    Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. An update is scaled to the
    size that AdamW's have (Liu et al. 2025, https://arxiv.org/abs/2502.16982), so that one
    learning rate serves both. Matrices of one shape are stacked and go through as one.
    """

    def __init__(self, parameters: Iterable[Tensor], weight_decay: float, momentum: float) -> None:
        self.weight_decay = weight_decay
        self.momentum = momentum
        self.state: dict[Tensor, State] = {p: {} for p in parameters}

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Move every matrix that has a gradient."""
        shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
        for parameter in self.state:
            if parameter.grad is not None:
                self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                shapes[parameter.shape].append(parameter)
        directions: list[Tensor] = []
        for parameters in shapes.values():  # each (matrices, rows, columns)
            gradients = torch.stack([p.grad for p in parameters if p.grad is not None])
            momenta = torch.stack([self.state[p]["momentum"] for p in parameters])
            momenta.lerp_(gradients, 1 - self.momentum)
            for parameter, momentum in zip(parameters, momenta, strict=True):
                self.state[parameter]["momentum"].copy_(momentum)
            directions.append(gradients.lerp_(momenta, self.momentum))  # Nesterov
        stacks = zip(shapes.items(), orthogonalise(directions), strict=True)
        for ((rows, columns), parameters), updates in stacks:
            scale = 0.2 * math.sqrt(max(rows, columns)) * learning_rate
            for parameter, update in zip(parameters, updates, strict=True):
                parameter.mul_(1 - learning_rate * self.weight_decay).sub_(update, alpha=scale)


NEWTON_SCHULZ = (
    (8.3837, -24.7659, 18.3571),
    (4.0434, -3.0114, 0.5695),
    (3.5056, -2.6267, 0.5257),
    (2.4901, -1.8343, 0.4368),
)
"""Coefficients of an odd polynomial of degree 5 for each step (Amsel et al. 2025,
https://arxiv.org/abs/2505.16932): of all such, it keeps what the one before made of the singular
values from 0.003 to 1 nearest 1. In the end they are within 0.2 of it."""


def orthogonalise(stacks: Sequence[Tensor]) -> list[Tensor]:
    """Replace each matrix U S V' of each stack (…, m, n) by nearly U V', by Newton-Schulz.

    A step is X <- P X with P = a I + b G + c G G, where G = X X' is small and square whatever
    the other side of X. What the steps multiply up to is therefore found from G alone, which a
    step turns into P G P; so matrices that share their smaller side go through in one stack.
    """
    wide = [x if x.shape[-2] <= x.shape[-1] else x.mT for x in stacks]
    sides: dict[int, list[int]] = defaultdict(list)
    for i, x in enumerate(wide):
        sides[x.shape[-2]].append(i)
    for alike in sides.values():
        gram = torch.cat([wide[i] @ wide[i].mT for i in alike])  # (matrices, m, m)
        # divided by its norm, X has no singular value above 1
        squared_norm = gram.diagonal(dim1=-2, dim2=-1).sum(-1)[:, None, None] + 1e-14
        gram = gram / squared_norm
        product = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
        for step, (a, b, c) in enumerate(NEWTON_SCHULZ):
            rest = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)  # P = a I + rest
            product = torch.baddbmm(product, rest, product, beta=a) if step else a * product + rest
            if step < len(NEWTON_SCHULZ) - 1:
                gram = torch.baddbmm(gram, rest, gram, beta=a)  # P G
                gram = torch.baddbmm(gram, rest, gram, beta=a)  # P G P: the two commute
        product = product / squared_norm.sqrt()
        for i, factor in zip(alike, product.split([len(wide[i]) for i in alike]), strict=True):
            wide[i] = factor @ wide[i]
    return [
        x if stack.shape[-2] <= stack.shape[-1] else x.mT
        for x, stack in zip(wide, stacks, strict=True)
    ]


class Optimizer:
    """AdamW, and Muon on the hidden matrices where it is asked for."""

    def __init__(self, model: Model, settings: TrainingSettings, workers: Workers) -> None:
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        hidden = model.hidden_matrices() if settings.optimizer == "muon" else []
        # each worker has a share of the matrices of each shape
        hidden = sorted(hidden, key=lambda matrix: matrix.shape)
        n = max(1, min(workers.n, len(hidden)))
        decay, momentum = settings.weight_decay, settings.momentum
        self.muons = [Muon(hidden[i::n], decay, momentum) for i in range(n)]
        rest = [p for p in self.parameters if not any(p in muon.state for muon in self.muons)]
        self.adamw = AdamW(rest, decay, (momentum, SECOND_BETA))
        self.workers = workers

    def step(self, learning_rate: float) -> None:
        """Move every parameter along its gradient."""
        self.adamw.step(learning_rate)
        self.workers.map(lambda muon: muon.step(learning_rate), self.muons)

    def state(self, parameter: Tensor) -> State:
        """Give what is remembered of a parameter, to be read or changed in place.

        Of one that is not trained there is nothing.
        """
        states = (self.adamw.state, *(muon.state for muon in self.muons))
        return next((state[parameter] for state in states if parameter in state), {})


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
