"""What each layer sees: as its architecture says; and how a character moves the prediction."""

from typing import Any

import numpy as np
import pytest
import torch

from makemore.corpus.splits import Corpus
from makemore.maker import Maker
from makemore.models.mlp import MLP
from makemore.models.ngram import Ngram
from makemore.pictures.figure import render
from makemore.pictures.receptive_field import by_change, by_gradient, draw, find_field
from makemore.training.learner import Learner
from tests.helpers import random_model, small_config

V = 9


def make(corpus: Corpus, model: str, **settings: Any) -> Maker:
    learner = Learner(small_config(model, **settings), corpus, torch.device("cpu"))
    learner.begin()
    with torch.no_grad():
        for parameter in learner.model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return learner.maker


def test_each_layer_of_a_wavenet_sees_twice_as_many(corpus: Corpus) -> None:
    found = find_field(make(corpus, "wavenet", block_size=8), "annabel")
    assert [field.seen for field in found.fields] == [2, 4, 8]
    assert [field.strengths[-2:] != [0, 0] for field in found.fields] == [True] * 3
    assert (found.moved_by, found.characters, found.next) == ("gradient", [*".annabel"], ".")


@pytest.mark.parametrize(("model", "seen"), [("mlp", 3), ("rnn", 6), ("transformer", 6)])
def test_the_layers_of_others_see_their_whole_context(
    corpus: Corpus, model: str, seen: int
) -> None:
    found = find_field(make(corpus, model), "annab")
    assert {field.seen for field in found.fields} == {seen}
    assert len(found.moves) == seen


def test_a_gradient_is_that_of_the_formula() -> None:
    model = random_model("mlp", V, block_size=3)
    assert isinstance(model, MLP)
    tokens, target = torch.tensor([[1, 5, 2]]), 4
    found = by_gradient(model, tokens, target)
    assert found is not None
    moves, (field,) = found
    hidden = torch.tanh(model.hidden(model.embedding(tokens).flatten(1)))[0]
    of_inputs = (1 - hidden**2)[:, None] * model.hidden.weight  # (units, 3 n_embd)
    pulled = model.output(hidden).softmax(-1)
    pulled[target] -= 1
    of_loss = pulled @ model.output.weight @ of_inputs
    assert moves == pytest.approx(of_loss.unflatten(0, (3, -1)).norm(dim=-1).tolist(), rel=1e-4)
    expected = of_inputs.unflatten(1, (3, -1)).square().sum((0, 2)).sqrt()
    assert field.strengths == pytest.approx(expected.tolist(), rel=1e-4)


@pytest.mark.parametrize("name", ["ngram", "bigram", "mlp", "transformer"])
def test_a_change_is_the_mean_over_all_other_characters(name: str) -> None:
    model = random_model(name, V)
    length, target = model.context_length or 4, 3
    tokens = torch.arange(length)[None] % V

    @torch.no_grad()
    def loss(ids: torch.Tensor) -> float:
        return float(-model(ids)[0, -1].log_softmax(-1)[target])

    if model.context_length is not None:  # forward puts boundaries before, which are out of sight
        assert model.by_layers(tokens).dim() == 2
    expected = []
    for place in range(length):
        changes = []
        for other in range(1, V):
            changed = tokens.clone()
            changed[0, place] = other
            if other != tokens[0, place]:
                changes.append(abs(loss(changed) - loss(tokens)))
        expected.append(np.mean(changes))
    moves, _ = by_change(model, tokens, target)
    assert moves == pytest.approx(expected, rel=1e-3, abs=1e-5)


def test_the_shares_of_an_n_gram_mix_to_its_prediction(corpus: Corpus) -> None:
    maker = make(corpus, "ngram", order=4)
    model = maker.model
    assert isinstance(model, Ngram)
    found = find_field(maker, "anna")
    shares = [float(field.name.split()[-1].rstrip("%")) / 100 for field in found.fields]
    assert sum(shares) == pytest.approx(1, abs=3e-3)
    assert [field.seen for field in found.fields] == [0, 0, 1, 2, 3]
    # a shorter model knows nothing of the longest context, whose share is what it adds
    tokens = torch.tensor([[*maker.vocabulary.encode("nna")]])
    node = model.find(tokens)
    parent = model.keys[node] // model.vocab_size
    whole, shorter = model.rows(node)[0], model.rows(parent)[0]
    own = whole - (1 - shares[-1]) * shorter
    assert own.min() > -1e-3
    assert own.sum().item() == pytest.approx(shares[-1], abs=2e-3)


@pytest.mark.parametrize("model", ["bigram", "ngram", "mlp", "wavenet", "transformer"])
def test_it_is_drawn_with_a_bar_for_each_character(corpus: Corpus, model: str) -> None:
    found = find_field(make(corpus, model), "anna")
    render(lambda figure: draw(figure, found), "png")
