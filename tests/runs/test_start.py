"""A new run starts from the weights of another."""

from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
import torch

import makemore
from makemore.models import ARCHITECTURES
from makemore.runs.checkpoint import Checkpoint
from makemore.training.learner import Learner
from tests.helpers import Runner

TRAINED = [name for name in ARCHITECTURES if name not in ("bigram", "ngram")]
FINNISH = Path(__file__).with_name("finnish.txt")


@pytest.fixture
def words(tmp_path: Path) -> Path:
    file = tmp_path / "words.txt"
    file.write_text(
        "\n".join(["abba", "baba", "cab", "dada", "bead", "deaf", "fade", "cafe", "face", "ace"])
    )
    return file


@pytest.mark.parametrize("model", TRAINED)
def test_old_rows_stay_and_new_ones_are_fresh(
    run_makemore: Runner, tmp_path: Path, words: Path, model: str
) -> None:
    """Before the first step the old characters have the probabilities of the old model."""
    flags = ["--model", model, "--max-steps", "2", "--split", "0.9,0.1,0", "--out", "old"]
    assert run_makemore("train", "--data", str(words), *flags).exit_code == 0
    other = tmp_path / "other.txt"
    other.write_text("\n".join(["bea", "fée", "zazen", "az", "zebra-fée-café"] * 3))
    with Learner.of(init_from="old", data=str(other), max_steps=0) as learner:
        old, new = makemore.load("old"), learner.maker
        assert new.config.name == model
        assert new.vocabulary.characters == "abcdef" + "-nrzé"
        assert learner.new_characters == "-nrzé"
        assert new.longest == 14
        prompt = new.vocabulary.encode("deaf")
        tokens = torch.tensor([[0, *prompt]])
        with torch.no_grad():
            learner.model.eval()
            found, before = learner.model(tokens), old.model(tokens)
        assert torch.allclose(found[..., : len(old.vocabulary)], before, atol=1e-5)


def test_the_run_says_where_it_came_from_and_resumes(run_makemore: Runner, words: Path) -> None:
    flags = ["--model", "mlp", "--n-embd", "7", "--batch-size", "4"]
    assert run_makemore("train", "--data", str(words), "--max-steps", "2", "--out", "old", *flags)
    other = words.with_name("other.txt")
    other.write_text("\n".join(["zoé", "zazen", "az", "abba"] * 5))
    flags = ["--from", "old", "--data", str(other), "--max-steps", "4"]
    result = run_makemore("train", *flags, "--out", "new")
    assert result.exit_code == 0
    assert (
        f"starting from {Path('old/best.safetensors').absolute()}; new to it: nozé" in result.stdout
    )
    config = Checkpoint.load(Path("new/last.safetensors")).config
    assert config.training.init_from == Path("old/best.safetensors").absolute()
    assert (config.name, config.values()["n_embd"], config.training.batch_size) == ("mlp", 7, 4)
    assert 'init_from = "' in Path("new/config.toml").read_text()

    rmtree("old")
    assert run_makemore("train", "--resume", "--out", "new", "--max-steps", "6").exit_code == 0
    assert run_makemore("sample", "--run", "new", "--prompt", "fade").exit_code == 0


def test_a_resumed_run_ends_as_one_that_was_not_interrupted(words: Path, tmp_path: Path) -> None:
    makemore.train(words, model="gru", max_steps=2, out=tmp_path / "old", show=False)
    other = tmp_path / "other.txt"
    other.write_text("\n".join(["zoé", "zazen", "az", "abba"] * 5))
    how: dict[str, Any] = {"init_from": str(tmp_path / "old"), "show": False, "max_steps": 6}
    whole = makemore.train(other, out=tmp_path / "whole", **how)
    stops = iter([False] * 4 + [True] * 9)
    makemore.train(other, out=tmp_path / "parts", should_stop=lambda: next(stops), **how)
    parts = makemore.resume(tmp_path / "parts", show=False)
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, parts.model.state_dict()[name])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--n-embd", "8"], "embedding.weight has the shape (7, 10) there and (7, 8) here"),
        (["--model", "gru"], "the weights of mlp, which gru has not: leave out --model"),
        (["--model", "bigram"], "the weights of mlp, which bigram has not"),
        (["--from", "nowhere"], "nowhere holds no run"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    run_makemore: Runner, words: Path, flags: list[str], message: str
) -> None:
    command = ["train", "--data", str(words), "--max-steps", "1"]
    assert run_makemore(*command, "--model", "mlp", "--out", "old").exit_code == 0
    result = run_makemore(*command, "--from", "old", *flags, "--out", "new")
    assert (result.exit_code in (1, 2), message in result.stderr) == (True, True), result.stderr
    assert not Path("new").exists()


def test_counts_are_no_weights(run_makemore: Runner, words: Path) -> None:
    command = ["train", "--data", str(words)]
    assert run_makemore(*command, "--model", "ngram", "--out", "old").exit_code == 0
    result = run_makemore(*command, "--from", "old", "--out", "new")
    assert (result.exit_code, "has no weights to start from" in result.stderr) == (1, True)


def test_a_little_data_of_another_language_is_learned_sooner(tmp_path: Path) -> None:
    """American names first, then three hundred Finnish ones."""
    shape: dict[str, Any] = {
        "model": "mlp",
        "n_embd": 8,
        "n_hidden": 64,
        "batch_size": 64,
        "show": False,
    }
    makemore.train(max_steps=150, **shape).save(tmp_path / "old.safetensors")
    how: dict[str, Any] = {"max_steps": 40, "eval_interval": 10, "show": False}
    scratch = makemore.train(FINNISH, **shape | how)
    begun = makemore.train(FINNISH, init_from=str(tmp_path / "old.safetensors"), **how)
    assert min(losses(begun)) < min(losses(scratch)) - 0.05
    assert all(a < b for a, b in zip(losses(begun), losses(scratch), strict=True))


def losses(maker: makemore.Maker) -> list[float]:
    return [loss for one in maker.metrics if (loss := one.get("loss/val")) is not None]


def test_a_run_is_started_from_as_its_documents_are_cut(
    run_makemore: Runner, tmp_path: Path
) -> None:
    Path("levels.txt").write_text("##\n#.\n\n#.\n##\n\n" * 20)
    flags = ["--model", "mlp", "--max-steps", "2", "--data", "levels.txt", "--out", "first"]
    assert run_makemore("train", *flags, "--separator", "blank").exit_code == 0
    more = ["--from", "first", "--data", "levels.txt", "--out", "second"]
    result = run_makemore("train", *more)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "40 documents (2 distinct)" in result.stdout
