"""A bigram and an MLP once more, number by number: the witness of those in PyTorch.

Nothing is shared but the weights. What `makemore.models` computes with arrays, `Value`s compute
here one number after another, and their `backward` stands for autograd: a test finds the same loss
and the same gradients, to 1e-9. And since a `Value` knows what it was computed from, one prediction
can be drawn.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from makemore.micrograd.engine import Value
from makemore.micrograd.trace import fold
from makemore.models.base import Model
from makemore.models.bigram import Bigram
from makemore.models.mlp import MLP

Row = list[Value]
MOST_WEIGHTS = 100_000
"""A Value takes a few hundred bytes, and a prediction makes two of each weight."""
SHOWN = 3
"""Characters in the picture of an MLP, the next one among them."""


def add_up(values: Row) -> Value:
    """Add one value after another."""
    return sum(values[1:], start=values[0])


@dataclass(frozen=True)
class Steps:
    """What one prediction goes through.

    Attributes:
        embedded: the embedding of each character of the context, (block_size, n_embd).
        sums: of each hidden unit, what goes into its tanh, (n_hidden,).
        hidden: what comes out of it, (n_hidden,).
        logits: (V,). A bigram has no more than these.
    """

    embedded: Sequence[Row]
    sums: Row
    hidden: Row
    logits: Row


class BigramInValues:
    """`makemore.models.bigram.Bigram`: the logits are the last character's row.

    Attributes:
        weights: the rows of each parameter by its name; a vector is one row.
    """

    def __init__(self, model: Bigram) -> None:
        self.weights = _weights(model)

    def run(self, context: Sequence[int]) -> Steps:
        """Look the row up; context: the ids (1,)."""
        return Steps([], [], [], self.weights["logits"][context[-1]])

    def draw(self, context: Sequence[int], target: int) -> Value:
        """Compute the loss as `cross_entropy` does, the sum of all exp in one operation."""
        exps = [logit.exp() for logit in self.run(context).logits]
        return -(exps[target] / _sum_at_once(exps)).log()


class MLPInValues:
    """`makemore.models.mlp.MLP` without normalisation: embed, one tanh layer, logits.

    Attributes:
        weights: the rows of each parameter by its name; a vector is one row.
    """

    def __init__(self, model: MLP) -> None:
        self.weights = _weights(model)

    def run(self, context: Sequence[int], add: Callable[[Row], Value] = add_up) -> Steps:
        """Compute the logits after a context, the ids (block_size,)."""
        weights = self.weights
        embedded = [weights["embedding.weight"][character] for character in context]
        inputs = [value for row in embedded for value in row]  # (block_size * n_embd,)
        sums = _linear(weights["hidden.weight"], weights["hidden.bias"][0], inputs, add)
        hidden = [total.tanh() for total in sums]  # (n_hidden,)
        logits = _linear(weights["output.weight"], weights["output.bias"][0], hidden, add)  # (V,)
        return Steps(embedded, sums, hidden, logits)

    def draw(self, context: Sequence[int], target: int) -> Value:
        """Compute the loss with fewer values: each sum in one operation, and most characters too.

        The next character and the likeliest others are whole. Those that are left become one
        operation of the hidden units, whose slopes are those of its sum, so that every gradient in
        the picture is what it is in the whole.
        """
        steps = self.run(context, _sum_at_once)
        exps = [logit.exp() for logit in steps.logits]
        others = [place for place in range(len(exps)) if place != target]
        likeliest = heapq.nlargest(SHOWN - 1, others, key=lambda place: exps[place].data)
        shown = [exps[target], *(exps[place] for place in likeliest)]
        rest = [exps[place] for place in others if place not in likeliest]
        if rest:
            shown.append(fold(add_up(rest), steps.hidden, f"sum of {len(rest)} more exp"))
        return -(exps[target] / _sum_at_once(shown)).log()


InValues = BigramInValues | MLPInValues


def in_values(model: Model) -> InValues | None:
    """Write a model in `Value`s; None where it has no such form, or over 100,000 weights."""
    if model.n_parameters > MOST_WEIGHTS:
        return None
    if isinstance(model, Bigram):
        return BigramInValues(model)
    if isinstance(model, MLP) and isinstance(model.norm, nn.Identity) and not model.layers:
        return MLPInValues(model)
    return None


def cross_entropy(logits: Row, target: int) -> Value:
    """Compute -log softmax(logits)[target], in nats, as the formula says."""
    exps = [logit.exp() for logit in logits]
    return -(exps[target] / add_up(exps)).log()


def _linear(
    weights: Sequence[Row], bias: Row, inputs: Row, add: Callable[[Row], Value]
) -> list[Value]:
    """Compute w0 * x0 + w1 * x1 + … + b for each row of weights."""
    return [
        add([*(w * x for w, x in zip(row, inputs, strict=True)), b])
        for row, b in zip(weights, bias, strict=True)
    ]


def _sum_at_once(values: Row) -> Value:
    return Value(sum(v.data for v in values), tuple(values), "+", (1.0,) * len(values))


def _weights(model: Model) -> dict[str, list[Row]]:
    """Make a Value of every weight, labelled with its name and place."""
    return {name: _rows(name, tensor.detach()) for name, tensor in model.named_parameters()}


def _rows(name: str, tensor: Tensor) -> list[Row]:
    if tensor.dim() == 1:
        return [[Value(w, label=f"{name}[{i}]") for i, w in enumerate(tensor.tolist())]]
    return [
        [Value(w, label=f"{name}[{i}, {j}]") for j, w in enumerate(row)]
        for i, row in enumerate(tensor.tolist())
    ]
