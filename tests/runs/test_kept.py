"""Which checkpoints are kept along the way, and that no interruption changes which."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from makemore.corpus.splits import Corpus
from makemore.runs.kept import choose_steps
from makemore.runs.run import Run, create_run
from makemore.training.learner import Learner
from tests.helpers import Runner, run_training, small_config
from tests.training.test_loop import TEXT


def test_steps_lie_closer_at_the_beginning() -> None:
    assert choose_steps(range(0, 1001, 10), 8, 10) == [0, 10, 30, 60, 130, 260, 510, 1000]
    assert choose_steps(range(0, 1001, 10), 2, 10) == [0, 1000]
    assert choose_steps(range(0, 1001, 10), 1, 10) == [1000]
    assert choose_steps(range(0, 1001, 10), 0, 10) == []
    assert choose_steps([], 8, 10) == []


@given(st.sets(st.integers(0, 5000), min_size=1), st.integers(0, 20), st.integers(1, 100))
def test_n_steps_are_chosen_or_all_with_the_first_and_the_last(
    steps: set[int], n: int, unit: int
) -> None:
    chosen = choose_steps(steps, n, unit)
    assert len(chosen) == min(n, len(steps))
    assert chosen == sorted(set(chosen) & steps)
    if n > 0:
        assert chosen[-1] == max(steps)
    if n > 1:
        assert chosen[0] == min(steps)


@given(st.data(), st.integers(1, 3000), st.integers(0, 20), st.integers(1, 50))
def test_the_same_are_chosen_where_only_those_chosen_are_left_of_the_past(
    data: st.DataObject, max_steps: int, n: int, unit: int
) -> None:
    steps = {*range(0, max_steps, unit), max_steps}
    chosen = choose_steps(steps, n, unit)
    stop = data.draw(st.integers(0, max_steps))
    left = {step for step in chosen if step <= stop} | {step for step in steps if step > stop}
    assert choose_steps(left, n, unit) == chosen


def assert_same_kept(one: Run, other: Run) -> None:
    assert list(one.kept) == list(other.kept)
    for step, path in one.kept.items():
        first, second = load_file(path), load_file(other.kept[step])
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("format", ["lines", "text"])
def test_a_run_that_was_stopped_keeps_what_one_that_never_was_does(
    format: str, corpus: Corpus, tmp_path: Path
) -> None:
    if format == "text":
        corpus = TEXT
    config = small_config("mlp", format=format, keep_checkpoints=4)
    whole, broken = create_run(tmp_path / "whole", "mlp"), create_run(tmp_path / "broken", "mlp")
    run_training(config, corpus, whole)
    for stop in [0, 3, 4, 13, None]:
        run_training(config, corpus, broken, stop)
        assert not list(broken.checkpoints.glob("*.partial"))
    assert list(whole.kept) == [0, 4, 12, 24]
    assert_same_kept(whole, broken)


def test_what_was_kept_after_the_last_checkpoint_of_a_crash_is_made_again(
    corpus: Corpus, tmp_path: Path
) -> None:
    config = small_config("mlp", keep_checkpoints=7)
    whole, broken = create_run(tmp_path / "whole", "mlp"), create_run(tmp_path / "broken", "mlp")
    run_training(config, corpus, whole)

    run_training(config, corpus, broken, 5)
    at_5 = broken.last.read_bytes()
    run_training(config, corpus, broken, 9)
    broken.last.write_bytes(at_5)  # as if killed before the next validation
    assert list(broken.kept) == [0, 4, 8]
    run_training(config, corpus, broken)
    assert_same_kept(whole, broken)


def test_kept_weights_are_those_of_their_step(corpus: Corpus, tmp_path: Path) -> None:
    config = small_config("mlp", keep_checkpoints=4)
    run = create_run(tmp_path / "run", "mlp")
    run_training(config, corpus, run)
    with Learner(config, corpus, torch.device("cpu")) as learner:
        learner.begin()
        for step in range(25):
            if step in run.kept:
                kept = load_file(run.kept[step])
                for name, weight in learner.model.state_dict().items():
                    assert torch.equal(kept[f"model.{name}"], weight)
                assert not [name for name in kept if name.startswith("training.")]
            if step < 24:
                learner.step()


def test_none_are_kept_where_none_are_wanted_or_nothing_is_learned(
    run_makemore: Runner, tmp_path: Path
) -> None:
    flags = ["--max-steps", "2", "--batch-size", "8", "--n-embd", "4"]
    run_makemore("train", "--model", "mlp", "--keep-checkpoints", "0", "--out", "none", *flags)
    run_makemore("train", "--model", "bigram", "--out", "counted")
    assert Run(Path("none")).last.exists()
    assert not Run(Path("none")).checkpoints.exists()
    assert not Run(Path("counted")).checkpoints.exists()


def test_a_resumed_run_may_keep_fewer_or_more(corpus: Corpus, tmp_path: Path) -> None:
    run = create_run(tmp_path / "run", "mlp")
    run_training(small_config("mlp", keep_checkpoints=7), corpus, run, 13)
    assert list(run.kept) == [0, 4, 8, 12]
    run_training(small_config("mlp", keep_checkpoints=3), corpus, run, 15)
    assert list(run.kept) == [0, 8]
    run_training(small_config("mlp", keep_checkpoints=9), corpus, run)
    assert list(run.kept) == [0, 8, 16, 20, 24]
    run_training(small_config("mlp", keep_checkpoints=0, max_steps=25), corpus, run)
    assert not run.checkpoints.exists()
