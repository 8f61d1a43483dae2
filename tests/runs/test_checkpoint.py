"""A checkpoint comes back from its file as it was, and a file that is none is refused."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
from safetensors import safe_open

import makemore
from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.header import FORMAT
from makemore.training.learner import Learner
from tests.helpers import random_model, small_config


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path, checkpoint: Checkpoint) -> None:
    checkpoint.save(tmp_path / "x.safetensors")
    loaded = Checkpoint.load(tmp_path / "x.safetensors")
    for field in ("config", "vocabulary", "longest", "fingerprint", "progress", "n_parameters"):
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
    with pytest.raises(
        UserError, match="is damaged, or of another makemore: vocabulary: field required"
    ):
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


@pytest.mark.parametrize("model", ["transformer", "lstm", "wavenet"])
def test_to_load_a_checkpoint_imports_no_compiler(
    tmp_path: Path, corpus: Corpus, model: str
) -> None:
    """PyTorch's takes over a second, longer than twenty names."""
    path = tmp_path / "x.safetensors"
    Learner(small_config(model), corpus, torch.device("cpu")).maker.checkpoint().save(path)
    code = (
        "import sys; from pathlib import Path; from makemore.runs.checkpoint import Checkpoint\n"
        f"Checkpoint.load(Path({str(path)!r}))\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
