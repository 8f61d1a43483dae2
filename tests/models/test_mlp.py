"""The MLP against the lecture's formula."""

from typing import Literal

import pytest
import torch
from pydantic import ValidationError

from makemore.config import read_config
from makemore.corpus.splits import Corpus
from makemore.models.mlp import MLP
from makemore.models.settings import MLPSettings
from makemore.training.learner import Learner
from tests.helpers import Runner, random_documents, random_model


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
    """With unit inputs the preactivations have the spread of the gain, 5/3 (lecture 4)."""
    settings = MLPSettings(n_embd=64, n_hidden=2000, init="kaiming")
    model = MLP(27, settings)
    hidden = model.hidden(torch.randn(500, 3 * 64))
    assert hidden.std().item() == pytest.approx(5 / 3, rel=0.02)
    assert model.output.weight.std().item() == pytest.approx(0.01, rel=0.05)


def test_the_mlp_of_lecture_three_has_its_parameters() -> None:
    """12,297 there, with a bias of 200 that batch normalisation makes useless."""
    model = MLP(27, MLPSettings(norm="batch", init="kaiming"))
    assert model.n_parameters == 12_297 - 200


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_the_gradients_by_hand_are_autograd_s(norm: str) -> None:
    losses, gradients, buffers = [], [], []
    for way in ("autograd", "by-hand"):
        model = random_model("mlp", 5, norm=norm, gradients=way).double().train()
        loss = model.loss(model.reader.table(random_documents(5)))
        losses.append(loss)
        parameters = dict(model.named_parameters())
        found = torch.autograd.grad(2 * loss, list(parameters.values()))
        gradients.append(dict(zip(parameters, found, strict=True)))
        buffers.append(dict(model.named_buffers()))
    torch.testing.assert_close(*losses, atol=1e-12, rtol=0)
    torch.testing.assert_close(*gradients, atol=1e-10, rtol=0)
    torch.testing.assert_close(*buffers, atol=1e-12, rtol=0)


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_nothing_but_the_training_is_by_hand(norm: str) -> None:
    """The loss in evaluation is that of the running mean and variance, which stay as they are."""
    losses = []
    for way in ("autograd", "by-hand"):
        model = random_model("mlp", 5, norm=norm, gradients=way)
        before = {name: buffer.clone() for name, buffer in model.named_buffers()}
        losses.append(model.loss(model.reader.table(random_documents(5))))
        torch.testing.assert_close(dict(model.named_buffers()), before, atol=0, rtol=0)
    torch.testing.assert_close(*losses, atol=0, rtol=0)


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_a_training_by_hand_ends_where_autograd_s_ends(norm: str, corpus: Corpus) -> None:
    """By AdamW in float64. Muon makes more of a rounding with each step, up to 0.002 nats."""
    losses, weights = [], []
    for way in ("autograd", "by-hand"):
        settings = {"model": "mlp", "norm": norm, "gradients": way, "optimizer": "adamw"}
        config = read_config(None, {**settings, "batch_size": 64, "max_steps": 100})
        with Learner(config, corpus, torch.device("cpu")) as learner:
            learner.model.double()
            before = learner.validate()
            while not learner.progress.finished:
                learner.step()
            after = learner.validate()
        assert before is not None
        assert after is not None
        assert after.loss < before.loss - 0.5
        losses.append(after.loss)
        weights.append(learner.model.state_dict())
    assert losses[1] == pytest.approx(losses[0], abs=1e-12)
    torch.testing.assert_close(*weights, atol=1e-12, rtol=0)


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_a_norm_without_a_gradient_by_hand_is_refused_in_a_sentence(
    norm: Literal["layer", "rms"], run_makemore: Runner
) -> None:
    with pytest.raises(ValidationError, match=f"norm {norm} .* take none or batch"):
        MLPSettings(norm=norm, gradients="by-hand")
    result = run_makemore("train", "--model", "mlp", "--gradients", "by-hand", "--norm", norm)
    assert result.exit_code == 2
    assert "by hand: take none or batch" in result.stderr
