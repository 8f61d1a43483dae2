"""A run belongs to its documents, not to a path."""

import shutil
from pathlib import Path

import pytest

import makemore
from makemore.runs.checkpoint import Checkpoint
from tests.helpers import Runner


@pytest.fixture
def project(run_makemore: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Train a run in a project, then move the project and go there."""
    (tmp_path / "old" / "data").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "old")
    Path("data/words.txt").write_text("\n".join(["anna", "bob", "cara", "dan", "eva"] * 9))
    Path("val.txt").write_text("\n".join(["abe", "ben", "cab"]))
    flags = ["--data", "data/words.txt", "--val-data", "val.txt", "--batch-size", "8"]
    result = run_makemore("train", "--model", "mlp", *flags, "--max-steps", "3", "--out", "runs/a")
    assert result.exit_code == 0, result.stderr
    monkeypatch.chdir(tmp_path)
    shutil.move("old", "new")
    monkeypatch.chdir(tmp_path / "new")
    return tmp_path / "new"


def test_a_project_that_was_moved_goes_on(run_makemore: Runner, project: Path) -> None:
    assert run_makemore("eval", "--split", "val").exit_code == 0
    assert run_makemore("sample", "--novel", "-n", "2").exit_code == 0
    assert run_makemore("train", "--resume", "--max-steps", "6").exit_code == 0
    told = Checkpoint.load(Path("runs/a/last.safetensors")).config.data
    assert told.data == (project / "data" / "words.txt",)
    assert told.val_data == (project / "val.txt",)


def test_it_looks_where_it_was_told_last_and_then_beside_itself(
    project: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old" / "data"
    old.mkdir(parents=True)
    (old / "words.txt").write_text("other\nwords\n")
    assert "words" not in makemore.load("runs/a").corpus.documents, "others stand there now"
    shutil.copy(project / "data" / "words.txt", old)
    assert makemore.load("runs/a").corpus.source == str(old / "words.txt")


def test_the_same_documents_may_be_named_in_another_place(
    run_makemore: Runner, project: Path, tmp_path: Path
) -> None:
    shutil.move("data/words.txt", tmp_path / "elsewhere.txt")
    Path("other.txt").write_text("some\nother\nwords\n")
    place = str(tmp_path / "elsewhere.txt")
    for command in (
        ["eval", "--split", "val"],
        ["sample", "--novel", "-n", "2"],
        ["train", "--resume", "--max-steps", "6"],
    ):
        assert "No such file" in run_makemore(*command).stderr
        result = run_makemore(*command, "--data", "other.txt")
        assert (result.exit_code, "holds other documents than" in result.stderr) == (1, True)
        result = run_makemore(*command, "--data", place)
        assert result.exit_code == 0, result.stderr
    told = Checkpoint.load(Path("runs/a/last.safetensors")).config.data
    assert told.data == (Path(place),)
    assert run_makemore("train", "--resume", "--max-steps", "9").exit_code == 0


def test_a_file_named_by_the_user_is_not_exchanged_for_another(
    run_makemore: Runner, project: Path
) -> None:
    """Though the right one stands beside the run."""
    Path("other.txt").write_text("some\nother\nwords\n")
    resume = ["train", "--resume", "--max-steps", "6", "--data", "other.txt"]
    assert "other.txt holds other documents" in run_makemore(*resume).stderr


def test_a_checkpoint_alone_finds_what_lies_beside_it(project: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for path in (project / "runs/a/best.safetensors", project / "data/words.txt"):
        shutil.copy(path, there)
    shutil.copy(project / "val.txt", there)
    shutil.rmtree(project / "data")
    assert makemore.load(there / "best.safetensors").corpus.find("anna") == "train"


def test_a_folder_and_several_files_move_along(run_makemore: Runner, tmp_path: Path) -> None:
    for name in ("old/parts/a.txt", "old/parts/b.txt", "old/c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("anna\nbob\ncara\n" * 9)
    data = [tmp_path / "old/parts", tmp_path / "old/c.txt"]
    maker = makemore.train(data, model="bigram", out=tmp_path / "old/runs/a", show=False)
    shutil.move(tmp_path / "old", tmp_path / "new")
    moved = makemore.load(tmp_path / "new/runs/a").corpus
    assert moved.fingerprint == maker.fingerprint
    assert moved.source == f"{tmp_path / 'new/parts'} and 1 more"
    named = [tmp_path / "new/c.txt", tmp_path / "new/parts"]  # in another order, but alike
    loaded = makemore.load(tmp_path / "new/runs/a", data=named)
    assert loaded.evaluate("train", data=named).figures() == maker.evaluate("train").figures()
