"""The gradient of a batch from those of its parts, and its clipping."""

import pytest
import torch

from makemore.compute.threads import Workers
from makemore.models import ARCHITECTURES
from makemore.recipe import TrainingSettings
from makemore.training.batches import Batches
from makemore.training.gradients import clip, gradient, mean
from tests.helpers import random_documents, random_model

V = 5
DIVISIBLE = [name for name in ARCHITECTURES if random_model(name, V).divisible]


@pytest.mark.parametrize("name", DIVISIBLE)
@pytest.mark.parametrize("batch_size", [2, 7, 0])
def test_the_gradient_in_parts_is_the_gradient_of_the_batch(
    workers: Workers, name: str, batch_size: int
) -> None:
    model = random_model(name, V, longest=9)
    documents = random_documents(V)
    settings = TrainingSettings(batch_size=batch_size)
    parameters = list(model.parameters())
    whole = Batches(model, documents, settings)
    parted = Batches(model, documents, settings, workers.n)
    for step in (0, 5):
        (table,) = whole.tables(step)
        expected = gradient(model, table, parameters)
        parts = workers.map(
            lambda table: gradient(model, table, parameters),
            list(parted.tables(step)),
        )
        found = mean(parts)
        assert found.predictions == expected.predictions
        torch.testing.assert_close(found.loss, expected.loss, atol=1e-5, rtol=0)
        torch.testing.assert_close(found.vector, expected.vector, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("max_norm", [0.01, 1e9])
def test_clipping_is_pytorch_s(max_norm: float) -> None:
    vector = torch.randn(50)
    theirs = torch.nn.Parameter(torch.zeros(50))
    theirs.grad = vector.clone()
    torch.nn.utils.clip_grad_norm_([theirs], max_norm)
    clip(vector, vector.norm(), max_norm)
    torch.testing.assert_close(vector, theirs.grad)
