"""A prediction as it is shown: as lines and tables, as a graph, and as JSON."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from makemore.diagnostics.in_values import InValues, MLPInValues, Steps
from makemore.display import Grid, Shown, show_loss
from makemore.errors import UserError
from makemore.micrograd.engine import graph
from makemore.micrograd.trace import MOST, to_svg

LIKELIEST, UNITS, TERMS = 5, 8, 6
"""How many characters, hidden units and products of each are shown; JSON has all."""
LARGEST = 709
"""Above it, exp passes the largest float."""


@dataclass(frozen=True)
class Context:
    """What a model sees before it predicts, and what comes next.

    Attributes:
        ids: of the context, oldest first.
        target: the id that comes next.
        text: the context, a dot for each boundary.
        next: the character that comes next, or the dot.
    """

    ids: list[int]
    target: int
    text: str
    next: str

    def __str__(self) -> str:
        return f"{self.text} --> {self.next}   {' '.join(map(str, self.ids))} --> {self.target}"


@dataclass(frozen=True)
class Prediction:
    """What a model makes of one context.

    Attributes:
        context: with what comes next.
        logits: (V,).
        probabilities: their softmax, (V,).
        loss: -log of the probability of what comes next, in nats.
    """

    context: Context
    logits: list[float]
    probabilities: list[float]
    loss: float


@dataclass(frozen=True)
class Moved:
    """A weight, and how fast the loss grows with it.

    Attributes:
        name: of its tensor.
        index: where it stands in the tensor.
        value: the weight.
        gradient: d loss / d weight.
    """

    name: str
    index: list[int]
    value: float
    gradient: float


class Predictions(Shown, list[Prediction]):
    """Every prediction of a word, one after another."""

    @property
    def loss(self) -> float:
        """Mean over the predictions, in nats a character."""
        return sum(one.loss for one in self) / len(self)

    def grid(self) -> Grid:
        """Show a row for each, and their mean."""
        rows = [
            (
                str(place),
                one.context.text,
                one.context.next,
                f"{one.probabilities[one.context.target]:.6f}",
                show_loss(one.loss),
            )
            for place, one in enumerate(self, start=1)
        ]
        rows.append(("", "mean", "", "", show_loss(self.loss)))
        return Grid(rows, ["", "context", "next", "probability", "loss"], left=3)


class Weights(Shown, list[Moved]):
    """Weights, the one with the largest gradient first."""

    def grid(self) -> Grid:
        """Show a row for each."""
        rows = [(f"{w.name}{w.index}", f"{w.value:.4f}", f"{w.gradient:.4f}") for w in self]
        return Grid(rows, ["largest gradients", "weight", "gradient"])


@dataclass(frozen=True, repr=False)
class Explanation:
    """A word's predictions, and one of them whole.

    Attributes:
        word: as the model reads it.
        model: the name of its architecture.
        predictions: of each character, and of the end where a document has one.
        place: of the one that is explained, from 1 on.
        moved: the weights with the largest gradients of its loss; none where nothing is trained.
        steps: all between the context and the logits, in `Value`s; None where the model isn't
            written in these, or too large.
        network: the model in `Value`s.
        characters: of each id, as it is shown.
    """

    word: str
    model: str
    predictions: Predictions
    place: int
    moved: Weights
    steps: Steps | None
    network: InValues | None
    characters: Sequence[str]

    @property
    def prediction(self) -> Prediction:
        """The one that is explained."""
        return self.predictions[self.place - 1]

    def lines(self) -> Iterator[str]:
        """Write the one prediction, from its context to its loss."""
        one = self.prediction
        target = one.context.target
        yield f"prediction {self.place} of {len(self.predictions)}: {one.context}"
        if isinstance(self.network, MLPInValues) and self.steps is not None:
            yield from self._hidden_lines(self.network, self.steps)
        others = sorted(range(len(one.logits)), key=one.logits.__getitem__, reverse=True)
        shown = others[:LIKELIEST]
        for place in shown if target in shown else [*shown, target]:
            mark = "  <-- next" if place == target else ""
            yield (
                f"logit {self.characters[place]}  {one.logits[place]:.4f}  "
                f"exp {_exp(one.logits[place]):.4f}  "
                f"probability {one.probabilities[place]:.6f}{mark}"
            )
        total = math.fsum(map(_exp, one.logits))
        yield f"sum of all {len(one.logits)} exp  {total:.4f}"
        yield f"loss  -log({one.probabilities[target]:.6f}) = {show_loss(one.loss)}"

    def _hidden_lines(self, network: MLPInValues, steps: Steps) -> Iterator[str]:
        """Write what comes before the logits: embeddings, products, hidden units."""
        for id_, row in zip(self.prediction.context.ids, steps.embedded, strict=True):
            numbers = " ".join(f"{x.data:.4f}" for x in row[: 2 * TERMS])
            yield f"embedding {self.characters[id_]}  {numbers}{_more(len(row) - 2 * TERMS)}"
        inputs = [x.data for row in steps.embedded for x in row]
        bias = network.weights["hidden.bias"][0]
        for unit, weights in enumerate(network.weights["hidden.weight"][:UNITS]):
            products = _products(inputs, [w.data for w in weights], bias[unit].data)
            total, out = steps.sums[unit].data, steps.hidden[unit].data
            yield f"hidden {unit}  tanh({products}) = tanh({total:.4f}) = {out:.4f}"
        if len(bias) > UNITS:
            yield f"hidden …  {len(bias) - UNITS} more"
        target = self.prediction.context.target
        hidden = [unit.data for unit in steps.hidden]
        to_target = [w.data for w in network.weights["output.weight"][target]]
        products = _products(hidden, to_target, network.weights["output.bias"][0][target].data)
        yield f"logit {self.characters[target]}  {products} = {steps.logits[target].data:.4f}"

    def to_svg(self) -> str:
        """Draw the one prediction with values and gradients, from the weights to the loss.

        Raises:
            UserError: the model isn't written in `Value`s, it has too many of them, or the loss is
                infinite.
        """
        one = self.prediction
        if self.network is None:
            raise UserError(
                f"--svg draws a small bigram, or a small mlp without normalisation: this "
                f"{self.model} can't be drawn. An mlp of --n-embd 2 --n-hidden 4 can."
            )
        if math.isinf(one.loss):
            raise UserError("--svg can't draw a loss that is infinite: choose another --at.")
        loss = self.network.draw(one.context.ids, one.context.target)
        size = len(graph(loss))
        if size > MOST:
            raise UserError(
                f"--svg draws up to {MOST} numbers, and this prediction has {size:,}: try a "
                f"smaller model, such as an mlp of --n-embd 2 --n-hidden 4."
            )
        for value in graph(loss):
            value.grad = 0.0
        loss.backward()
        loss.label = f"loss of {one.context.text} --> {one.context.next}"
        return to_svg(loss)

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it; what is infinite is None."""
        one, steps = self.prediction, self.steps
        found: dict[str, Any] = {
            "word": self.word,
            "model": self.model,
            "loss": _finite(self.predictions.loss),
            "predictions": [
                vars(p.context)
                | {"probability": p.probabilities[p.context.target], "loss": _finite(p.loss)}
                for p in self.predictions
            ],
            "at": self.place,
            "characters": list(self.characters),
            "logits": [_finite(logit) for logit in one.logits],
            "probabilities": one.probabilities,
            "moved": [vars(w) | {"value": _finite(w.value)} for w in self.moved],
        }
        if steps is not None and steps.hidden:
            found["embedded"] = [[x.data for x in row] for row in steps.embedded]
            found["sums"] = [x.data for x in steps.sums]
            found["hidden"] = [x.data for x in steps.hidden]
        return found


def _products(inputs: Sequence[float], weights: Sequence[float], bias: float) -> str:
    """Write a sum of products, the first few of them."""
    terms = [f"{x:.4f}*{w:.4f}" for x, w in list(zip(inputs, weights, strict=True))[:TERMS]]
    hidden = len(weights) - TERMS
    if hidden > 0:
        terms.append(f"… {hidden} more …")
    return " + ".join([*terms, f"{bias:.4f}"])


def _exp(logit: float) -> float:
    return math.exp(logit) if logit < LARGEST else math.inf


def _more(count: int) -> str:
    return f" … {count} more" if count > 0 else ""


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
