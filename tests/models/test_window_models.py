"""The models of a window, each against an independent truth."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.contexts.windows import window_table
from makemore.corpus.documents import BOUNDARY
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.bigram import Bigram, best_smoothing
from makemore.models.mlp import MLP
from makemore.models.normalization import BatchNorm
from makemore.models.settings import BigramSettings, MLPSettings, WaveNetSettings
from makemore.models.wavenet import Fuse, WaveNet
from makemore.models.window import WindowModel
from tests.helpers import random_documents, random_model

# bigram


def pair_counts(documents: Sequence[str], vocabulary: Vocabulary) -> Tensor:
    counts = torch.zeros(len(vocabulary), len(vocabulary), dtype=torch.float64)
    for document in documents:
        ids = [BOUNDARY, *vocabulary.encode(document), BOUNDARY]
        for one, other in pairwise(ids):
            counts[one, other] += 1
    return counts


def fit_bigram(train: list[str], val: list[str], **settings: Any) -> Bigram:
    vocabulary = Vocabulary("".join(sorted(set("".join(train + val)))))
    model = Bigram(len(vocabulary), BigramSettings(**settings))
    model.prepare(vocabulary.encode_lines(train), vocabulary.encode_lines(val))
    return model


@pytest.mark.parametrize("k", [0.0, 0.5, 3.0])
def test_a_counted_bigram_is_the_smoothed_count_matrix(names: Corpus, k: float) -> None:
    model = fit_bigram(names.train, names.val, smoothing=k)
    raised = pair_counts(names.train, Vocabulary(names.characters)) + k
    expected = raised / raised.sum(1, keepdim=True)
    torch.testing.assert_close(model.logits.exp().double(), expected, atol=1e-6, rtol=1e-6)


def test_smoothing_is_the_best_on_validation(names: Corpus) -> None:
    vocabulary = Vocabulary(names.characters)
    train, val = (pair_counts(part, vocabulary) for part in (names.train, names.val))

    def loss(k: float) -> float:
        raised = train + k
        return -(val * (raised / raised.sum(1, keepdim=True)).log()).sum().item()

    k = best_smoothing(train, val)
    assert all(loss(k) <= loss(other) for other in [k * 0.98, k * 1.02, k / 10, k * 10, 1e-4])
    assert fit_bigram(names.train, names.val).report() == {"smoothing": pytest.approx(k)}
    assert fit_bigram(names.train, []).report() == {"smoothing": 1.0}


def test_a_character_never_seen_in_training_is_followed_by_anything(names: Corpus) -> None:
    model = fit_bigram(["ab"], ["c"], smoothing=0.0)
    torch.testing.assert_close(model.logits.exp()[3], torch.full((4,), 0.25))


def test_the_gradient_s_optimum_is_the_counted_one(names: Corpus) -> None:
    """At the counted matrix the gradient of the objective vanishes: it is where descent ends."""
    counted = fit_bigram(names.train, names.val)
    descended = fit_bigram(names.train, names.val, fit="gradient")
    table = descended.reader.table(Vocabulary(names.characters).encode_lines(names.train))
    (at_first,) = torch.autograd.grad(descended.loss(table), descended.logits)
    assert at_first.abs().max() > 1e-3
    with torch.no_grad():
        descended.logits.copy_(counted.logits)
    (at_last,) = torch.autograd.grad(descended.loss(table), descended.logits)
    assert at_last.abs().max() < 1e-6


# batch normalisation


@pytest.mark.parametrize("training", [True, False])
def test_batch_normalisation_is_pytorch_s_over_the_rows_it_stands_for(training: bool) -> None:
    ours, theirs = BatchNorm(6), nn.BatchNorm1d(6)
    with torch.no_grad():
        for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            other.copy_(one.copy_(torch.randn(6)))
    x = torch.randn(9, 6, requires_grad=True)
    counts = torch.tensor([1, 3, 2, 1, 1, 5, 1, 2, 4])
    for _ in range(3):
        ours.train(training), theirs.train(training)
        expected = theirs(x.repeat_interleave(counts, dim=0))
        first = counts.cumsum(0) - counts
        torch.testing.assert_close(ours(x, counts), expected[first], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(ours.running_mean, theirs.running_mean)
        torch.testing.assert_close(ours.running_var, theirs.running_var)
    (ours(x, counts) * counts[:, None]).square().sum().backward()
    found = x.grad
    x.grad = None
    weights = counts.repeat_interleave(counts).sqrt()[:, None]
    (theirs(x.repeat_interleave(counts, dim=0)) * weights).square().sum().backward()
    torch.testing.assert_close(found, x.grad, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["mlp", "wavenet"])
def test_in_training_a_table_has_the_loss_and_gradients_of_the_lecture_s_minibatch(
    name: str,
) -> None:
    """One row for each prediction, as the lectures have it, against one for each window."""
    documents = random_documents(5)
    losses, gradients = [], []
    for expand in (True, False):
        model = random_model(name, 5, norm="batch").train()
        assert isinstance(model, WindowModel)
        table = window_table(documents, model.context_length, 5)
        if expand:
            rows = table.rows.repeat_interleave(table.counts)
            targets = table.targets.repeat_interleave(table.counts)
            assert len(rows) == documents.predictions
            loss = F.cross_entropy(plain_predictions(model, table.contexts[rows]), targets)
        else:
            loss = model.loss(table)
        loss.backward()
        losses.append(loss)
        gradients.append([p.grad for p in model.parameters()])
    torch.testing.assert_close(*losses, atol=1e-5, rtol=0)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def plain_predictions(model: WindowModel, windows: Tensor) -> Tensor:
    """The lecture's stack of layers, every row by itself: (N, block_size) -> (N, V)."""
    if isinstance(model, MLP):
        return model.predict(windows)
    assert isinstance(model, WaveNet)
    x = model.embedding(windows)  # (N, block_size, n_embd)
    for fuse in model.layers:
        x = x.reshape(len(x), x.shape[1] // 2, -1)  # FlattenConsecutive(2)
        x = torch.tanh(fuse.norm(fuse.linear(x)))  # type: ignore[operator]
    logits: Tensor = model.output(x[:, 0])
    return logits


# mlp


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


# wavenet


def test_the_wavenet_of_lecture_five_has_its_parameters() -> None:
    assert WaveNet(27, WaveNetSettings()).n_parameters == 76_579


@pytest.mark.parametrize("norm", ["none", "batch", "layer", "rms"])
def test_convolving_is_the_lecture_s_fusion_of_each_window(norm: str) -> None:
    model = random_model("wavenet", 27, norm=norm)
    assert isinstance(model, WaveNet)
    tokens = torch.randint(27, (5, 20))
    windows = F.pad(tokens, (7, 0), value=BOUNDARY).unfold(1, 8, 1).flatten(0, 1)
    expected = plain_predictions(model, windows)
    torch.testing.assert_close(model(tokens).flatten(0, 1), expected, atol=1e-5, rtol=0)


def test_convolving_is_pytorch_s_dilated_convolution() -> None:
    model = random_model("wavenet", 27, norm="none")
    assert isinstance(model, WaveNet)
    tokens = torch.randint(27, (3, 12))
    x = model.embedding(F.pad(tokens, (7, 0))).mT  # (B, channels, time)
    for layer, fuse in enumerate(model.layers):
        left, right = fuse.linear.weight.chunk(2, dim=1)  # type: ignore[union-attr, operator]
        kernel = torch.stack([left, right], dim=-1)  # (out, in, 2)
        bias = fuse.linear.bias  # type: ignore[union-attr]
        x = torch.tanh(F.conv1d(x, kernel, bias, dilation=2**layer))  # type: ignore[arg-type]
    torch.testing.assert_close(model(tokens), model.output(x.mT), atol=1e-5, rtol=0)


def test_windows_may_stand_in_any_shape() -> None:
    model = random_model("wavenet", 27)
    assert isinstance(model, WaveNet)
    windows = torch.randint(27, (2, 3, 8))
    expected = model.predict(windows.flatten(0, 1)).view(2, 3, 27)
    torch.testing.assert_close(model.predict(windows), expected)


def test_each_distinct_part_of_a_window_is_fused_once() -> None:
    model = random_model("wavenet", 27)
    assert isinstance(model, WaveNet)
    rows: list[int] = []
    for fuse in model.layers:
        assert isinstance(fuse, Fuse)
        fuse.norm.register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))
    contexts = torch.unique(torch.randint(27, (400, 8)) // 9, dim=0)
    model.predict(contexts)
    distinct = [
        len({tuple(w[i : i + n]) for w in contexts.tolist() for i in range(0, 8, n)})
        for n in (2, 4, 8)
    ]
    assert rows == distinct
