"""Lecture 4, one hidden layer: what holds for any list, and what is said of makemore's own MLP."""

import math

import pytest
import torch

from makemore.lectures.saturation import all_weights_zero, one_hidden_layer
from makemore.lectures.windows import Names, Windows
from makemore.models import build_model
from makemore.models.mlp import MLP
from makemore.models.settings import MLPSettings


@pytest.fixture(scope="module")
def data() -> Windows:
    names = Names.read()
    return names.windows(names.words[:500], 3)


def test_small_outputs_start_at_ln_v_and_large_ones_far_above(data: Windows) -> None:
    found = {figure.name: figure.found for figure in one_hidden_layer(data, 27)}
    assert found["first loss, output weights times 0.01, no bias"] == pytest.approx(
        math.log(27), abs=0.1
    )
    assert float(str(found["first loss, all weights of std 1"])) > 15


def test_all_weights_zero_learn_the_last_bias_alone(data: Windows) -> None:
    learning, floor = all_weights_zero(data, 27)
    assert learning.found == 1
    p = torch.bincount(data.targets).double() / len(data)
    assert floor.found == pytest.approx(float(-(p * p.log())[p > 0].sum()))


def test_our_mlp_starts_at_ln_v_with_hardly_a_saturated_unit(data: Windows) -> None:
    model = build_model("mlp", MLPSettings(), 27)
    assert isinstance(model, MLP)
    hidden = torch.tanh(model.hidden(model.embedding(data.contexts).flatten(1)))
    assert (hidden.abs() > 0.99).double().mean() < 1e-3
    loss = torch.nn.functional.cross_entropy(model.predict(data.contexts), data.targets)
    assert loss.item() == pytest.approx(math.log(27), abs=0.01)
