"""A word's attention: the weights of the formula, and the model's own predictions."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.maker import Maker
from makemore.models.transformer import Block, Transformer
from makemore.pictures.attention import draw, find_attention
from makemore.pictures.figure import render
from makemore.training.learner import Learner
from tests.helpers import small_config


def make(corpus: Corpus, model: str = "transformer", **settings: Any) -> Maker:
    learner = Learner(small_config(model, **settings), corpus, torch.device("cpu"))
    learner.begin()
    with torch.no_grad():
        for parameter in learner.model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return learner.maker


@pytest.mark.parametrize("settings", [{}, {"positions": "rotary", "qk_norm": True}])
def test_maps_are_the_softmax_of_queries_and_keys(corpus: Corpus, settings: dict[str, Any]) -> None:
    maker = make(corpus, **settings)
    model = maker.model
    assert isinstance(model, Transformer)
    found = find_attention(maker, "anna")
    tokens = torch.tensor([[0, *maker.vocabulary.encode("anna")]])
    placed: list[Tensor] = []

    def keep(place: Callable[[Tensor, Tensor], Tensor], qkv: Tensor, positions: Tensor) -> Tensor:
        placed.append(place(qkv, positions))
        return placed[-1]

    for block in model.blocks:
        assert isinstance(block, Block)
        block.place = partial(keep, block.place)  # type: ignore[method-assign]
    model.eval()(tokens)
    width, maps = model.n_embd // model.n_head, iter(found.maps)
    for layer, qkv in enumerate(placed, start=1):
        for head in range(model.n_head):
            start = head * width
            q = qkv[0, :, start : start + width]
            k = qkv[0, :, model.n_embd + start : model.n_embd + start + width]
            one = next(maps)
            assert (one.layer, one.head) == (layer, head + 1)
            for row in range(5):
                scores = torch.stack([q[row] @ k[seen] for seen in range(row + 1)])
                expected = torch.zeros(5)
                expected[: row + 1] = (scores / math.sqrt(width)).softmax(0)
                torch.testing.assert_close(one.weights[row], expected, rtol=1e-4, atol=1e-6)
    assert next(maps, None) is None


def test_each_place_predicts_what_the_model_predicts(corpus: Corpus) -> None:
    maker = make(corpus)
    found = find_attention(maker, "ann")
    assert (found.characters, found.following) == ([*".ann"], [*"ann."])
    state, shown = None, [".", *maker.vocabulary.characters]
    maker.model.eval()
    for token, options in zip([0, *maker.vocabulary.encode("ann")], found.predicted, strict=True):
        logits, state = maker.model.step(torch.tensor([token]), state)
        most = logits[0].softmax(-1).sort(descending=True)
        assert [c for c, _ in options] == [shown[i] for i in most.indices[:3].tolist()]
        assert [p for _, p in options] == pytest.approx(most.values[:3].tolist(), rel=1e-4)
    render(lambda figure: draw(figure, found), "svg")


@pytest.mark.parametrize("model", ["mlp", "bow", "lstm", "ngram"])
def test_a_model_without_attention_is_told(corpus: Corpus, model: str) -> None:
    with pytest.raises(UserError, match=f"{model} has no attention"):
        find_attention(make(corpus, model), "anna")


def test_a_word_that_is_too_long_is_told(corpus: Corpus) -> None:
    with pytest.raises(UserError, match="sees 5 characters at once, and --word has 8"):
        find_attention(make(corpus, block_size=6), "annaanna")
