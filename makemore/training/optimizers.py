"""Muon, AdamW and plain gradient descent, and which parameter gets which.

All that is trained is one vector, and so are its gradient and what an optimizer remembers. Each
optimizer has a stretch of it, and a step is a handful of operations on whole stretches, however
many matrices a model is made of: on a small model it is their number that costs.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor

from makemore.compute.threads import Workers
from makemore.models.base import Model
from makemore.recipe import TrainingSettings

SECOND_BETA = 0.99
"""How much of the mean square of its gradients AdamW keeps in a step."""

Moments = dict[str, Tensor]
"""What an optimizer remembers: of each weight, or (0-dimensional) of all."""


class SGD:
    """Gradient descent: w <- w - learning_rate * gradient (Robbins & Monro 1951).

    With momentum the step follows v <- momentum * v + gradient, as in `torch.optim.SGD`: with 0.9
    and a steady gradient it becomes ten times as long. Weights decay by themselves, outside of v
    (Loshchilov & Hutter 2019, algorithm 1).
    """

    def __init__(
        self, weights: Tensor, n_decayed: int, weight_decay: float, momentum: float
    ) -> None:
        """Take charge of weights (n,), changed in place by every step; the first ones decay."""
        self.weights = weights
        self.decayed = weights[:n_decayed]
        self.weight_decay = weight_decay
        self.momentum = momentum
        self.state: Moments = {"momentum": torch.zeros_like(weights)} if momentum else {}

    @torch.no_grad()
    def step(self, gradient: Tensor, learning_rate: float) -> None:
        """Move the weights along their gradient (n,)."""
        if self.momentum:
            gradient = self.state["momentum"].mul_(self.momentum).add_(gradient)
        self.decayed.mul_(1 - learning_rate * self.weight_decay)
        self.weights.sub_(gradient, alpha=learning_rate)


class AdamW:
    """Moments of each weight's gradient scale its step (Loshchilov & Hutter 2019, algorithm 2).

    PyTorch's own operation, which goes over the weights once: written out, as in the paper, it is
    ten passes, and nine times as slow on a vector that the cache doesn't hold. Called by itself,
    because the first use of `torch.optim` imports PyTorch's compiler: 0.9 s of a training that
    takes ten.
    """

    def __init__(
        self,
        weights: Tensor,
        n_decayed: int,
        weight_decay: float,
        betas: tuple[float, float],
        eps: float = 1e-8,
    ) -> None:
        """Take charge of weights (n,), changed in place by every step; the first ones decay."""
        self.weights = weights
        self.decayed = weights[:n_decayed]
        self.weight_decay = weight_decay
        self.betas = betas
        self.eps = eps
        self.state: Moments = {
            "step": weights.new_zeros((), dtype=torch.float32),
            "exp_avg": torch.zeros_like(weights),
            "exp_avg_sq": torch.zeros_like(weights),
        }

    @torch.no_grad()
    def step(self, gradient: Tensor, learning_rate: float) -> None:
        """Move the weights along their gradient (n,)."""
        state = self.state
        state["step"].add_(1)
        n = len(self.decayed)
        for part, decay in ((slice(n), self.weight_decay), (slice(n, None), 0.0)):
            torch._fused_adamw_(
                [self.weights[part]],
                [gradient[part]],
                [state["exp_avg"][part]],
                [state["exp_avg_sq"][part]],
                max_exp_avg_sqs=[],
                state_steps=[state["step"]],
                lr=learning_rate,
                beta1=self.betas[0],
                beta2=self.betas[1],
                weight_decay=decay,
                eps=self.eps,
                amsgrad=False,
                maximize=False,
            )


class Muon:
    """Momentum, orthogonalised: each update of a matrix moves all its directions alike.

    Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. An update is scaled to the
    size that AdamW's have (Liu et al. 2025, https://arxiv.org/abs/2502.16982), so that one
    learning rate serves both. Matrices of one shape stand side by side and go through as one.
    """

    def __init__(
        self, weights: Tensor, shapes: Sequence[torch.Size], weight_decay: float, momentum: float
    ) -> None:
        """Take charge of matrices of these shapes, laid one after the other into weights (n,)."""
        self.weights = weights
        self.stacks = [(sum(1 for _ in alike), *shape) for shape, alike in groupby(shapes)]
        self.weight_decay = weight_decay
        self.momentum = momentum
        self.state: Moments = {"momentum": torch.zeros_like(weights)}

    @torch.no_grad()
    def step(self, gradient: Tensor, learning_rate: float) -> None:
        """Move the matrices along their gradient (n,)."""
        momentum = self.state["momentum"].lerp_(gradient, 1 - self.momentum)
        directions = self._stacked(gradient.lerp(momentum, self.momentum))  # Nesterov
        self.weights.mul_(1 - learning_rate * self.weight_decay)
        for matrices, update in zip(
            self._stacked(self.weights), orthogonalise(directions), strict=True
        ):
            matrices.sub_(update, alpha=0.2 * math.sqrt(max(update.shape[1:])) * learning_rate)

    def _stacked(self, vector: Tensor) -> list[Tensor]:
        """See a vector (n,) as stacks of matrices (k, rows, columns)."""
        parts = vector.split([math.prod(stack) for stack in self.stacks])
        return [part.view(stack) for part, stack in zip(parts, self.stacks, strict=True)]


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
    """AdamW, and Muon on the hidden matrices where it is asked for; or SGD on all.

    Attributes:
        parameters: all that is trained, in the order in which it stands in the vector.
        vector: all of it, (n,); each parameter is a view of its place.
    """

    def __init__(self, model: Model, settings: TrainingSettings, workers: Workers) -> None:
        """Lay a model's parameters out as one vector; from now on each is a view of its place."""
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        matrices = model.hidden_matrices() if settings.optimizer == "muon" else []
        for_muon = {id(matrix) for matrix in matrices}
        hidden = sorted((p for p in trained if id(p) in for_muon), key=lambda matrix: matrix.shape)
        others = [parameter for parameter in trained if id(parameter) not in for_muon]
        # biases and norms don't decay: they stand behind what does
        others.sort(key=lambda parameter: parameter.dim() < 2)
        n_decayed = sum(parameter.numel() for parameter in others if parameter.dim() >= 2)
        # each worker has a share of the hidden matrices of each shape
        shares = [hidden[i :: workers.n] for i in range(workers.n)]

        self.workers = workers
        self.stretches = (*shares, others)
        self.lengths = [sum(map(torch.numel, stretch)) for stretch in self.stretches]
        self.parameters = [parameter for stretch in self.stretches for parameter in stretch]
        vector = torch.cat([parameter.detach().flatten() for parameter in self.parameters])
        places = vector.split([parameter.numel() for parameter in self.parameters])
        for parameter, place in zip(self.parameters, places, strict=True):
            parameter.data = place.view_as(parameter)

        self.vector = vector
        *of_shares, of_others = vector.split(self.lengths)
        decay, momentum = settings.weight_decay, settings.momentum
        for_others = (
            SGD(of_others, n_decayed, decay, momentum)
            if settings.optimizer == "sgd"
            else AdamW(of_others, n_decayed, decay, (momentum, SECOND_BETA))
        )
        self.rules: tuple[Muon | AdamW | SGD, ...] = (
            *(
                Muon(weights, [matrix.shape for matrix in share], decay, momentum)
                for weights, share in zip(of_shares, shares, strict=True)
            ),
            for_others,
        )

    def step(self, gradient: Tensor, learning_rate: float) -> None:
        """Move every parameter along the gradient of the whole vector, (n,)."""
        stretches = list(zip(self.rules, gradient.split(self.lengths), strict=True))
        self.workers.map(lambda stretch: stretch[0].step(stretch[1], learning_rate), stretches)

    def state(self, parameter: Tensor) -> Moments:
        """Give what is remembered of a parameter, to be read or changed in place.

        Of one that is not trained there is nothing.
        """
        for rule, stretch in zip(self.rules, self.stretches, strict=True):
            start = 0
            for trained in stretch:
                end = start + trained.numel()
                if trained is parameter:
                    return {
                        name: values[start:end].view_as(parameter) if values.dim() else values
                        for name, values in rule.state.items()
                    }
                start = end
        return {}
