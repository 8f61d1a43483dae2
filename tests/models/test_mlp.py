"""The MLP against the lecture's formula."""

import math
from typing import Literal

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from makemore.config import read_config
from makemore.contexts.windows import window_table
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
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


def test_one_hidden_layer_has_the_weights_that_checkpoints_hold() -> None:
    """Under the names, and drawn in the order, of the time when there could be only one."""
    torch.manual_seed(4)
    model = MLP(27, MLPSettings(init="kaiming"))
    torch.manual_seed(4)
    embedding, hidden, output = nn.Embedding(27, 10), nn.Linear(30, 200), nn.Linear(200, 27)
    nn.init.normal_(hidden.weight, std=5 / 3 / math.sqrt(30))
    nn.init.normal_(hidden.bias, std=0.01)
    nn.init.normal_(output.weight, std=0.01)
    held = {
        "embedding.weight": embedding.weight,
        "hidden.weight": hidden.weight,
        "hidden.bias": hidden.bias,
        "output.weight": output.weight,
        "output.bias": torch.zeros(27),
    }
    assert model.state_dict().keys() == held.keys()
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, held[name])


def test_the_deep_mlp_is_a_plain_loop_over_its_layers() -> None:
    model = random_model("mlp", 27, n_layer=3, n_hidden=20)
    assert isinstance(model, MLP)
    windows = torch.randint(27, (64, 3))
    x = model.embedding.weight[windows].view(64, 30)
    deeper = [module for module in model.layers.modules() if isinstance(module, nn.Linear)]
    assert len(deeper) == 2
    for linear in (model.hidden, *deeper):
        x = torch.tanh(x @ linear.weight.T + linear.bias)
    expected = x @ model.output.weight.T + model.output.bias
    torch.testing.assert_close(model.predict(windows), expected)
    torch.testing.assert_close(model(windows)[:, -1], expected)


def test_the_deep_mlp_of_the_lecture_on_batchnorm_has_its_parameters() -> None:
    """46,497; and with BatchNorm 47,024, where the lecture normalises the logits too.

    Ours are not: they have a bias of 27, and not 27 scales and 27 shifts.
    """
    assert MLP(27, MLPSettings(n_layer=5, n_hidden=100)).n_parameters == 46_497
    normalised = MLP(27, MLPSettings(n_layer=5, n_hidden=100, norm="batch"))
    assert normalised.n_parameters == 47_024 - 27


@pytest.mark.parametrize(
    ("gain", "stds"),
    [
        (5 / 3, [0.75, 0.69, 0.67, 0.66, 0.66]),
        (1.0, [0.62, 0.48, 0.41, 0.35, 0.32]),
        (3.0, [0.85, 0.84, 0.84, 0.84, 0.84]),
        (0.5, [0.41, 0.20, 0.10, 0.05, 0.02]),
    ],
)
def test_the_gain_decides_how_activations_spread_from_layer_to_layer(
    gain: float, stds: list[float], names: Corpus
) -> None:
    """The standard deviations that the lecture on BatchNorm shows; its weights are another draw."""
    torch.manual_seed(2)
    settings = MLPSettings(n_layer=5, n_hidden=100, init="kaiming", gain=gain)
    model = MLP(27, settings)
    documents = Vocabulary(names.characters).encode_lines(names.val)
    table = window_table(documents.pieces(), 3, 27)
    x = torch.tanh(model.hidden(model.embedding(table.contexts).flatten(1)))
    found = [x.std().item()]
    for layer in model.layers:
        x = layer(x, None)
        found.append(x.std().item())
    assert found == pytest.approx(stds, abs=0.04)


def test_every_layer_of_a_deep_mlp_normalises_over_the_batch_that_a_table_stands_for() -> None:
    """In training, a table and the rows that it stands for have one loss."""
    documents = random_documents(5)
    model = random_model("mlp", 5, n_layer=3, norm="batch").train()
    assert isinstance(model, MLP)
    table = window_table(documents.pieces(), 3, 5)
    rows = table.rows.repeat_interleave(table.counts)
    targets = table.targets.repeat_interleave(table.counts)
    plain = nn.functional.cross_entropy(model.predict(table.contexts[rows]), targets)
    torch.testing.assert_close(model.loss(table), plain, atol=1e-5, rtol=0)


def test_several_layers_are_not_derived_by_hand() -> None:
    with pytest.raises(ValidationError, match="one hidden layer is derived by hand"):
        MLPSettings(n_layer=2, gradients="by-hand")
