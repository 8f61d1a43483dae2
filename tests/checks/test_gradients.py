"""Steps: mistake 3, mistake 5, parameters that learn nothing, steps of a wrong size."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.checks.gradients import (
    Gradients,
    every_parameter_learns,
    gradients_are_of_one_step,
    no_bias_is_subtracted,
    strangers,
    updates_have_a_good_size,
)

X = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
Y = torch.arange(64) % 3


def gradients_of(model: nn.Module, y: Tensor = Y) -> Gradients:
    return gradients_of_loss(F.cross_entropy(model(X), y), model)


def gradients_of_loss(loss: Tensor, model: nn.Module) -> Gradients:
    parameters = dict(model.named_parameters())
    slopes = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return dict(zip(parameters, slopes, strict=True))


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


@pytest.mark.parametrize("zeroed", [True, False])
def test_a_loop_without_zero_grad_is_found(zeroed: bool) -> None:
    model = nn.Linear(4, 3)

    def gradient() -> Tensor:
        if zeroed:
            model.zero_grad()
        F.cross_entropy(model(X), Y).backward()
        return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])

    verdict = gradients_are_of_one_step(gradient)
    assert verdict.mark == ("passed" if zeroed else "failed")
    assert ("2.00 times as much" in verdict.found) is not zeroed


class Unused(nn.Module):
    """Has a layer that its forward forgets."""

    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Linear(4, 3)
        self.forgotten = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.used(x)  # type: ignore[no-any-return]


class Cut(nn.Module):
    """Detaches what comes out of its first layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.last = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.relu(self.first(x).detach()))  # type: ignore[no-any-return]


def test_layers_in_a_list_are_strangers_and_a_shared_weight_is_none() -> None:
    first, last = nn.Linear(4, 4), nn.Linear(4, 3)
    loss = F.cross_entropy(last(first(torch.tanh(first(X)))), Y)
    found = strangers(loss, list(last.parameters()))
    assert {id(tensor) for tensor in found} == {id(first.weight), id(first.bias)}
    assert strangers(loss, [*first.parameters(), *last.parameters()]) == []
    weights = weights_of(last)
    after = {name: weight - 0.1 for name, weight in weights.items()}
    verdict = every_parameter_learns(gradients_of_loss(loss, last), weights, after, found)
    assert verdict.found.startswith("2 tensors would learn, but are no parameters of the model")


def test_a_gradient_of_0_is_told_from_none() -> None:
    last = nn.Linear(4, 3)
    nn.init.zeros_(last.weight)
    model = nn.Sequential(nn.Linear(4, 4), last)
    weights = weights_of(model)
    after = {name: weight - 0.1 for name, weight in weights.items()}
    verdict = every_parameter_learns(gradients_of(model), weights, after)
    assert verdict.found == "2 of 4 parameters get a gradient of 0: 0.weight, 0.bias."


@pytest.mark.parametrize(("model", "name"), [(Unused(), "forgotten"), (Cut(), "first")])
def test_a_parameter_without_a_gradient_is_found(model: nn.Module, name: str) -> None:
    before = weights_of(model)
    after = {name: weight - 0.1 for name, weight in before.items()}  # decay moves all
    verdict = every_parameter_learns(gradients_of(model), before, after)
    assert verdict.mark == "failed"
    assert verdict.found == f"2 of 4 parameters get no gradient: {name}.weight, {name}.bias."


def test_a_parameter_that_the_optimizer_lacks_is_found() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3))
    optimizer = torch.optim.SGD(model[2].parameters(), lr=0.1)
    before = weights_of(model)
    F.cross_entropy(model(X), Y).backward()
    optimizer.step()
    verdict = every_parameter_learns(gradients_of(model), before, weights_of(model))
    assert verdict.mark == "failed"
    assert "never change: 0.weight, 0.bias" in verdict.found
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.step()
    verdict = every_parameter_learns(gradients_of(model), before, weights_of(model))
    assert verdict.mark == "passed"


@pytest.mark.parametrize(
    ("norm", "mark"), [(nn.BatchNorm1d(8), "failed"), (nn.LayerNorm(8), "passed")]
)
def test_a_bias_before_batch_norm_is_found(norm: nn.Module, mark: str) -> None:
    model = nn.Sequential(nn.Linear(4, 8), norm, nn.Tanh(), nn.Linear(8, 3))
    verdict = no_bias_is_subtracted(gradients_of(model))
    assert verdict.mark == mark
    if mark == "failed":
        assert verdict.found.startswith("0.bias changes nothing")
        model[0] = nn.Linear(4, 8, bias=False)
        assert no_bias_is_subtracted(gradients_of(model)).mark == "passed"


def test_a_model_without_layers_has_no_bias_to_subtract() -> None:
    assert no_bias_is_subtracted({"weight": torch.ones(3, 3)}).mark == "passed"


@pytest.mark.parametrize(
    ("learning_rate", "steps", "mark"),
    [
        (0.001, 200_000, "passed"),
        (0.03, 1500, "passed"),
        (1.0, 1500, "failed"),
        (1e-6, 1500, "failed"),
        (float("nan"), 10, "failed"),
    ],
)
def test_updates_are_judged_by_their_share_of_the_weights(
    learning_rate: float, steps: int, mark: str
) -> None:
    start = {"w": torch.randn(100, 100), "bias": torch.zeros(3)}
    after = {"w": start["w"] + learning_rate * torch.randn(100, 100), "bias": torch.ones(3)}
    verdict = updates_have_a_good_size(start, start, after, learning_rate, steps)
    assert verdict.mark == mark
    if learning_rate == 0.03:
        assert "by 0.03 of their spread" in verdict.found


def test_weights_that_have_grown_hide_no_large_step() -> None:
    start = {"w": torch.randn(50, 50)}
    before = {"w": start["w"] * 100}
    after = {"w": before["w"] + torch.randn(50, 50)}
    assert updates_have_a_good_size(start, before, after, 1.0, 1500).mark == "failed"
    assert updates_have_a_good_size({}, {}, {}, 1.0, 1500).mark == "not applicable"
    still = {"w": torch.zeros(50, 50)}
    assert updates_have_a_good_size(still, still, still, 1.0, 1500).mark == "not applicable"
