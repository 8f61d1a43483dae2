"""The MLP against the lecture's formula."""

import pytest
import torch

from makemore.models.mlp import MLP
from makemore.models.settings import MLPSettings
from tests.helpers import random_model


def test_the_mlp_is_the_lecture_s_formula() -> None:
    """Emb = C[X]; h = tanh(emb.view(-1, 30) @ W1 + b1); logits = h @ W2 + b2."""
    model = random_model("mlp", 27)
    assert isinstance(model, MLP)
    windows = torch.randint(27, (64, 3))
    c, w1, b1 = model.embedding.weight, model.hidden.weight.T, model.hidden.bias
    w2, b2 = model.output.weight.T, model.output.bias
    assert (c.shape, w1.shape, w2.shape) == ((27, 10), (30, 200), (200, 27))
    expected = torch.tanh(c[windows].view(-1, 30) @ w1 + b1) @ w2 + b2
    torch.testing.assert_close(model.predict(windows), expected)
    assert model.n_parameters == 27 * 10 + 30 * 200 + 200 + 200 * 27 + 27


def test_every_size_of_the_mlp_can_be_set() -> None:
    model = MLP(27, MLPSettings(block_size=5, n_embd=4, n_hidden=7))
    assert model.n_parameters == 27 * 4 + 20 * 7 + 7 + 7 * 27 + 27
    assert model.context_length == 5


def test_kaiming_weights_keep_the_spread_of_what_goes_into_the_tanh() -> None:
    """With unit inputs the preactivations have the spread of the gain, 5/3 (lecture 3)."""
    settings = MLPSettings(n_embd=64, n_hidden=2000, init="kaiming")
    model = MLP(27, settings)
    hidden = model.hidden(torch.randn(500, 3 * 64))
    assert hidden.std().item() == pytest.approx(5 / 3, rel=0.02)
    assert model.output.weight.std().item() == pytest.approx(0.01, rel=0.05)


def test_the_mlp_of_lecture_three_has_its_parameters() -> None:
    """12,297 there, with a bias of 200 that batch normalisation makes useless."""
    model = MLP(27, MLPSettings(norm="batch", init="kaiming"))
    assert model.n_parameters == 12_297 - 200
