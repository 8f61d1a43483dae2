import ast
import json
import os
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

import makemore
from makemore.config import Config
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.runs.checkpoint import FORMAT, Checkpoint
from makemore.runs.files import write_whole
from makemore.runs.progress import Progress
from makemore.runs.run import Run, create_run, find_checkpoint, find_run
from tests.helpers import random_model


@pytest.fixture
def checkpoint() -> Checkpoint:
    config = Config.from_values({"model": "mlp", "learning_rate": 1 / 3})
    return Checkpoint(
        config=config,
        vocabulary=Vocabulary("ab漢🙂\u2028"),
        longest=7,
        fingerprint="f",
        progress=Progress(step=3, seconds=0.1, loss_sum=1 / 3, best_loss=float("inf"), best_step=2),
        weights=random_model("mlp", 6).state_dict(),
        learner={"random.cpu": torch.get_rng_state()},
    )


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path, checkpoint: Checkpoint) -> None:
    checkpoint.save(tmp_path / "x.safetensors")
    loaded = Checkpoint.load(tmp_path / "x.safetensors")
    for field in ("config", "vocabulary", "longest", "fingerprint", "progress"):
        assert getattr(loaded, field) == getattr(checkpoint, field)
    for group in ("weights", "learner"):
        found, expected = getattr(loaded, group), getattr(checkpoint, group)
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_one_file_is_enough_to_build_the_model(tmp_path: Path, checkpoint: Checkpoint) -> None:
    checkpoint.save(tmp_path / "x.safetensors")
    model = Checkpoint.load(tmp_path / "x.safetensors").build(torch.device("cpu"))
    tokens = torch.tensor([[0, 1, 2]])
    assert torch.equal(model(tokens), random_model("mlp", 6)(tokens))


def test_any_tool_for_safetensors_reads_the_metadata(
    tmp_path: Path, checkpoint: Checkpoint
) -> None:
    checkpoint.save(tmp_path / "x.safetensors")
    with safe_open(tmp_path / "x.safetensors", framework="np") as file:
        metadata = file.metadata()
    assert metadata["format"] == FORMAT
    assert json.loads(metadata["vocabulary"]) == "ab漢🙂\u2028"
    assert json.loads(metadata["config"])["model"] == "mlp"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.safetensors"
    write_whole(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for target in ("os.fsync", "pathlib.Path.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(target, fail)
            with pytest.raises(UserError, match=r"Can't write .*: No space left on device"):
                checkpoint.save(path)
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_file_is_a_sentence(tmp_path: Path, checkpoint: Checkpoint) -> None:
    path = tmp_path / "x.safetensors"
    checkpoint.save(path)
    whole = path.read_bytes()
    for length in [0, 1, 7, 8, 100, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match="is damaged, or no checkpoint"):
            Checkpoint.load(path)


def test_a_file_of_another_kind_or_version_is_a_sentence(
    tmp_path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    import safetensors.torch

    path = tmp_path / "x.safetensors"
    safetensors.torch.save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(UserError, match="has no makemore format"):
        Checkpoint.load(path)
    monkeypatch.setattr("makemore.runs.checkpoint.FORMAT", "makemore 99")
    checkpoint.save(path)
    monkeypatch.undo()
    with pytest.raises(UserError, match="has makemore 99; this version of makemore reads"):
        Checkpoint.load(path)
    with pytest.raises(UserError, match="Can't read"):
        Checkpoint.load(tmp_path / "nowhere.safetensors")
    safetensors.torch.save_file({"x": torch.zeros(1)}, path, {"format": FORMAT, "config": "{}"})
    with pytest.raises(UserError, match="lacks what a checkpoint holds"):
        Checkpoint.load(path)


def test_nothing_is_pickled() -> None:
    """No module names pickle, torch.save or torch.load."""
    for path in Path(makemore.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    assert not {name.name for name in names} & {"pickle", "dill", "joblib"}
                case ast.ImportFrom(module=module):
                    assert module != "pickle"
                case ast.Attribute(value=ast.Name(id="torch"), attr=name):
                    assert name not in {"save", "load"}, path


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
