"""The learning rate of each step."""

import math

import pytest

from makemore.config import TrainingSettings
from makemore.training.schedule import learning_rate


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


@pytest.mark.parametrize("decay", ["linear", "cosine"])
def test_a_step_behind_the_last_moves_nothing(decay: str) -> None:
    settings = TrainingSettings.model_validate({"learning_rate": 1.0, "decay": decay})
    assert [learning_rate(settings, step, 50) for step in (50, 55, 1000)] == [0, 0, 0]
