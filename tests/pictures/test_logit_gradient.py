"""Softmax minus one-hot: the gradient that autograd finds."""

import pytest
import torch
from matplotlib.figure import Figure

from makemore.corpus.splits import Corpus
from makemore.diagnostics.examples import pick_examples
from makemore.pictures.logit_gradient import BATCH_SIZE, draw, find, logit_gradients
from makemore.pictures.request import Request
from makemore.training.learner import Learner
from tests.helpers import random_documents, random_model, small_config


@pytest.mark.parametrize("name", ["mlp", "transformer", "ngram", "bigram"])
def test_it_is_the_gradient_of_the_summed_loss(name: str) -> None:
    model = random_model(name, 9)
    examples = pick_examples(model, random_documents(9))
    found = logit_gradients(model, examples)
    logits = model.by_layers(examples.contexts).detach().double().requires_grad_()
    (examples.loss(logits) * len(examples)).backward()
    assert logits.grad is not None
    torch.testing.assert_close(found, logits.grad[examples.predicted])


def test_a_row_pulls_up_what_comes_next_and_sums_to_nothing(corpus: Corpus) -> None:
    found = find(Request([Learner(small_config("mlp"), corpus, torch.device("cpu")).maker]))
    assert found.gradients.shape == (BATCH_SIZE, len(found.characters))
    assert found.gradients.sum(1).abs().max() < 1e-6
    pulled = [found.characters[i] for i in found.gradients.argmin(1).tolist()]
    assert pulled == found.following
    figure = Figure()
    draw(figure, found)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels[0] == f"{found.contexts[0]} → {found.following[0]}"
