"""The witness: what PyTorch computes with arrays, micrograd's Values compute number by number.

Nothing is shared but the weights, and in float64 losses and gradients are the same to 1e-9.
"""

from typing import Any

import pytest
import torch
from torch import Tensor

from makemore.corpus.vocabulary import Vocabulary
from makemore.diagnostics.in_values import InValues, cross_entropy, in_values
from makemore.micrograd.engine import Value
from makemore.models.base import Model
from tests.helpers import random_model

NAMES = ["emma", "olivia", "ava", "isabella", "sophia"]
VOCABULARY = Vocabulary("".join(sorted(set("".join(NAMES)))))
SETTINGS: dict[str, dict[str, Any]] = {
    "bigram": {"fit": "gradient", "smoothing": 0.0},
    "mlp": {"block_size": 3, "n_embd": 4, "n_hidden": 6},
}
CLOSE = 1e-9


def model_of(name: str) -> Model:
    model = random_model(name, len(VOCABULARY), **SETTINGS[name])
    documents = VOCABULARY.encode_lines(NAMES)
    model.prepare(documents, documents)
    return model.double()


def mean_loss(witness: InValues, model: Model) -> Value:
    """Average over every prediction of the names, one after another, as no table does."""
    examples = model.reader.contexts(VOCABULARY.encode_lines(NAMES))
    losses = [cross_entropy(witness.run(ids).logits, target) for ids, target in examples]
    return sum(losses[1:], start=losses[0]) / len(losses)


def found_by(witness: InValues, name: str, shape: torch.Size) -> Tensor:
    rows = [[value.grad for value in row] for row in witness.weights[name]]
    return torch.tensor(rows, dtype=torch.float64).view(shape)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_loss_and_every_gradient_are_those_of_values(name: str) -> None:
    model = model_of(name)
    witness = in_values(model)
    assert witness is not None
    loss = mean_loss(witness, model)
    loss.backward()
    of_model = model.loss(model.reader.table(VOCABULARY.encode_lines(NAMES)))
    of_model.backward()
    assert of_model.item() == pytest.approx(loss.data, rel=0, abs=CLOSE)
    parameters = dict(model.named_parameters())
    assert witness.weights.keys() == parameters.keys()
    for place, parameter in parameters.items():
        assert parameter.grad is not None
        found = found_by(witness, place, parameter.shape)
        assert found.abs().max() > 1e-3, "a gradient of 0 would prove nothing"
        torch.testing.assert_close(parameter.grad, found, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_step_against_the_gradient_that_values_find_lowers_the_model_s_loss(name: str) -> None:
    model = model_of(name)
    witness = in_values(model)
    assert witness is not None
    mean_loss(witness, model).backward()
    table = model.reader.table(VOCABULARY.encode_lines(NAMES))
    with torch.no_grad():
        before = model.loss(table)
        slope = 0.0
        for place, parameter in model.named_parameters():
            gradient = found_by(witness, place, parameter.shape)
            parameter.sub_(1e-4 * gradient)
            slope += gradient.square().sum().item()
        fell = (before - model.loss(table)).item()
    assert fell == pytest.approx(1e-4 * slope, rel=0.01), "to first order, by the slope"


@pytest.mark.parametrize("name", SETTINGS)
def test_the_drawn_graph_has_the_loss_and_the_gradients_of_the_whole(name: str) -> None:
    model = model_of(name)
    whole, drawn = in_values(model), in_values(model)
    assert whole is not None
    assert drawn is not None
    ids = VOCABULARY.encode("emm")[-(model.context_length or 0) :]
    target = VOCABULARY.encode("a")[0]
    loss, picture = cross_entropy(whole.run(ids).logits, target), drawn.draw(ids, target)
    loss.backward()
    picture.backward()
    assert picture.data == pytest.approx(loss.data, abs=1e-12)
    left_out = 0
    for place, rows in whole.weights.items():
        for row, others in zip(rows, drawn.weights[place], strict=True):
            for one, other in zip(row, others, strict=True):
                if other.grad == 0:  # of a character that the picture does not show
                    left_out += one.grad != 0
                    assert place.startswith("output") or one.grad == 0
                else:
                    assert other.grad == pytest.approx(one.grad, abs=1e-12)
    unshown = len(VOCABULARY) - 3
    assert left_out == {"bigram": 0, "mlp": unshown * (6 + 1)}[name]


def test_what_has_no_form_in_values_has_no_witness() -> None:
    assert in_values(random_model("mlp", 5, norm="batch")) is None
    assert in_values(random_model("rnn", 5)) is None
    assert in_values(random_model("mlp", 27, n_hidden=4000)) is None, "too many weights"
