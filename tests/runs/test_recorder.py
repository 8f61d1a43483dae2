"""What a training leaves in memory is what it leaves on disk."""

from pathlib import Path

import pytest
import torch

from makemore.config import read_config
from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.runs.recorder import MemoryRecorder
from makemore.runs.run import Run
from makemore.runs.run_recorder import RunRecorder
from makemore.training.learner import Learner
from makemore.training.loop import train


def learner(names: Corpus, **settings: object) -> Learner:
    corpus = Corpus("some names", names.train[:150], names.val[:40], [])
    values = {"model": "mlp", "batch_size": 16, "max_steps": 30, "eval_interval": 6, **settings}
    config = read_config(None, values).resolve(corpus.longest)
    return Learner(config, corpus, torch.device("cpu"))


def test_memory_and_disk_keep_the_same(names: Corpus, tmp_path: Path) -> None:
    memory, disk = MemoryRecorder(), RunRecorder(Run(tmp_path))
    for recorder in (memory, disk):
        train(learner(names), recorder)
    one, other = memory.best(), disk.best()
    assert one.weights.keys() == other.weights.keys()
    assert all(torch.equal(one.weights[name], other.weights[name]) for name in one.weights)
    assert (one.config, one.vocabulary, one.fingerprint) == (
        other.config,
        other.vocabulary,
        other.fingerprint,
    )
    assert one.progress.step == other.progress.step
    for here, there in zip(memory.metrics(), disk.metrics(), strict=True):
        assert here.keys() == there.keys()
        for tag in here.keys() - {"characters_per_second", "seconds"}:
            assert here[tag] == there[tag]


def test_the_best_weights_in_memory_don_t_change_with_the_next_step(names: Corpus) -> None:
    recorder, learning = MemoryRecorder(), learner(names)
    recorder.keep_best(learning.maker.checkpoint())
    kept = {name: weight.clone() for name, weight in recorder.best().weights.items()}
    learning.step()
    assert all(torch.equal(kept[name], weight) for name, weight in recorder.best().weights.items())
    assert recorder.best().progress.step == 0


def test_a_training_that_diverged_says_what_is_left_of_it(names: Corpus, tmp_path: Path) -> None:
    settings = {"learning_rate": 1e30, "grad_clip": 0.0, "warmup_steps": 0}
    with pytest.raises(
        UserError, match=r"diverged (at|by) step .*still holds what was saved before"
    ):
        train(learner(names, **settings), RunRecorder(Run(tmp_path)))
    with pytest.raises(UserError, match=r"diverged (at|by) step .*or --grad-clip 1\.$"):
        train(learner(names, **settings), MemoryRecorder())


def test_logs_are_closed_where_a_training_fails(names: Corpus, tmp_path: Path) -> None:
    def fail(progress: object) -> None:
        raise ZeroDivisionError

    recorder = RunRecorder(Run(tmp_path))
    with pytest.raises(ZeroDivisionError):
        train(learner(names), recorder, watch=fail)
    assert recorder.tracker._metrics.closed
