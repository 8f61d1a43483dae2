"""Logits: are they raw, does the loss take them so, and has their layer a bias?"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from makemore.checks.finding import Verdict, failed, not_applicable, passed, warning

SUMS_TO_ONE = 1e-4


def logits_are_raw(logits: Tensor) -> Verdict:
    """See that logits (..., V) are neither probabilities nor their logarithms."""
    sums = logits.double().sum(-1)
    if bool((logits >= 0).all()) and bool(((sums - 1).abs() < SUMS_TO_ONE).all()):
        lowest = _lowest_of_probabilities(logits.shape[-1])
        return failed(
            "The logits of every context are at least 0 and sum to 1: they are probabilities.",
            f"The loss applies softmax itself, and never falls below {lowest:.4f} so: return what "
            f"stands before the softmax.",
        )
    totals = logits.double().logsumexp(-1)
    if bool((totals.abs() < SUMS_TO_ONE).all()):
        return warning(
            "The exponentials of every context's logits sum to 1: they are log-probabilities.",
            "This loss applies log_softmax again, which changes nothing but costs time: return "
            "what stands before it.",
        )
    return passed(
        f"The exponentials of a context's logits sum to {totals.exp().min().item():.4g} "
        f"to {totals.exp().max().item():.4g}, not to 1."
    )


def loss_takes_logits(loss: Callable[[Tensor, Tensor], Tensor], vocab_size: int) -> Verdict:
    """See that a loss expects raw logits, by how far it falls from no opinion to a sure, right one.

    That is ln V - 0. What is added to a loss whatever the logits are, as a prior, plays no part.

    Args:
        loss: of logits (N, V) and targets, int64 (N,); a mean in nats.
        vocab_size: V.
    """
    targets = torch.arange(vocab_size)
    sure = 3 + 20 * torch.eye(vocab_size)  # (V, V), higher than log-probabilities are
    fall = (loss(torch.zeros_like(sure), targets) - loss(sure, targets)).item()
    indifferent = math.log(vocab_size)
    of_probabilities = indifferent - _lowest_of_probabilities(vocab_size)
    found = (
        f"From no opinion to a sure and right one the loss falls by {fall:.4f}; "
        f"ln {vocab_size} = {indifferent:.4f}."
    )
    if abs(fall - indifferent) < 0.01:
        return passed(found)
    if abs(fall - of_probabilities) < 0.01:
        return failed(
            found,
            "The loss takes the softmax of a softmax: hand it raw logits, without a softmax.",
        )
    return failed(
        found,
        "The loss isn't the mean of -log(softmax(logits)) at the targets: F.cross_entropy takes "
        "raw logits, F.nll_loss takes log_softmax(logits).",
    )


def _lowest_of_probabilities(vocab_size: int) -> float:
    """Give the loss of a softmax of probabilities that are sure and right: ln(e + V - 1) - 1."""
    return math.log(math.e + vocab_size - 1) - 1


def output_has_a_bias(model: nn.Module, tokens: Tensor) -> Verdict:
    """See that the layer that makes the logits has a bias, or gets one from what stands before it.

    It says how frequent each character is, whatever the context. A normalisation with a bias
    right before the layer serves as well.

    Args:
        model: gives logits for tokens.
        tokens: int64 (B, T).
    """
    calls: list[tuple[str, nn.Linear, Tensor]] = []
    makers: dict[int, tuple[nn.Module, Tensor]] = {}  # of each tensor, kept so that ids stay

    def watch(module: nn.Module, inputs: Any, output: Any) -> None:
        if isinstance(module, nn.Linear):
            calls.append((names[module], module, inputs[0]))
        if isinstance(output, Tensor):
            makers[id(output)] = (module, output)

    names = {module: name for name, module in model.named_modules()}
    hooks = [module.register_forward_hook(watch) for module in names]
    try:
        with torch.no_grad():
            logits = model(tokens)
    finally:
        for hook in hooks:
            hook.remove()
    if not calls or calls[-1][1].out_features != logits.shape[-1]:
        return not_applicable("The logits come from no linear layer of its own.")
    name, layer, given = calls[-1]
    own: Tensor | None = layer.bias
    if own is not None:
        return passed(f"The output layer {name} has a bias of {len(own)} numbers.")
    before = makers.get(id(given))
    bias = None if before is None else getattr(before[0], "bias", None)
    if before is not None and isinstance(bias, Tensor):
        return passed(
            f"The output layer {name} has no bias, but {names[before[0]]} right before it has one, "
            f"of {len(bias)} numbers."
        )
    return warning(
        f"The output layer {name} has no bias, and nothing right before it has one: 0 found.",
        "How frequent each character is must then come through the layers: give it bias=True, "
        "unless it is left out on purpose.",
    )
