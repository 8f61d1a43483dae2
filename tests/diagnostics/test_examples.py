"""The predictions that are looked at: real ones, and as many as asked for."""

from collections import Counter

import numpy as np
import pytest

from makemore.corpus.documents import Text
from makemore.corpus.predictions import BOUNDARY
from makemore.diagnostics.examples import Examples, pick_examples
from tests.helpers import Count, predictions_in, random_documents, random_model

V = 9


def spelled(examples: Examples) -> Count:
    found = [examples.prefix(index) for index in range(len(examples))]
    return Counter((tuple(context), target) for context, target in found)


@pytest.mark.parametrize("name", ["mlp", "wavenet", "ngram", "transformer", "rnn"])
def test_all_documents_give_every_prediction_as_often_as_it_comes(name: str) -> None:
    documents, model = random_documents(V), random_model(name, V)
    expected: Count = Counter()
    for tokens, position, target in predictions_in(documents):
        context = tokens[: position + 1]
        if model.context_length is not None:
            context = [BOUNDARY] * model.context_length + context
            context = context[-model.context_length :]
        expected[tuple(context), target] += 1
    assert spelled(pick_examples(model, documents)) == expected


@pytest.mark.parametrize("name", ["mlp", "transformer"])
def test_a_few_are_whole_documents_and_the_same_each_time(name: str) -> None:
    documents, model = random_documents(V), random_model(name, V)
    some = pick_examples(model, documents, 20)
    assert 20 <= len(some) < 20 + documents.longest
    assert spelled(some) == spelled(pick_examples(model, documents, 20))
    assert spelled(some) <= spelled(pick_examples(model, documents))


def test_a_text_gives_windows_of_its_own() -> None:
    text = Text(np.random.default_rng(0).integers(1, V, 200).astype(np.int32))
    whole = [BOUNDARY, *text.ids.tolist()]
    window, prefix = random_model("mlp", V), random_model("transformer", V, block_size=8)
    for context, target in spelled(pick_examples(window, text, 30)):
        assert any((*context, target) == tuple(whole[i : i + 4]) for i in range(198)) or (
            context[0] == BOUNDARY
        )
    examples = pick_examples(prefix, text, 30)
    assert (len(examples), examples.contexts.shape) == (32, (4, 8))
    for row, targets in zip(examples.contexts.tolist(), examples.targets.tolist(), strict=True):
        assert any([*row, targets[-1]] == whole[i : i + 9] for i in range(193))
