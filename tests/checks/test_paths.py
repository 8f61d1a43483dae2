"""Paths: what a model overrides must agree with its forward."""

import pytest
import torch
from torch import Tensor, nn

from makemore.checks.paths import losses_by_path, paths_agree
from makemore.contexts.tables import Table
from makemore.models import ARCHITECTURES
from makemore.models.base import Model, State
from tests.helpers import random_documents, random_model


class Sum(Model):
    """Logits from the sum of all so far."""

    block_size = 12

    def __init__(self, vocab_size: int) -> None:
        super().__init__(vocab_size)
        self.rows = nn.Embedding(vocab_size, vocab_size)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.rows(tokens).cumsum(1)  # type: ignore[no-any-return]


class WrongTable(Sum):
    def table_logits(self, table: Table) -> Tensor:
        return super().table_logits(table) * 1.01


class WrongStep(Sum):
    def step(
        self, tokens: Tensor, state: State | None, rows: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Forget that a sequence may go on from another."""
        return super().step(tokens, state, None)


class WrongContext(Sum):
    context_length = 2


@pytest.mark.parametrize(
    ("model", "wrong"), [(Sum, None), (WrongTable, "table"), (WrongStep, "step")]
)
def test_the_path_that_goes_astray_is_found(model: type[Sum], wrong: str | None) -> None:
    losses = losses_by_path(model(5), random_documents(5))
    assert paths_agree(losses).mark == ("passed" if wrong is None else "failed")
    if wrong is not None:
        others = [loss for name, loss in losses.items() if name != wrong]
        assert others[0] == pytest.approx(others[1], abs=1e-5)
        assert losses[wrong] != pytest.approx(others[0], abs=1e-4)


def test_a_context_length_that_is_not_true_is_found() -> None:
    losses = losses_by_path(WrongContext(5), random_documents(5))
    assert paths_agree(losses).mark == "failed"


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_paths_of_every_model_agree(name: str) -> None:
    losses = losses_by_path(random_model(name, 5), random_documents(5))
    assert paths_agree(losses).mark == "passed"
    assert torch.tensor(list(losses.values())).std() < 1e-5
