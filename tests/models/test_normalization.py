"""Batch normalisation against PyTorch's own, and against the lecture's minibatch."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from makemore.contexts.windows import window_table
from makemore.models.normalization import BatchNorm, fold
from makemore.models.window import WindowModel
from tests.helpers import plain_predictions, random_documents, random_model


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
        table = window_table(documents.pieces(), model.context_length, 5)
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


@pytest.mark.parametrize("bias", [True, False])
def test_batch_normalisation_folds_into_the_layer_before_it(bias: bool) -> None:
    linear, norm = nn.Linear(30, 200, bias).double(), BatchNorm(200).double()
    with torch.no_grad():
        norm.weight.normal_(1, 0.1), norm.bias.normal_(0, 0.1)
        for _ in range(50):  # the running mean and variance settle
            norm(linear(torch.randn(32, 30).double()))
        norm.eval()
        x = torch.randn(500, 30).double()
        expected, found = norm(linear(x)), fold(linear, norm)(x)
    assert (found - expected).abs().max() < 1e-14
    assert (found - linear(x)).abs().max() > 1  # and that is no small change
