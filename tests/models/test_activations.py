"""Activations are seen wherever a nonlinearity is called, and named by its own name."""

import pytest
import torch
from torch import Tensor, nn

from makemore.backprop import kernels
from makemore.models.activations import watch


class Twice(nn.Module):
    """A linear layer, the project's tanh behind it, and a ReLU in place."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 6)

    def forward(self, x: Tensor) -> Tensor:
        return kernels.tanh(self.linear(x)).relu_().mul_(3)


@pytest.mark.parametrize("fast", [True, False])
def test_each_has_its_own_name_inputs_and_results(
    fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "OWN_TANH_IS_FAST", fast)
    model, x = Twice(), torch.randn(5, 2, 4)
    tanh, relu = watch(model, lambda: model(x))
    assert (tanh.name, tanh.kind, relu.name) == ("linear tanh", "tanh", "linear relu")
    before = model.linear(x).flatten(0, 1)
    assert torch.equal(tanh.before, before)
    torch.testing.assert_close(tanh.after, before.tanh())
    assert torch.equal(relu.before, tanh.after)
    assert torch.equal(relu.after, relu.before.clamp(min=0))
    assert relu.dead == (before <= 0).all(0).double().mean().item()
    assert tanh.saturated == (before.tanh().abs() > 0.97).double().mean().item()
    made = model(x)  # afterwards the fast way is taken again
    assert made.requires_grad
