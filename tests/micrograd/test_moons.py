"""The original's demonstration, to its digits."""

import numpy as np
import pytest

from makemore.micrograd.engine import Value
from makemore.micrograd.moons import make_moons, make_network, measure, train

LOSSES = {
    0: 0.8958441028683222,
    1: 1.7235905336972022,
    2: 0.7429006313851131,
    3: 0.7705641260584198,
    4: 0.3692793385976538,
    9: 0.2704862551637922,
    19: 0.1845374874688392,
    22: 0.11733695088756485,
    28: 0.0958658,
    50: 0.0987511,
    57: 0.018987,
    99: 0.010978370135492717,
}
"""By step: those that the original's notebook shows, or that its code gives when run again."""
ACCURACIES = {0: 0.5, 1: 0.81, 2: 0.77, 3: 0.82, 4: 0.84, 9: 0.91, 19: 0.93, 22: 0.97, 50: 0.96}


def test_the_moons_are_the_original_s() -> None:
    moons = make_moons()
    assert sorted(moons.labels) == [-1] * 50 + [1] * 50
    (left, below), (right, above) = (np.array(moons.points).min(0), np.array(moons.points).max(0))
    assert [left, right] == pytest.approx([-1.0222, 2.1621], abs=1e-4)
    assert [below, above] == pytest.approx([-0.5486, 1.1194], abs=1e-4)


def test_without_noise_the_moons_are_half_circles() -> None:
    moons = make_moons(31, noise=0)
    assert moons.labels.count(-1) == 15
    for (x, y), label in zip(moons.points, moons.labels, strict=True):
        middle = (0, 0) if label < 0 else (1, 0.5)
        assert np.hypot(x - middle[0], y - middle[1]) == pytest.approx(1)


def test_another_seed_makes_other_moons() -> None:
    assert make_moons(seed=1) == make_moons(seed=1) != make_moons(seed=2)


def test_the_first_steps_have_the_original_s_losses() -> None:
    for step in train(make_network(), make_moons(), steps=100):
        if step.step in LOSSES:
            assert step.loss == pytest.approx(LOSSES[step.step], rel=1e-12)
            assert step.accuracy == ACCURACIES[step.step]
        if step.step == 4:
            break


def test_the_loss_is_that_of_a_plain_loop_over_the_points() -> None:
    moons, network = make_moons(20), make_network(3)
    loss, accuracy = measure(network, moons)
    cost, right = 0.0, 0
    for point, label in zip(moons.points, moons.labels, strict=True):
        out = network(point)
        assert isinstance(out, Value)
        cost += max(0.0, 1 - label * out.data) / 20
        right += (out.data > 0) == (label > 0)
    assert loss.data == pytest.approx(cost + 1e-4 * sum(p.data**2 for p in network.parameters()))
    assert accuracy == right / 20


def test_batches_are_drawn_again_with_the_same_seed() -> None:
    moons = make_moons()
    first, again = (list(train(make_network(7), moons, 3, batch_size=10)) for _ in range(2))
    assert first == again
    assert first != list(train(make_network(7), moons, 3))
    assert all(round(step.accuracy * 10) == pytest.approx(step.accuracy * 10) for step in first)


def test_a_batch_of_more_than_all_is_all() -> None:
    moons = make_moons(12)
    (step,) = train(make_network(), moons, 1, batch_size=500)
    (whole,) = train(make_network(), moons, 1)
    assert step.loss == pytest.approx(whole.loss)


@pytest.mark.filterwarnings("ignore")
def test_the_original_s_notebook_runs_with_the_import_changed() -> None:
    """It hands numpy's numbers to `Value`, and multiplies by them from the left."""
    moons, model = make_moons(), make_network()
    x, y = np.array(moons.points), np.array(moons.labels)
    scores = [model([Value(coordinate) for coordinate in row]) for row in x]
    losses = [(1 + -label * score).relu() for label, score in zip(y, scores, strict=True)]
    total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
    assert total.data == pytest.approx(LOSSES[0])
