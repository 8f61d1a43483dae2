"""Logits: mistake 4, and the second half of mistake 5."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.checks.outputs import logits_are_raw, loss_takes_logits, output_has_a_bias

LOGITS = torch.randn(6, 5, 27, generator=torch.Generator().manual_seed(0))


def test_probabilities_and_their_logarithms_are_told_from_logits() -> None:
    assert logits_are_raw(LOGITS).mark == "passed"
    verdict = logits_are_raw(LOGITS.softmax(-1))
    assert (verdict.mark, "2.3575" in verdict.cure) == ("failed", True)
    assert logits_are_raw(LOGITS.log_softmax(-1)).mark == "warning"
    assert logits_are_raw(LOGITS.sigmoid()).mark == "passed"


def softmax_twice(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.softmax(-1), targets)


def without_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    return F.nll_loss(logits, targets)


def with_a_prior(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets) + 5.0


def in_bits(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets) / math.log(2)


@pytest.mark.parametrize(
    ("loss", "mark", "cure"),
    [
        (F.cross_entropy, "passed", ""),
        (with_a_prior, "passed", ""),
        (softmax_twice, "failed", "softmax of a softmax"),
        (without_softmax, "failed", "log_softmax"),
        (in_bits, "failed", "mean of -log"),
    ],
)
def test_a_loss_that_doesn_t_take_logits_is_found(loss, mark: str, cure: str) -> None:  # type: ignore[no-untyped-def]
    verdict = loss_takes_logits(loss, 27)
    assert verdict.mark == mark
    assert cure in verdict.cure


def test_an_output_layer_without_a_bias_is_found() -> None:
    def model(*layers: nn.Module) -> nn.Module:
        return nn.Sequential(nn.Embedding(5, 8), *layers)

    tokens = torch.zeros(2, 3, dtype=torch.int64)
    for layers, mark in (
        ([nn.Tanh(), nn.Linear(8, 5)], "passed"),
        ([nn.Tanh(), nn.Linear(8, 5, bias=False)], "warning"),
        ([nn.LayerNorm(8), nn.Linear(8, 5, bias=False)], "passed"),
        ([nn.RMSNorm(8), nn.Linear(8, 5, bias=False)], "warning"),
        ([nn.Linear(8, 4)], "passed"),
        ([], "not applicable"),
    ):
        verdict = output_has_a_bias(model(*layers), tokens)
        assert verdict.mark == mark, layers
