import math

import pytest
import torch

from makemore.config import TrainingSettings
from makemore.optimizers import learning_rate, make_optimizer
from tests.conftest import random_model


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        ("linear", [0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]),
        ("cosine", [0.25, 0.5, 0.75, 1, *((1 + math.cos(math.pi * x / 4)) / 2 for x in (1, 2, 3))]),
        ("none", [0.25, 0.5, 0.75, 1, 1, 1, 1]),
    ],
)
def test_the_learning_rate_rises_in_a_line_and_falls_as_told(
    decay: str, expected: list[float]
) -> None:
    values = {"learning_rate": 1.0, "warmup_steps": 3, "decay": decay}
    settings = TrainingSettings.model_validate(values)
    rates = [learning_rate(settings, step, max_steps=7) for step in range(7)]
    assert rates == pytest.approx(expected)


def test_a_warm_up_longer_than_the_run_still_rises() -> None:
    settings = TrainingSettings(learning_rate=1.0, warmup_steps=100)
    assert [learning_rate(settings, s, 3) for s in range(3)] == pytest.approx([0.25, 0.5, 0.75])


def test_matrices_decay_and_biases_and_norms_do_not() -> None:
    model = random_model("transformer", 5)
    optimizer = make_optimizer(model, TrainingSettings(weight_decay=0.3))
    decayed = {
        id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]
    }
    for name, parameter in model.named_parameters():
        vector = "bias" in name or ".ln_" in name or name.startswith("ln_")
        assert decayed[id(parameter)] == (0 if vector else 0.3), name


def test_a_step_is_adamw_s_formula() -> None:
    """Loshchilov & Hutter 2019, algorithm 2, written out for two steps."""
    model = random_model("bigram", 3)
    (weights,) = model.parameters()
    expected = weights.detach().clone().double()
    optimizer = make_optimizer(model, TrainingSettings(learning_rate=0.1, weight_decay=0.2))
    m = v = torch.zeros(3, 3, dtype=torch.float64)
    for step in (1, 2):
        gradient = torch.randn(3, 3)
        weights.grad = gradient.clone()
        optimizer.step()
        m = 0.9 * m + 0.1 * gradient
        v = 0.99 * v + 0.01 * gradient.double() ** 2
        m_hat, v_hat = m / (1 - 0.9**step), v / (1 - 0.99**step)
        expected = expected - 0.1 * 0.2 * expected - 0.1 * m_hat / (v_hat.sqrt() + 1e-8)
    torch.testing.assert_close(weights.detach().double(), expected, atol=1e-6, rtol=0)
