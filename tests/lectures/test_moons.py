"""Two moons in PyTorch: the original's figures, the steps of `Value`s, and times that compare."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from makemore.lectures.moons import Pace, Timed, find_pace, train_in_torch
from makemore.micrograd.moons import Step, make_moons, make_network, train
from makemore.micrograd.nn import MLP
from tests.micrograd.test_moons import ACCURACIES, LOSSES


def test_all_steps_have_the_original_s_losses() -> None:
    steps = list(train_in_torch(make_network(), make_moons()))
    assert [step.step for step in steps] == list(range(100))
    for place, loss in LOSSES.items():
        assert steps[place].loss == pytest.approx(loss, abs=5e-7)
    for place, accuracy in ACCURACIES.items():
        assert steps[place].accuracy == accuracy
    assert next(step.step for step in steps if step.accuracy == 1) == 40
    assert steps[-1].loss == pytest.approx(LOSSES[99], rel=1e-9)
    assert steps[-1].accuracy == 1


@pytest.mark.parametrize("batch_size", [None, 7])
def test_pytorch_takes_the_steps_of_values_for_any_network(batch_size: int | None) -> None:
    random.seed(1)
    moons, network = make_moons(30, seed=5), MLP(2, [5, 3, 4, 1])
    random.seed(2)
    of_torch = list(train_in_torch(network, moons, 12, batch_size))
    random.seed(2)
    of_values = list(train(network, moons, 12, batch_size))
    assert [step.loss for step in of_torch] == pytest.approx([step.loss for step in of_values])
    assert [step.accuracy for step in of_torch] == [step.accuracy for step in of_values]


def test_training_in_pytorch_leaves_the_network_as_it_is() -> None:
    network = make_network()
    before = [p.data for p in network.parameters()]
    list(train_in_torch(network, make_moons(), steps=3))
    assert [p.data for p in network.parameters()] == before


def test_only_the_steps_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0

    def slow() -> Iterator[Step]:
        nonlocal clock
        for place in range(3):
            clock += 2
            yield Step(place, 1.0, 0.5)

    monkeypatch.setattr("time.perf_counter", lambda: clock)
    timed = Timed(slow())
    for _ in timed:
        clock += 100
    assert timed.seconds == 6


def test_a_pace_says_how_many_times_as_fast_pytorch_was() -> None:
    pace = Pace(20.0, 0.05)
    assert str(pace) == "20.00 s number by number, 0.05 s in PyTorch: 400 times as fast"
    assert pace.figures() == {"values_seconds": 20.0, "pytorch_seconds": 0.05, "ratio": 400.0}


def test_the_pace_is_that_of_the_same_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[list[Step]] = []

    def watched(*arguments: Any) -> Iterator[Step]:
        taken.append(list(train_in_torch(*arguments)))
        return iter(taken[-1])

    monkeypatch.setattr("makemore.lectures.moons.train_in_torch", watched)
    moons = make_moons(20, seed=3)
    values = list(train(make_network(3), moons, 2, 5))
    pace = find_pace(1.0, moons, seed=3, steps=2, batch_size=5)
    assert [step.loss for step in taken[-1]] == pytest.approx([step.loss for step in values])
    assert pace.values == 1
    assert pace.pytorch > 0
