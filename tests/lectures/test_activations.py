"""Lecture 4, the deep net: what must hold for any list."""

import math

import pytest
import torch

from makemore.lectures.activations import deep_net, gains, products, with_batch_norm
from makemore.lectures.layers import forward_and_backward
from makemore.lectures.windows import Names, Windows, new_generator


@pytest.fixture(scope="module")
def data() -> Windows:
    names = Names.read()
    return names.windows(names.words[:500], 3)


def test_a_deep_net_has_the_lecture_s_number_of_parameters() -> None:
    for norm, wanted in ((False, 46_497), (True, 47_024)):
        net = deep_net(27, new_generator(), norm=norm)
        assert sum(parameter.numel() for parameter in net.parameters()) == wanted


def test_saturation_grows_with_the_gain_in_every_layer(data: Windows) -> None:
    found = {figure.name: figure.found for figure in gains(data, 27)}
    by_gain = [found[f"five layers, gain {gain}: % saturated"] for gain in ("0.5", "1", "5/3", "3")]
    for layer in range(5):
        shares = [shares[layer] for shares in by_gain if isinstance(shares, tuple)]
        assert shares == sorted(shares)
    assert by_gain[0] == (0,) * 5


def test_with_batch_norm_a_gain_changes_no_activation(data: Windows) -> None:
    batch = data.batch(32, new_generator(1))
    usual, small = (
        forward_and_backward(deep_net(27, new_generator(), gain, norm=True), batch)
        for gain in (5 / 3, 0.2)
    )
    for one, other in zip(usual.activations, small.activations, strict=True):
        assert torch.allclose(one, other, atol=1e-2)  # but for the epsilon beside the variance


def test_with_batch_norm_a_thousand_steps_learn(data: Windows) -> None:
    found = {figure.name: figure.found for figure in with_batch_norm(data, data, 27)}
    assert found["first loss"] == pytest.approx(math.log(27), abs=0.1)
    assert found["train loss"] == found["val loss"]
    assert float(str(found["train loss"])) < 2.5


def test_products_spread_by_the_root_of_their_length() -> None:
    alone, normal = products()
    assert isinstance(alone.found, tuple)
    assert isinstance(normal.found, tuple)
    assert alone.found[0] == pytest.approx(math.sqrt(1000), rel=0.05)
    assert normal.found[0] == pytest.approx(1)
