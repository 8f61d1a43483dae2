"""LSTM: long short-term memory (Hochreiter & Schmidhuber 1997), as in Graves 2014.

https://arxiv.org/abs/1308.0850, without its peephole connections, which later work found to
matter little (Greff et al. 2015, https://arxiv.org/abs/1503.04069) and PyTorch leaves out too.
"""

from torch import Tensor

from makemore.backprop.kernels import tanh
from makemore.models.base import State
from makemore.models.recurrent import Recurrent


class LSTM(Recurrent):
    """A memory c that gates write to, keep and read from.

    i, f, o = sigmoid(W x + b + U h + c)     input, forget and output gate
    g       = tanh(W x + b + U h + c)        what may be written
    c'      = f * c + i * g
    h'      = o * tanh(c')
    """

    n_gates = 4
    n_states = 2

    def cell(self, inputs: Tensor, state: State) -> State:
        """Write, keep, read: (B, n_hidden) of output, and of memory."""
        h, c = state
        i, f, g, o = (inputs + self.from_state(h)).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * tanh(g)
        return o.sigmoid() * tanh(c), c
