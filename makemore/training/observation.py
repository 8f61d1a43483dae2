"""What a step shows of the training's health, as in lecture 4.

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
        numbers: by tag: "gradient_norm", "update_ratio/…" of each matrix, "saturated/…" and
            "dead/…" of each nonlinearity, as `observe_step` says.
        histograms: by tag: "activations/…" of each nonlinearity, "gradients/…" and "weights/…" of
            each matrix; none unless they are asked for.
    """

    step: Step
    numbers: dict[str, float]
    histograms: dict[str, Tensor]


def observe_step(learner: Learner, *, full: bool = False) -> Observation:
    """Take a step, and tell what it shows.

    - gradient_norm: of all parameters, before it is limited.
    - update_ratio: log10(std(update) / std(weights)) of each matrix, where the update is what the
      step has changed, decay and all. The lecture's guide is -3, in a training of 200,000 steps.
    - saturated: the share of |tanh| > 0.97, for some documents of the first batch, always the same.
    - dead: the share of units that cut off (ReLU, GELU, SiLU) and that none of these moves.

    Args:
        learner: which takes the step.
        full: give histograms too.
    """
    optimizer = learner.optimizer
    batch = learner.gradient(learner.next_tables())
    norm = batch.vector.norm()
    gradient = batch.vector.clone() if full else None  # a step shortens it in place
    before = optimizer.vector.clone()
    step = learner.descend(batch)

    weights, update = optimizer.vector, optimizer.vector - before
    numbers = {"gradient_norm": norm.item()}
    ratios = log_ratios(by_matrix(learner, update), by_matrix(learner, weights))
    numbers |= {f"update_ratio/{name}": ratio for name, ratio in ratios.items()}
    layers = watch_some(learner)
    for layer in layers:
        if layer.kind == "tanh":
            numbers[_tag("saturated", layer)] = layer.saturated
        elif layer.kind in CUTTING_OFF:
            numbers[_tag("dead", layer)] = layer.dead
    if gradient is None:
        return Observation(step, numbers, {})
    histograms = {_tag("activations", layer): layer.after for layer in layers}
    for kind, vector in (("gradients", gradient), ("weights", weights)):
        for name, values in by_matrix(learner, vector).items():
            histograms[f"{kind}/{name}"] = values
    return Observation(step, numbers, histograms)


def by_matrix(learner: Learner, vector: Tensor) -> dict[str, Tensor]:
    """Cut a vector as long as the optimizer's into the parts of the matrices, by their names.

    Vectors are left out, as in the lecture: biases, and the gains of norms.
    """
    parameters = learner.optimizer.parameters
    names = {parameter: name for name, parameter in learner.model.named_parameters()}
    parts = vector.split([parameter.numel() for parameter in parameters])
    found = {
        names[parameter]: part
        for parameter, part in zip(parameters, parts, strict=True)
        if parameter.dim() > 1
    }
    return {name: found[name] for name in names.values() if name in found}


def log_ratios(updates: dict[str, Tensor], weights: dict[str, Tensor]) -> dict[str, float]:
    """Compute log10(std(update) / std(weights)) of each matrix: -inf where nothing was changed."""
    if not updates:
        return {}
    pairs = [torch.stack([updates[name].std(), weights[name].std()]) for name in updates]
    spreads = torch.stack(pairs)  # (matrices, 2)
    return dict(zip(updates, (spreads[:, 0] / spreads[:, 1]).log10().tolist(), strict=True))


def watch_some(learner: Learner) -> list[Activations]:
    """Watch the nonlinearities of a learner's model, in evaluation mode, on some documents.

    They are always the same, so that what changes is the model. Neither a random number is drawn
    for good nor a buffer changed, whatever the model does.
    """
    model, device = learner.model, learner.device
    table = learner.watched
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices), model.evaluating():
        layers = watch(model, lambda: model.predict_table(table))
    with torch.no_grad():
        for buffer, old in buffers:
            buffer.copy_(old)
    return layers


def _tag(kind: str, layer: Activations) -> str:
    return f"{kind}/{layer.name.replace(' ', '.')}"
