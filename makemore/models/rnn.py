"""RNN: a recurrent neural network language model (Mikolov et al. 2010).

https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html
"""

from torch import Tensor

from makemore.backprop.kernels import tanh
from makemore.models.base import State
from makemore.models.recurrent import Recurrent


class RNN(Recurrent):
    """h' = tanh(W x + b + U h + c)."""

    n_gates = 1

    def cell(self, inputs: Tensor, state: State) -> State:
        """Mix character and state: (B, n_hidden)."""
        (h,) = state
        return (tanh(inputs + self.from_state(h)),)
