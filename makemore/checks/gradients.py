"""Steps: is the gradient that of one batch, does it reach every parameter, how far does it move?"""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

import torch
from torch import Tensor

from makemore.checks.finding import Verdict, failed, not_applicable, passed

ROUNDING = 1e-4
"""Of the gradient of a layer's weights: below it, that of its bias is rounding."""
LARGEST_UPDATE = 0.3
"""Of a weight's spread. Three such steps leave nothing of what the weights were."""
SHORTEST_WAY = 0.1
"""Of a weight's spread: how far a whole training must be able to move it."""

Gradients = Mapping[str, Tensor | None]
"""The gradient of each parameter by its name; None where the loss doesn't depend on it."""
Weights = Mapping[str, Tensor]


def gradients_are_of_one_step(gradient: Callable[[], Tensor]) -> Verdict:
    """See that gradients don't pile up from step to step.

    Args:
        gradient: computes what one step hands to the optimizer, of the same batch and weights at
            each call, as a vector.
    """
    first = gradient().clone()
    second = gradient()
    norm, again = first.norm().item(), second.norm().item()
    if torch.allclose(first, second, rtol=1e-3, atol=1e-6 * max(norm, 1e-30)):
        return passed(f"One batch twice gives the same gradient, of norm {norm:.4g}.")
    return failed(
        f"One batch twice gives gradients of norm {norm:.4g} and {again:.4g}, "
        f"{again / max(norm, 1e-30):.2f} times as much.",
        "Gradients of all steps pile up: call optimizer.zero_grad() before each backward().",
    )


def strangers(loss: Tensor, parameters: Sequence[Tensor]) -> list[Tensor]:
    """Find tensors that ask for a gradient of a loss, and are none of the parameters.

    They are at the ends of the graph that autograd has made of the computation.
    """
    known = set(map(id, parameters))
    found: dict[int, Tensor] = {}
    nodes, seen = [loss.grad_fn], set()
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        if leaf is not None and id(leaf) not in known:
            found[id(leaf)] = leaf
        nodes.extend(before for before, _ in node.next_functions)
    return list(found.values())


def every_parameter_learns(
    gradients: Gradients, before: Weights, after: Weights, unknown: Sequence[Tensor] = ()
) -> Verdict:
    """See that every parameter has a gradient, that steps move it, and that the model knows it.

    Args:
        gradients: of a batch.
        before: the parameters before some steps.
        after: the parameters after them.
        unknown: what `strangers` finds.
    """
    idle = [name for name, gradient in gradients.items() if gradient is None]
    zero = [name for name, g in gradients.items() if g is not None and not g.any()]
    still = [name for name in before if torch.equal(before[name], after[name])]
    n = len(before)
    if unknown:
        shapes = _some([f"{tuple(tensor.shape)}" for tensor in unknown])
        return failed(
            f"{len(unknown)} tensors would learn, but are no parameters of the model: of shape "
            f"{shapes}.",
            "No optimizer has them, and no checkpoint keeps them: make each an nn.Parameter, and "
            "hold layers in an nn.ModuleList, not in a list.",
        )
    if idle:
        return failed(
            f"{len(idle)} of {n} parameters get no gradient: {_some(idle)}.",
            "The loss doesn't depend on them: use them in forward, without detach or no_grad on "
            "the way, or leave them out.",
        )
    if zero:
        return failed(
            f"{len(zero)} of {n} parameters get a gradient of 0: {_some(zero)}.",
            "Weights of 0 behind them, or dead units, let nothing through: start with small random "
            "weights.",
        )
    if still:
        return failed(
            f"{len(still)} of {n} parameters never change: {_some(still)}.",
            "No step moves them: see that requires_grad is true and that the optimizer has them, "
            "or make buffers of them.",
        )
    return passed(f"{n} of {n} parameters get a gradient and change.")


def no_bias_is_subtracted(gradients: Gradients) -> Verdict:
    """See that no layer has a bias that a normalisation behind it subtracts again (lecture 4).

    Such a bias has a gradient of 0, but for rounding, where the layer's weights have one.

    Args:
        gradients: of a batch in training mode, by names that end in "weight" and "bias".
    """
    pairs = {}
    for name, gradient in gradients.items():
        weight = gradients.get(f"{name.removesuffix('bias')}weight")
        if not name.endswith("bias") or gradient is None or weight is None or weight.dim() < 2:
            continue
        if weight.any():
            pairs[name] = (gradient.abs().max() / weight.abs().max()).item()
    if not pairs:
        return passed("No layer has a bias that a normalisation could subtract: 0 found.")
    name = min(pairs, key=pairs.__getitem__)
    lost = [name for name, ratio in pairs.items() if ratio < ROUNDING]
    found = f"its gradient is {pairs[name]:.1g} of that of the layer's weights"
    if lost:
        return failed(
            f"{_some(lost)} changes nothing: {found}.",
            "A normalisation behind the layer subtracts its bias (or a softmax does, of keys): "
            "give the layer bias=False.",
        )
    n = len(pairs)
    return passed(f"{n} of {n} biases count; of the one that counts least, {name}, {found}.")


def updates_have_a_good_size(
    start: Weights, before: Weights, after: Weights, learning_rate: float, steps: int
) -> Verdict:
    """Compare the spread of one step's update with that of the weights (lecture 4).

    The lecture's rule, about a thousandth, is for trainings of 200,000 steps. One of some hundred
    must go faster to get anywhere: with a learning rate that falls in a line, the updates of n
    steps sum up to n / 2 of the first at most. So a step is too large where a few of them replace
    the weights, and too small where all together can't move them.

    Args:
        start: the parameters as they start: steps that are too large soon make large weights.
        before: the parameters before the step.
        after: the parameters after it.
        learning_rate: of the step, the peak.
        steps: of the whole training.
    """
    ratios = {}
    for name, weight in before.items():
        if weight.dim() > 1 and weight.numel() > 1:
            spread = (start[name] if start[name].std() > 0 else weight).std()
            if spread != 0:  # one that never moves is found elsewhere
                ratios[name] = ((after[name] - weight).std() / spread).item()
    if not ratios:
        return not_applicable("There is no matrix of weights that are not all the same.")
    usual, way = median(ratios.values()), median(ratios.values()) * steps / 2
    found = (
        f"At the peak learning rate {learning_rate:g} a step changes the weights by {usual:.2g} of "
        f"their spread ({min(ratios.values()):.1g} to {max(ratios.values()):.1g} by matrix); the "
        f"lecture's 0.001 is for 200,000 steps, and here are {steps:,}."
    )
    if not usual <= LARGEST_UPDATE:
        return failed(
            found,
            "A few steps replace all that was learned: take a lower --learning-rate, or, where the "
            "weights start near 0, larger ones.",
        )
    if way < SHORTEST_WAY:
        return failed(
            found,
            f"All steps together move the weights by {way:.1g} of their spread at most: take a "
            f"higher --learning-rate or more steps.",
        )
    return passed(found)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
