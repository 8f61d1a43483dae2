"""The start: a loss of no opinion, and one batch learned by heart."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from makemore.checks.start import (
    confident_loss,
    floor_of,
    loss_at_the_start,
    one_batch_is_learned,
    spell,
)
from makemore.contexts.prefixes import PrefixReader
from makemore.contexts.sequences import sequence_table
from makemore.contexts.windows import WindowReader
from makemore.corpus.documents import Text
from tests.helpers import contexts_of, random_documents

V = 27


def random_loss(spread: float) -> float:
    """Loss of logits of a spread that know nothing of their targets."""
    generator = torch.Generator().manual_seed(1)
    logits = spread * torch.randn(4000, V, generator=generator)
    return F.cross_entropy(logits, torch.randint(V, (4000,), generator=generator)).item()


@pytest.mark.parametrize(
    ("spread", "mark"), [(0.0, "passed"), (0.5, "passed"), (1.0, "warning"), (10.0, "failed")]
)
def test_a_start_fails_by_how_spread_its_logits_are(spread: float, mark: str) -> None:
    assert loss_at_the_start(random_loss(spread), V).mark == mark


def test_a_confident_start_costs_what_random_targets_say() -> None:
    assert confident_loss(V) == pytest.approx(random_loss(10.0), abs=0.5)


def test_a_start_that_knows_too_much_or_is_no_number_fails() -> None:
    assert "gets to see what it predicts" not in loss_at_the_start(3.3, V).cure
    assert "can't know so much" in loss_at_the_start(2.0, V).cure
    assert loss_at_the_start(math.nan, V).mark == "failed"


def test_the_floor_is_the_loss_of_the_counted_frequencies() -> None:
    documents = random_documents(4)
    for reader in (WindowReader(2, 4), PrefixReader(4, 8, lambda table: table)):
        table = reader.table(documents)
        counts = torch.zeros(int(table.rows.max()) + 1, 4, dtype=torch.float64)
        counts[table.rows, table.targets] = table.counts.double()
        p = counts / counts.sum(1, keepdim=True).clamp(min=1)  # some rows predict nothing
        entropy = -torch.special.xlogy(counts, p).sum() / table.predictions
        assert floor_of(table) == pytest.approx(entropy.item())


def test_a_model_that_sees_less_has_the_floor_of_what_it_sees() -> None:
    documents = random_documents(4)
    prefixes = PrefixReader(4, None, lambda table: table).table(documents)
    assert floor_of(prefixes, 1) == pytest.approx(floor_of(WindowReader(1, 4).table(documents)))
    assert spell(prefixes) == contexts_of(prefixes)


def test_windows_of_a_text_that_begin_alike_share_a_floor() -> None:
    text = Text(np.array([1, 2, 1, 3, 1, 2], dtype=np.int32))
    table = sequence_table(text.windows(np.array([1, 3]), 2))  # after 1: 2, 1, and 3, 1
    assert floor_of(table) == pytest.approx(math.log(2) / 2)


def descent(inputs: torch.Tensor, targets: torch.Tensor) -> Iterator[float]:
    """A user's own loop: a table of logits, learned by SGD."""
    table = nn.Embedding(3, 3)
    optimizer = torch.optim.SGD(table.parameters(), lr=1.0)
    for _ in range(200):
        loss = F.cross_entropy(table(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


def test_a_loop_that_learns_comes_near_the_floor_and_no_further_step_is_asked_for() -> None:
    inputs, targets = torch.tensor([0, 0, 1, 2]), torch.tensor([1, 2, 2, 0])
    losses = descent(inputs, targets)
    verdict = one_batch_is_learned(losses, math.log(2) / 2, 3)
    assert verdict.mark == "passed"
    assert len(list(losses)) > 0


def test_a_loop_with_shuffled_targets_doesn_t() -> None:
    """Each step has other targets: what it learned in one is wrong in the next."""
    inputs, targets = torch.arange(3).repeat(50), torch.arange(150) % 2
    losses = (
        F.cross_entropy(torch.zeros(150, 3), targets[torch.randperm(150)]).item() for _ in inputs
    )
    verdict = one_batch_is_learned(losses, 0.0, 3)
    assert verdict.mark == "failed"
    assert "loss 1.0986 within 150 steps, its floor 0.0000" in verdict.found
