"""Networks of values: the original's names, its random stream, and the lecture's training."""

import random

import pytest
import torch

from makemore.micrograd.engine import Value
from makemore.micrograd.nn import MLP, Activation, Layer, Module, Neuron

POINTS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
TARGETS = [1.0, -1.0, -1.0, 1.0]
"""The four examples of the lecture."""


def single(output: Value | list[Value]) -> Value:
    assert isinstance(output, Value)
    return output


def test_a_neuron_has_the_original_s_weights_and_output() -> None:
    random.seed(1337)
    neuron = Neuron(2)
    x = [Value(1.0), Value(-2.0)]
    y = neuron(x)
    y.backward()
    assert [p.data for p in neuron.parameters()] == [0.23550571390294128, 0.06653114721000164, 0.0]
    assert y.data == pytest.approx(0.102443419482938)
    assert [w.grad for w in neuron.w] == [1.0, -2.0]
    assert [xi.grad for xi in x] == [w.data for w in neuron.w]


def test_modules_are_shown_as_in_the_original() -> None:
    assert repr(Neuron(2)) == "ReLUNeuron(2)"
    assert repr(Neuron(3, nonlin=False)) == "LinearNeuron(3)"
    assert repr(Neuron(3, activation="tanh")) == "TanhNeuron(3)"
    assert repr(Layer(2, 2)) == "Layer of [ReLUNeuron(2), ReLUNeuron(2)]"
    expected = "MLP of [Layer of [ReLUNeuron(2)], Layer of [LinearNeuron(1)]]"
    assert repr(MLP(2, [1, 1])) == expected


def test_networks_have_the_lecture_s_numbers_of_parameters() -> None:
    assert len(MLP(3, [4, 4, 1]).parameters()) == 41
    assert len(MLP(2, [16, 16, 1]).parameters()) == 337
    assert Module().parameters() == []


def test_one_neuron_gives_a_value_and_several_a_list() -> None:
    assert isinstance(Layer(2, 1)([1.0, -2.0]), Value)
    several = Layer(2, 3)([1.0, -2.0])
    assert isinstance(several, list)
    assert len(several) == 3


def test_a_hidden_layer_may_have_one_neuron() -> None:
    assert isinstance(MLP(2, [1, 1, 3, 1])([1.0, 2.0]), Value)


def test_too_few_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Neuron(3)([1.0, 2.0])


def test_the_last_layer_is_linear() -> None:
    first, last = MLP(2, [3, 1], "tanh").layers
    assert [neuron.nonlin for neuron in first.neurons] == [True] * 3
    assert [neuron.nonlin for neuron in last.neurons] == [False]


def test_zero_grad_forgets() -> None:
    network = MLP(2, [2, 1])
    single(network([1.0, 2.0])).backward()
    assert any(p.grad for p in network.parameters())
    network.zero_grad()
    assert not any(p.grad for p in network.parameters())


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_network_has_pytorch_s_output_and_gradients(activation: Activation) -> None:
    random.seed(3)
    network = MLP(3, [5, 4, 1], activation)
    out = single(network([0.5, -1.0, 2.0]))
    out.backward()
    weights = [
        torch.tensor([[p.data for p in n.parameters()] for n in layer.neurons], dtype=torch.float64)
        for layer in network.layers
    ]
    bend = getattr(torch, activation)
    x = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    for place, weight in enumerate(weights):
        x = weight.requires_grad_()[:, :-1] @ x + weight[:, -1]
        x = bend(x) if place < 2 else x
    assert out.data == pytest.approx(x.item(), rel=1e-12)
    gradients = torch.cat([g.flatten() for g in torch.autograd.grad(x.sum(), weights)])
    assert [p.grad for p in network.parameters()] == pytest.approx(gradients.tolist(), rel=1e-12)


def lecture_losses(rate: float, *, zero_grad: bool = True) -> list[float]:
    """Train the lecture's network for 20 steps.

    Unlike the package's it bends its last layer too, and draws its biases as it draws its weights.
    """
    network = MLP(3, [4, 4, 1], "tanh")
    network.layers[-1].neurons[0].nonlin = True
    random.seed(1337)
    for parameter in network.parameters():
        parameter.data = random.uniform(-1, 1)
    losses = []
    for _ in range(20):
        errors = [single(network(x)) - y for x, y in zip(POINTS, TARGETS, strict=True)]
        loss = sum((error**2 for error in errors), Value(0.0))
        if zero_grad:
            network.zero_grad()
        loss.backward()
        for parameter in network.parameters():
            parameter.data -= rate * parameter.grad
        losses.append(loss.data)
    return losses


def test_the_lecture_s_training_has_its_losses() -> None:
    losses = lecture_losses(0.1)
    assert [losses[0], losses[5]] == pytest.approx([6.005403, 0.700098], abs=1e-6)
    assert losses[19] == pytest.approx(0.01778187, abs=1e-8)
    losses = lecture_losses(0.05)
    assert [losses[5], losses[19]] == pytest.approx([2.273234, 0.05964202], abs=1e-6)


def test_where_zero_grad_is_forgotten_the_loss_goes_up_again() -> None:
    losses = lecture_losses(0.05, zero_grad=False)
    assert [losses[5], losses[19]] == pytest.approx([0.326223, 3.97519509], abs=1e-6)
