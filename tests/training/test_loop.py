"""The loop: what it logs and keeps, and that no interruption changes a bit of it."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from makemore.config import Config
from makemore.corpus.reading import HowToRead
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.evaluation.losses import evaluate
from makemore.models import ARCHITECTURES, build_model
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.listing import read_run
from makemore.runs.run import create_run
from tests.helpers import assert_same_weights, metrics_of, run_training, small_config

TEXT = Corpus(
    "a text", ["to be or not to be, " * 90], ["that is the question"], [], HowToRead("text")
)


@pytest.mark.parametrize("format", ["lines", "text"])
@pytest.mark.parametrize("model", [name for name in ARCHITECTURES if name != "ngram"])
def test_a_run_interrupted_at_any_step_ends_bit_for_bit_as_one_that_never_was(
    model: str, format: str, corpus: Corpus, tmp_path: Path
) -> None:
    config = small_config(model, format=format)
    if format == "text":
        corpus = TEXT
    whole = create_run(tmp_path / "whole", model)
    run_training(config, corpus, whole)
    broken = create_run(tmp_path / "broken", model)
    for stop in [0, 1, 5, 6, 13, 20, None]:
        progress = run_training(config, corpus, broken, stop)
        assert progress.step == (24 if stop is None else stop)
    assert_same_weights(whole, broken)
    assert metrics_of(whole) == metrics_of(broken)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_run_of_gradient_descent_goes_on_bit_for_bit_over_its_drop(
    momentum: float, corpus: Corpus, tmp_path: Path
) -> None:
    settings = {"optimizer": "sgd", "momentum": momentum, "decay": "step", "drop_at": 0.4}
    config = small_config("mlp", n_layer=2, norm="batch", **settings)
    whole = create_run(tmp_path / "whole", "mlp")
    run_training(config, corpus, whole)
    broken = create_run(tmp_path / "broken", "mlp")
    for stop in [1, 9, 10, 17, None]:
        run_training(config, corpus, broken, stop)
    assert_same_weights(whole, broken)


def test_a_finished_run_is_not_resumed_without_more_steps(corpus: Corpus, tmp_path: Path) -> None:
    run = create_run(tmp_path / "run", "mlp")
    run_training(small_config("mlp"), corpus, run)
    with pytest.raises(UserError, match="is at its end, step 24"):
        run_training(small_config("mlp"), corpus, run)
    assert run_training(small_config("mlp", max_steps=30), corpus, run).step == 30


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("transformer", {"learning_rate": 1e30}),
        ("transformer", {"learning_rate": 1e30, "log_interval": 100}),
        ("mlp", {"learning_rate": 1e30, "max_steps": 1}),
        ("mlp", {"learning_rate": 1e30, "max_steps": 1, "log_interval": 1}),
    ],
)
def test_a_diverged_run_is_a_sentence_and_keeps_what_was_good(
    corpus: Corpus, tmp_path: Path, model: str, settings: dict[str, Any]
) -> None:
    run = create_run(tmp_path / "run", model)
    config = small_config(model, grad_clip=0.0, warmup_steps=0, **settings)
    with pytest.raises(UserError, match=r"diverged (at|by) step .*try a lower --learning-rate"):
        run_training(config, corpus, run)
    for path in (run.last, run.checkpoint):
        weights = Checkpoint.load(path).weights.values()
        assert all(bool(tensor.isfinite().all()) for tensor in weights)
    assert read_run(run).state == "diverged"


def test_epochs_are_passes_over_the_training_split(corpus: Corpus, tmp_path: Path) -> None:
    values = {"model": "mlp", "epochs": 1.5, "batch_size": 32, "eval_interval": 50}
    run = create_run(tmp_path / "run", "mlp")
    progress = run_training(Config.from_values(values), corpus, run)
    assert progress.step == math.ceil(1.5 * 300 / 32)


@pytest.mark.parametrize("model", ["bigram", "mlp"])
def test_a_step_over_the_whole_split_has_the_exact_training_loss(
    model: str, corpus: Corpus, tmp_path: Path
) -> None:
    config = small_config(model, batch_size=0, max_steps=1, log_interval=1)
    run = create_run(tmp_path / "run", model)
    run_training(config, corpus, run)
    logged = next(m["loss/train"] for m in metrics_of(run) if "loss/train" in m)
    torch.manual_seed(config.training.seed)
    vocabulary = Vocabulary(corpus.characters)
    fresh = build_model(model, config.architecture, len(vocabulary))
    documents = vocabulary.encode_lines(corpus.train)
    fresh.prepare(documents, vocabulary.encode_lines(corpus.val))
    assert logged == pytest.approx(fresh.loss(fresh.reader.table(documents)).item(), abs=1e-5)


def test_the_best_checkpoint_is_that_of_the_lowest_validation_loss(
    corpus: Corpus, tmp_path: Path
) -> None:
    """A run that overfits: its best is not its last."""
    run = create_run(tmp_path / "run", "mlp")
    config = small_config("mlp", learning_rate=0.05, max_steps=300, decay="none")
    progress = run_training(config, corpus, run)
    validations = {m["step"]: m["loss/val"] for m in metrics_of(run) if "loss/val" in m}
    validations.pop(0)
    best = min(validations, key=lambda step: validations[step])
    assert best < 300
    assert (progress.best_step, progress.best_loss) == (best, validations[best])
    checkpoint = Checkpoint.load(run.best)
    assert checkpoint.progress.step == best
    documents = checkpoint.vocabulary.encode_lines(corpus.val)
    found = evaluate(checkpoint.build(torch.device("cpu")), documents)
    assert found.loss == pytest.approx(validations[best], abs=1e-9)


def test_without_validation_documents_the_last_weights_are_the_best(
    names: Corpus, tmp_path: Path
) -> None:
    run = create_run(tmp_path / "run", "mlp")
    corpus = Corpus("names", names.train[:50], [], [])
    progress = run_training(small_config("mlp"), corpus, run)
    assert (progress.best_step, progress.best_loss) == (24, None)
    assert not any("loss/val" in m for m in metrics_of(run))
