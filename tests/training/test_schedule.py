"""The learning rate of each step."""

import math

import pytest

from makemore.recipe import TrainingSettings
from makemore.training.schedule import learning_rate


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        ("linear", [0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]),
        ("cosine", [0.25, 0.5, 0.75, 1, *((1 + math.cos(math.pi * x / 4)) / 2 for x in (1, 2, 3))]),
        ("none", [0.25, 0.5, 0.75, 1, 1, 1, 1]),
        ("step", [0.25, 0.5, 0.75, 1, 0.1, 0.1, 0.1]),
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


@pytest.mark.parametrize(("drop_at", "first"), [(None, 100_000), (0.75, 150_000), (0.07, 14_000)])
def test_a_drop_is_to_a_tenth_at_a_share_of_the_run(drop_at: float | None, first: int) -> None:
    """As in the lectures: 0.1, then 0.01 from step 100,000 of 200,000 on, or from 150,000 on."""
    values = {"learning_rate": 0.1, "warmup_steps": 0, "decay": "step", "drop_at": drop_at}
    settings = TrainingSettings.model_validate(values)
    steps = (0, first - 1, first, 199_999)
    rates = [learning_rate(settings, step, 200_000) for step in steps]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.01])


@pytest.mark.parametrize(("drop_at", "rate"), [(0.0, 0.1), (1.0, 1.0)])
def test_a_drop_may_stand_at_either_end_of_a_run(drop_at: float, rate: float) -> None:
    settings = TrainingSettings(learning_rate=1.0, warmup_steps=0, decay="step", drop_at=drop_at)
    assert {learning_rate(settings, step, 100) for step in range(100)} == {rate}
