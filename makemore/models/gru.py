"""GRU: the gated recurrent unit (Cho et al. 2014). https://arxiv.org/abs/1406.1078."""

import torch
from torch import Tensor

from makemore.backprop.kernels import tanh
from makemore.models.base import State
from makemore.models.recurrent import Recurrent


class GRU(Recurrent):
    """Two gates between the old state and a new one.

        r, z = sigmoid(W x + b + U h + c)        reset and update gate
        n    = tanh(W x + b + r * (U h + c))     the candidate
        h'   = (1 - z) * n + z * h

    The reset gate acts on U h + c rather than on h, as in PyTorch: one matrix product a step.
    """

    n_gates = 3

    def cell(self, inputs: Tensor, state: State) -> State:
        """Forget some of the state, and mix in the rest: (B, n_hidden)."""
        (h,) = state
        reset, update, candidate = inputs.chunk(3, dim=-1)
        old_reset, old_update, old_candidate = self.from_state(h).chunk(3, dim=-1)
        r, z = (reset + old_reset).sigmoid(), (update + old_update).sigmoid()
        n = tanh(candidate + r * old_candidate)
        return (torch.lerp(n.to(h.dtype), h, z.to(h.dtype)),)  # the state stays in fp32
