"""A batch forward and backward: the values and gradients that PyTorch and formulas give."""

import pytest
import torch
from torch import Tensor, nn

from makemore.diagnostics.examples import Examples, pick_examples
from makemore.diagnostics.insides import look_inside
from makemore.models.base import Model
from makemore.models.custom import Custom
from makemore.models.mlp import MLP
from tests.helpers import random_documents, random_model

V = 9
DOCUMENTS = random_documents(V)


def batch_of(model: Model) -> Examples:
    return pick_examples(model, DOCUMENTS)


@pytest.mark.parametrize("name", ["mlp", "wavenet", "transformer", "rnn", "lstm", "gru", "bow"])
def test_gradients_of_weights_are_those_of_training(name: str) -> None:
    model = random_model(name, V)
    insides = look_inside(model, batch_of(model))
    loss = model.train().loss(model.reader.table(DOCUMENTS))
    matrices = {n: p for n, p in model.named_parameters() if p.dim() > 1}
    slopes = torch.autograd.grad(loss, list(matrices.values()))
    assert insides.loss == pytest.approx(loss.item(), rel=1e-4)
    assert [weight.name for weight in insides.weights] == list(matrices)
    for weight, slope in zip(insides.weights, slopes, strict=True):
        torch.testing.assert_close(weight.gradient, slope, rtol=1e-3, atol=1e-5)
        expected = slope.std() / matrices[weight.name].std()
        assert weight.ratio == pytest.approx(expected.item(), rel=1e-3)


def test_an_mlp_s_layer_has_the_gradient_of_the_formula() -> None:
    model = random_model("mlp", V)
    assert isinstance(model, MLP)
    examples = batch_of(model)
    (layer,) = look_inside(model, examples).layers
    hidden = torch.tanh(model.hidden(model.embedding(examples.contexts).flatten(1)))
    pulled = model.output(hidden).softmax(-1)
    pulled[torch.arange(len(examples)), examples.targets] -= 1
    torch.testing.assert_close(layer.after, hidden)
    expected = pulled @ model.output.weight / len(examples)
    torch.testing.assert_close(layer.gradients, expected, rtol=1e-4, atol=1e-7)
    assert (layer.name, layer.kind) == ("norm tanh", "tanh")


def test_a_recurrent_layer_has_a_row_for_each_prediction_and_none_for_padding() -> None:
    model = random_model("rnn", V)
    examples = batch_of(model)
    (layer,) = look_inside(model, examples).layers
    state, rows = torch.zeros(len(examples.contexts), layer.after.shape[1]), []
    for place in range(examples.contexts.shape[1]):
        read = model.get_submodule("from_input")(
            model.get_submodule("wte")(examples.contexts[:, place])
        )
        state = torch.tanh(read + model.get_submodule("from_state")(state))
        rows.append(state)
    expected = torch.stack(rows, dim=1)[examples.predicted]
    assert len(layer.after) == len(examples) == DOCUMENTS.predictions
    torch.testing.assert_close(layer.after, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("lstm", "sigmoid sigmoid sigmoid tanh tanh"), ("gru", "sigmoid sigmoid tanh")],
)
def test_each_gate_is_a_layer(name: str, kinds: str) -> None:
    model = random_model(name, V)
    layers = look_inside(model, batch_of(model)).layers
    assert [layer.kind for layer in layers] == kinds.split()
    assert {layer.after.shape[0] for layer in layers} == {DOCUMENTS.predictions}
    assert len({layer.name for layer in layers}) == len(layers)


def test_the_model_is_left_as_it_was() -> None:
    model = random_model("wavenet", V, norm="batch")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    look_inside(model, batch_of(model))
    assert not model.training
    assert all(torch.equal(before[n], tensor) for n, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


class Own(nn.Module):
    """A user's own model, one of whose units is dead."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(V, 6)
        self.out = nn.Linear(6, V)
        with torch.no_grad():
            self.table.weight[:, 4] = -50.0

    def forward(self, tokens: Tensor) -> Tensor:
        logits: Tensor = self.out(torch.relu(self.table(tokens)))
        return logits


def test_a_user_s_own_model_has_its_names_and_its_dead_unit() -> None:
    insides = look_inside(Custom(V, Own()), batch_of(random_model("transformer", V)))
    (layer,) = insides.layers
    assert (layer.name, layer.dead_units) == ("table relu", [4])
    assert layer.after.shape == (DOCUMENTS.predictions, 6)
    assert [weight.name for weight in insides.weights] == ["table.weight", "out.weight"]
