"""Units: saturated layers and dead units, whoever calls the nonlinearity."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.backprop.kernels import tanh
from makemore.checks.units import no_unit_is_stuck, stuck_units

X = torch.randn(500, 30, generator=torch.Generator().manual_seed(0))


class Layer(nn.Module):
    """One hidden layer, by a function."""

    def __init__(self, function: object, gain: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.linear = nn.Linear(30, 50)
        nn.init.normal_(self.linear.weight, std=gain / 30**0.5)
        nn.init.constant_(self.linear.bias, bias)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.linear(x))  # type: ignore[operator,no-any-return]


def stuck(model: nn.Module) -> dict[str, Tensor]:
    return stuck_units(model, lambda: model(X))


@pytest.mark.parametrize("function", [torch.tanh, tanh, nn.Tanh()])
def test_saturation_is_the_share_of_tanh_beyond_the_lecture_s_threshold(function: object) -> None:
    model = Layer(function, gain=3.0)
    (flat,) = stuck(model).values()
    expected = torch.tanh(F.linear(X, model.linear.weight, model.linear.bias)).abs() > 0.97
    assert (flat != expected).double().mean() < 1e-3
    verdict = no_unit_is_stuck(stuck(model))
    assert verdict.mark == "failed"
    assert "0 of 50 units are dead, and at most 4" in verdict.found
    assert no_unit_is_stuck(stuck(Layer(function, gain=5 / 3))).mark == "passed"


@pytest.mark.parametrize(
    ("function", "bias"),
    [(F.relu, -9.0), (torch.tanh, 9.0), (torch.sigmoid, -20.0), (F.gelu, -20.0), (F.silu, -20.0)],
)
def test_a_unit_that_no_example_moves_is_dead(function: object, bias: float) -> None:
    model = Layer(function)
    with torch.no_grad():
        model.linear.bias[7] = bias
    verdict = no_unit_is_stuck(stuck(model))
    assert verdict.mark == "failed"
    assert verdict.found.startswith("1 of 50 units are dead")


def test_a_relu_that_is_off_for_half_of_all_examples_is_not_saturated() -> None:
    assert no_unit_is_stuck(stuck(Layer(F.relu))).mark == "passed"
    assert no_unit_is_stuck(stuck(nn.Linear(30, 2))).mark == "not applicable"


def test_each_layer_is_judged_by_itself_under_its_name() -> None:
    model = nn.Sequential(nn.Linear(30, 50), nn.Tanh(), nn.Linear(50, 50), nn.Tanh())
    with torch.no_grad():
        model[2].get_parameter("weight").mul_(50)
    verdict = no_unit_is_stuck(stuck(model))
    assert verdict.mark == "failed"
    assert "(3 tanh)" in verdict.found
