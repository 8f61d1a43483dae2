"""Runs are made, found, claimed by one process at a time, and opened again."""

import os
from pathlib import Path

import pytest

from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.run import Run, claimed, create_run, find_checkpoint, find_run, reopen
from tests.helpers import run_training, small_config


def test_runs_are_found_by_directory_by_name_and_by_age(
    tmp_path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no run under runs"):
        find_run(None)
    first, second = create_run(None, "mlp"), create_run(None, "mlp")
    assert first.directory != second.directory
    with pytest.raises(UserError, match="no run under runs"):
        find_run(None)  # they are empty yet
    for age, run in enumerate([second, first]):
        checkpoint.save(run.last)
        os.utime(run.last, ns=(age, age))
    assert find_run(None) == first
    assert find_run(Path(second.directory.name)) == second
    assert find_run(tmp_path / second.directory) == Run(tmp_path / second.directory)
    assert find_checkpoint(None) == first.last
    checkpoint.save(first.best)
    assert find_checkpoint(None) == first.best
    assert find_checkpoint(second.last) == second.last
    stillborn = create_run(None, "bigram")
    stillborn.config.write_text("")
    assert find_checkpoint(None) == first.best, "a run without a checkpoint hides no other"
    with pytest.raises(UserError, match="has no checkpoint yet: go on with `makemore train"):
        find_checkpoint(stillborn.directory)
    with pytest.raises(UserError, match="nowhere holds no run"):
        find_run(Path("nowhere"))


def test_a_run_is_not_written_over(tmp_path: Path, checkpoint: Checkpoint) -> None:
    run = create_run(tmp_path / "a" / "b", "mlp")
    checkpoint.save(run.last)
    with pytest.raises(UserError, match="holds a run already"):
        create_run(tmp_path / "a" / "b", "mlp")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="Can't make"):
        create_run(tmp_path / "file", "mlp")


def test_a_run_that_was_killed_before_its_first_checkpoint_is_begun_again(
    tmp_path: Path, checkpoint: Checkpoint
) -> None:
    run = create_run(tmp_path / "run", "mlp")
    run.config.write_text("")
    with pytest.raises(UserError, match="holds a run already"):
        create_run(run.directory, "mlp")  # no training has been here: it is a user's own config
    run.lock.touch()
    assert create_run(run.directory, "mlp") == run
    checkpoint.save(run.best)
    with pytest.raises(UserError, match="holds a run already"):
        create_run(run.directory, "mlp")


def test_a_run_is_trained_by_one_process_at_a_time(corpus: Corpus, tmp_path: Path) -> None:
    run = create_run(tmp_path / "run", "mlp")
    config = small_config("mlp")
    run_training(config, corpus, run, stop_after=3)
    with claimed(run), pytest.raises(UserError, match="is being trained by another process"):  # noqa: SIM117
        with claimed(run):
            pass
    with claimed(run):
        pass


def test_a_run_stopped_before_its_first_checkpoint_starts_again(
    corpus: Corpus, tmp_path: Path
) -> None:
    data = tmp_path / "data.txt"
    data.write_text("\n".join(corpus.documents))
    config = small_config("mlp", data=str(data))
    run = create_run(tmp_path / "run", "mlp")
    run.config.write_text(config.to_toml())
    found, resumed, _ = reopen(run, {})
    assert (found, resumed) == (config, None)


def test_a_resumed_run_refuses_another_corpus(corpus: Corpus, tmp_path: Path) -> None:
    data = tmp_path / "data.txt"
    data.write_text("\n".join(corpus.documents))
    config = small_config("mlp", data=str(data))
    run = create_run(tmp_path / "run", "mlp")
    run_training(config, config.data.load(), run, stop_after=3)
    assert reopen(run, {})[1] is not None
    data.write_text("\n".join([*corpus.documents, "another"]))
    with pytest.raises(UserError, match=r"data.txt holds other documents than .*run began with"):
        reopen(run, {})
