"""A loss or a gradient that is no number stops a training at that step, before a weight changes."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from makemore.config import read_config
from makemore.contexts.tables import Table
from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.models.mlp import MLP
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.listing import read_run
from makemore.runs.run import Run
from makemore.runs.run_recorder import RunRecorder
from makemore.training.divergence import DivergenceError, Trace, Watchdog
from makemore.training.learner import Learner
from makemore.training.loop import not_learned, train

Spoil = Callable[[Tensor, MLP], Tensor]


def learner(names: Corpus, **settings: object) -> Learner:
    corpus = Corpus("some names", names.train[:150], names.val[:40], [])
    values = {"model": "mlp", "batch_size": 16, "max_steps": 60, "log_interval": 20, **settings}
    config = read_config(None, values).resolve(corpus.longest)
    return Learner(config, corpus, torch.device("cpu"))


def lose_the_loss(loss: Tensor, model: MLP) -> Tensor:
    return loss * math.nan


def lose_the_gradient(loss: Tensor, model: MLP) -> Tensor:
    """Add 0, whose derivative is that of a square root at 0."""
    weight = next(model.parameters()).flatten()[0]
    return loss + (weight - weight.detach()).sqrt()


def spoil_step(monkeypatch: pytest.MonkeyPatch, step: int, spoil: Spoil) -> None:
    """Spoil the loss of one step of a training, the first is 1."""
    done, plain = 0, MLP.loss

    def loss(model: MLP, table: Table) -> Tensor:
        nonlocal done
        done += 1
        found = plain(model, table)
        return spoil(found, model) if done == step else found

    monkeypatch.setattr(MLP, "loss", loss)


@pytest.mark.parametrize(
    ("spoil", "seen"),
    [
        (lose_the_loss, r"at step 7: the loss is nan\."),
        (
            lose_the_gradient,
            r"at step 7: the loss, \d\.\d{4}, is a number, but its gradient is not",
        ),
    ],
)
def test_a_step_that_is_no_number_stops_there_and_changes_no_weight(
    names: Corpus, monkeypatch: pytest.MonkeyPatch, spoil: Spoil, seen: str
) -> None:
    undisturbed = learner(names)
    for _ in range(6):
        undisturbed.step()
    spoil_step(monkeypatch, 7, spoil)
    learning = learner(names)
    for _ in range(6):
        learning.step()
    with pytest.raises(DivergenceError, match=seen):
        learning.step()
    assert learning.progress.step == 6
    assert torch.equal(learning.optimizer.vector, undisturbed.optimizer.vector)


def test_a_run_tells_what_led_there_keeps_the_last_checkpoint_and_is_marked(
    names: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path)
    other = learner(names)
    steps = [other.step() for _ in range(26)]
    spoil_step(monkeypatch, 27, lose_the_loss)
    with pytest.raises(UserError, match="at step 27: the loss is nan") as raised:
        train(learner(names, eval_interval=25), RunRecorder(run))
    for number, one in enumerate(steps[-4:], 23):
        assert f"{one.loss.item():.4g} ({one.gradient_norm:.2g}) at step {number}" in str(
            raised.value
        )
    assert f"{run} still holds what was saved before." in str(raised.value)

    assert Checkpoint.load(run.last).progress.step == 25
    *_, marked = run.read_metrics()
    assert marked == {
        "step": 27,
        "loss/train": None,
        "gradient_norm": marked["gradient_norm"],
        "diverged": 1.0,
    }
    row = read_run(run)
    assert (row.state, row.step) == ("diverged", 25)


def test_a_run_that_goes_on_is_no_longer_marked(
    names: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path)
    with monkeypatch.context() as patch:
        spoil_step(patch, 27, lose_the_loss)
        with pytest.raises(UserError, match="diverged"):
            train(learner(names, eval_interval=25), RunRecorder(run))
    half_way = Checkpoint.load(run.last)
    corpus = Corpus("some names", names.train[:150], names.val[:40], [])
    train(Learner(half_way.config, corpus, torch.device("cpu"), half_way), RunRecorder(run))
    assert read_run(run).state == "finished"
    assert not any("diverged" in row for row in run.read_metrics())


def test_at_the_first_step_the_model_is_to_blame() -> None:
    with pytest.raises(DivergenceError, match=r"No weight has changed yet.*`makemore check`"):
        Watchdog().look(Trace(1, math.inf, 1.0, 0.1))


@pytest.mark.parametrize(
    ("losses", "problem"),
    [
        ([3.3, 2.5, 2.1, 2.0, 2.0], None),
        ([3.3, 2.5, 2.1, 4.6e13], "the training has diverged"),
        ([3.3, 2.5, 2.1, 3.0], "once had 2.1000: the training has diverged"),
        ([9.0, 8.0, 8.5], "never came below that"),
        ([3.29, 3.29, 3.28], None),  # slow, and no worse than guessing
        ([22156.0], None),  # one logged loss is no history
    ],
)
def test_a_training_that_has_not_learned_is_told(
    names: Corpus, losses: list[float], problem: str | None
) -> None:
    learning = learner(names)
    learning.progress.step = 60
    found = not_learned(learning, losses)
    assert (found is None) if problem is None else (problem in (found or ""))
