"""What a training shows of its health, as in lecture 4.

Watching changes nothing: a training ends in the same weights, bit for bit, with or without it.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from makemore.models.activations import CUTTING_OFF, Activations, watch
from makemore.training.learner import Learner, Step


class Observation(NamedTuple):
    """What a step shows.

    Attributes:
        step: what it has done.
        numbers: by tag: "gradient_norm", and "update_ratio/…" of each matrix.
        histograms: values by tag: "gradients/…" and "weights/…" of each matrix; none unless they
            are asked for.
    """

    step: Step
    numbers: dict[str, float]
    histograms: dict[str, Tensor]


def observe_step(learner: Learner, *, full: bool = False) -> Observation:
    """Take a step, and tell what it shows.

    - gradient_norm: of all parameters, before it is limited.
    - update_ratio: log10(std(update) / std(weights)) of each matrix, where the update is what the
      step has changed, decay and all. The lecture's guide is -3, in a training of 200,000 steps.

    Args:
        learner: which takes the step.
        full: give histograms too.
    """
    optimizer = learner.optimizer
    batch = learner.gradient(learner.next_tables())
    gradient = batch.vector.clone() if full else None  # a step shortens it in place
    before = optimizer.vector.clone()
    step = learner.descend(batch)

    weights = by_matrix(learner, optimizer.vector)
    ratios = log_ratios(by_matrix(learner, optimizer.vector - before), weights)
    numbers = {"gradient_norm": step.gradient_norm}
    numbers |= {f"update_ratio/{name}": ratio for name, ratio in ratios.items()}
    if gradient is None:
        return Observation(step, numbers, {})
    gradients = by_matrix(learner, gradient)
    histograms = {f"gradients/{name}": values for name, values in gradients.items()}
    histograms |= {f"weights/{name}": values.clone() for name, values in weights.items()}
    return Observation(step, numbers, histograms)


def by_matrix(learner: Learner, vector: Tensor) -> dict[str, Tensor]:
    """Cut a vector as long as the optimizer's into the parts of the matrices, by their names."""
    return {name: vector[place] for name, place in learner.matrices.items()}


def log_ratios(updates: dict[str, Tensor], weights: dict[str, Tensor]) -> dict[str, float]:
    """Compute log10(std(update) / std(weights)) of each matrix: -inf where nothing was changed."""
    if not updates:
        return {}
    of_updates, of_weights = (
        torch.stack([part.std() for part in parts.values()]) for parts in (updates, weights)
    )
    return dict(zip(updates, (of_updates / of_weights).log10().tolist(), strict=True))


def watch_some(learner: Learner) -> list[Activations]:
    """Watch the nonlinearities of a learner's model, in evaluation mode, on some documents.

    They are always the same, so that what changes is the model. Neither a random number is drawn
    for good nor a buffer changed, whatever the model does.
    """
    model, device = learner.model, learner.device
    if model.closed_form:
        return []
    table = learner.watched
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices), model.evaluating():
        layers = watch(model, lambda: model.predict_table(table))
    with torch.no_grad():
        for buffer, old in buffers:
            buffer.copy_(old)
    return layers


def shares(layers: list[Activations]) -> dict[str, float]:
    """Tell of each layer how much of it has stopped to learn, by tag.

    - saturated: the share of |tanh| > 0.97.
    - dead: the share of units that cut off (ReLU, GELU, SiLU) and that no example moves.
    """
    found = {}
    for layer in layers:
        if layer.kind == "tanh":
            found[_tag("saturated", layer)] = layer.saturated
        elif layer.kind in CUTTING_OFF:
            found[_tag("dead", layer)] = layer.dead
    return found


def results(layers: list[Activations]) -> dict[str, Tensor]:
    """Give what each layer has made, (examples, units), by tag, for histograms."""
    return {_tag("activations", layer): layer.after for layer in layers}


def _tag(kind: str, layer: Activations) -> str:
    return f"{kind}/{layer.name.replace(' ', '.')}"
