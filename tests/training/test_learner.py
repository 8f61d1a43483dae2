"""A learner takes steps and leaves nothing behind."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from makemore.compute import threads
from makemore.config import read_config
from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.evaluation.losses import evaluate
from makemore.models import ARCHITECTURES
from makemore.training.learner import Learner
from makemore.training.schedule import learning_rate

CPU = torch.device("cpu")


def learner_of(model: str, names: Corpus, **settings: object) -> Learner:
    corpus = Corpus("some names", names.train[:200], names.val[:40], [])
    config = read_config(None, {"model": model, "batch_size": 32, "max_steps": 6, **settings})
    return Learner(config, corpus, CPU)


@pytest.mark.parametrize("model", [name for name in ARCHITECTURES if name != "ngram"])
def test_steps_lower_the_loss_and_write_nothing(
    model: str, names: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = {"fit": "gradient"} if model == "bigram" else {}
    with learner_of(model, names, **flags) as learner:
        learner.begin()
        before = evaluate(learner.model, learner.documents).loss
        steps = [learner.step() for _ in range(6)]
        after = evaluate(learner.model, learner.documents).loss
    assert after < before
    assert list(tmp_path.iterdir()) == []
    assert learner.progress.step == learner.maker.step == 6
    assert learner.progress.finished
    rates = [learning_rate(learner.settings, step, 6) for step in range(6)]
    assert [step.learning_rate for step in steps] == rates
    assert float(learner.progress.loss_sum) == pytest.approx(sum(float(s.loss) for s in steps))


def test_the_loss_of_a_step_is_that_of_its_batch_before_it(names: Corpus) -> None:
    learner = learner_of("mlp", names, batch_size=0)
    expected = evaluate(learner.model, learner.documents)
    step = learner.step()
    assert float(step.loss) == pytest.approx(expected.loss, abs=1e-6)
    assert step.predictions == expected.predictions


def test_a_closed_form_is_fitted_by_its_beginning(names: Corpus) -> None:
    with learner_of("ngram", names) as learner:
        assert learner.progress.finished
        before = evaluate(learner.model, learner.documents).loss
        learner.begin()
        assert evaluate(learner.model, learner.documents).loss < before
        assert learner.state() == {}


def test_two_learners_don_t_disturb_each_other(names: Corpus) -> None:
    """Each has its own weights and optimizer, whatever the order of their steps."""
    alone = learner_of("mlp", names)
    for _ in range(4):
        alone.step()
    one, other = learner_of("mlp", names), learner_of("wavenet", names)
    for _ in range(4):
        one.step()
        other.step()
    for name, weight in alone.model.state_dict().items():
        assert torch.equal(weight, one.model.state_dict()[name])


def test_validation_is_the_exact_loss_of_its_split(names: Corpus) -> None:
    learner = learner_of("gru", names)
    found = learner.validate()
    assert found is not None
    assert found.loss == pytest.approx(evaluate(learner.model, learner.val_documents).loss)
    config = learner.maker.config
    empty = Learner(config, Corpus("names", names.train[:20], [], []), CPU)
    assert empty.validate() is None


@pytest.mark.parametrize("model", ["transformer", "gru", "mlp"])
def test_a_batch_in_parts_one_after_the_other_makes_the_same_step(
    model: str, names: Corpus
) -> None:
    flags = {"norm": "none"} if model == "mlp" else {}
    whole = learner_of(model, names, **flags)
    parted = learner_of(model, names, grad_accumulation=3, **flags)
    expected = whole.gradient(whole.next_tables())
    tables = parted.next_tables()
    found = parted.gradient(tables)
    assert len(tables) == 3 * parted.workers.n
    assert found.predictions == expected.predictions
    torch.testing.assert_close(found.loss, expected.loss)
    torch.testing.assert_close(found.vector, expected.vector, atol=1e-5, rtol=1e-4)


def test_a_batch_that_is_normalised_as_a_whole_is_not_cut(names: Corpus) -> None:
    with pytest.raises(UserError, match="--grad-accumulation would cut: give it --norm layer"):
        learner_of("wavenet", names, grad_accumulation=2)


def test_tables_that_are_made_ahead_change_nothing(
    names: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def weights(many: int) -> list[Tensor]:
        monkeypatch.setattr(threads, "MANY_WORKERS", many)
        with learner_of("transformer", names) as learner:
            for _ in range(4):
                learner.step()
            other = learner.batches.tables(9)
            learner.step_on(list(other))  # a step whose own tables are not asked for
            learner.step()
        return [parameter.detach() for parameter in learner.model.parameters()]

    usual = torch.get_num_threads()
    torch.set_num_threads(3)
    for ahead, asked in zip(weights(3), weights(99), strict=True):
        assert torch.equal(ahead, asked)
    torch.set_num_threads(usual)
