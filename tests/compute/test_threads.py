"""A step's work in parts: as good as in one piece, and the same each time."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from makemore.compute.threads import Workers, workers_that_help
from makemore.config import TrainingSettings
from makemore.contexts.prefixes import PrefixTable
from makemore.models import ARCHITECTURES
from makemore.training.batches import Batches
from makemore.training.gradients import clip, gradient, mean
from makemore.training.optimizers import Optimizer
from tests.helpers import random_documents, random_model

V = 5
DIVISIBLE = [name for name in ARCHITECTURES if random_model(name, V).divisible]


@pytest.fixture
def workers() -> Iterator[Workers]:
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    with Workers(3) as several:
        yield several
    torch.set_num_threads(threads)


def test_results_stand_in_the_order_of_their_items(workers: Workers) -> None:
    assert workers.n == 3
    assert workers.map(lambda item: item**2, range(7)) == [0, 1, 4, 9, 16, 25, 36]
    assert workers.map(str, []) == []


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("transformer", {}, (4, 1)),
        ("transformer", {"dropout": 0.1}, (1, 6)),  # draws from one stream
        ("wavenet", {}, (1, 6)),  # normalises over the batch
    ],
)
def test_pytorch_s_threads_are_divided_and_given_back(
    name: str, settings: dict[str, Any], expected: tuple[int, int]
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(6)
    model = random_model(name, V, **settings)
    n = workers_that_help(torch.device("cpu"), model.divisible)
    with Workers(n) as workers:
        found = workers.map(lambda _: torch.get_num_threads(), range(7))
    assert (workers.n, *set(found)) == expected
    assert torch.get_num_threads() == 6
    torch.set_num_threads(threads)


def test_an_error_in_a_part_reaches_the_caller(workers: Workers) -> None:
    def fail(part: int) -> None:
        if part:
            raise RuntimeError(f"part {part}")

    with pytest.raises(RuntimeError, match="part 1"):
        workers.map(fail, range(3))


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
        expected = gradient(model, whole.table(step), parameters)
        parts = workers.map(
            lambda part, step=step: gradient(model, parted.table(step, part), parameters),  # type: ignore[misc]
            range(parted.parts),
        )
        found = mean(parts)
        assert found.predictions == expected.predictions
        torch.testing.assert_close(found.loss, expected.loss, atol=1e-5, rtol=0)
        torch.testing.assert_close(found.vector, expected.vector, atol=1e-5, rtol=1e-4)


def test_parts_keep_together_what_begins_alike() -> None:
    """Cutting a batch costs a few contexts that both sides begin with, and no more."""
    model = random_model("gru", V, longest=9)
    documents = random_documents(V)
    tables = {}
    for parts in (1, 2):
        batches = Batches(model, documents, TrainingSettings(batch_size=30), parts)
        tables[parts] = [batches.table(3, part) for part in range(parts)]
    sizes = {
        parts: sum(len(table.tokens) for table in cut if isinstance(table, PrefixTable))
        for parts, cut in tables.items()
    }
    assert sizes[1] < sizes[2] <= sizes[1] + 9


@pytest.mark.parametrize("max_norm", [0.01, 1e9])
def test_clipping_is_pytorch_s(max_norm: float) -> None:
    vector = torch.randn(50)
    theirs = torch.nn.Parameter(torch.zeros(50))
    theirs.grad = vector.clone()
    torch.nn.utils.clip_grad_norm_([theirs], max_norm)
    clip(vector, max_norm)
    torch.testing.assert_close(vector, theirs.grad)


def test_matrices_are_moved_alike_by_one_worker_and_by_several(workers: Workers) -> None:
    moved = []
    for helpers in (Workers(), workers):
        model = random_model("transformer", V, n_layer=3)
        optimizer = Optimizer(model, TrainingSettings(), helpers)
        torch.manual_seed(0)
        slopes = {parameter: torch.randn_like(parameter) for parameter in model.parameters()}
        optimizer.step(torch.cat([slopes[p].flatten() for p in optimizer.parameters]), 0.1)
        moved.append([p.detach().clone() for p in model.parameters()])
    for one, other in zip(*moved, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)
