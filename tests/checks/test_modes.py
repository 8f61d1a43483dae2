"""Modes: mistake 2, and modules that don't do as they are told."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.checks.modes import (
    evaluation_repeats_itself,
    evaluation_sets_its_mode,
    modes_differ_for_a_reason,
)
from tests.helpers import random_documents, random_model

X = torch.randn(16, 4, generator=torch.Generator().manual_seed(0))


class AlwaysDropped(nn.Linear):
    """Dropout by a function whose `training` is forgotten, and so is always true."""

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(super().forward(x), 0.5)


class Dropped(nn.Linear):
    """The same as it should be."""

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(super().forward(x), 0.5, self.training)


class OfTwoMinds(nn.Linear):
    """Computes another thing in training, for no reason."""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return 2 * y if self.training else y


class Deaf(nn.Sequential):
    """Stays in evaluation mode."""

    def train(self, mode: bool = True) -> "Deaf":
        super().train(False)
        return self


def test_dropout_that_ignores_the_mode_is_found() -> None:
    wrong, right = AlwaysDropped(4, 3), Dropped(4, 3)
    assert evaluation_repeats_itself(lambda: wrong(X), wrong).mark == "failed"
    assert evaluation_repeats_itself(lambda: right(X), right).mark == "passed"
    assert modes_differ_for_a_reason(lambda: right(X), right).mark == "passed"


def test_modes_may_differ_for_dropout_and_batch_norm_alone() -> None:
    for layer in (nn.Dropout(0.5), nn.BatchNorm1d(3)):
        model = nn.Sequential(nn.Linear(4, 3), layer)
        assert modes_differ_for_a_reason(partial(model, X), model).mark == "passed"
    wrong = OfTwoMinds(4, 3)
    verdict = modes_differ_for_a_reason(lambda: wrong(X), wrong)
    assert (verdict.mark, "nothing asks for a difference" in verdict.found) == ("failed", True)


def test_a_model_that_never_trains_its_batch_norm_is_found() -> None:
    model = Deaf(nn.Linear(4, 3), nn.BatchNorm1d(3))
    verdict = modes_differ_for_a_reason(lambda: model(X), model)
    assert (verdict.mark, "listen to its mode" in verdict.cure) == ("failed", True)


def test_an_evaluation_that_forgets_to_switch_is_found() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5))

    def right() -> None:
        model.eval()
        model(X)
        model.train()

    def forgets_eval() -> None:
        model(X)

    def forgets_train() -> None:
        model.eval()
        model(X)

    assert evaluation_sets_its_mode(right, model).mark == "passed"
    found = evaluation_sets_its_mode(forgets_eval, model).found
    assert found == "The evaluation ran the model in training mode, and left it in training mode."
    assert evaluation_sets_its_mode(forgets_train, model).mark == "failed"
    assert evaluation_sets_its_mode(lambda: None, model).mark == "failed"


def test_a_model_that_predicts_from_a_table_without_a_module_is_watched_too() -> None:
    model = random_model("bigram", 5, fit="gradient")
    table = model.reader.table(random_documents(5))
    verdict = evaluation_sets_its_mode(lambda: model.predict_table(table), model)
    assert "in training mode, and left" in verdict.found
    assert "predict_table" not in vars(model)
