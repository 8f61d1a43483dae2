"""A checkpoint that doesn't fit is refused in a sentence, before it takes memory or time."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from torch import Tensor

import makemore
from makemore.errors import UserError
from tests.helpers import Runner

Change = Callable[[dict[str, Tensor], dict[str, str]], Any]


def save(path: Path, checkpoint: Path, change: Change) -> None:
    """Write a checkpoint once more, with a change."""
    with safe_open(checkpoint, framework="pt") as file:
        metadata = dict(file.metadata())
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(tensors, metadata)
    safetensors.torch.save_file(tensors, path, metadata)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Train a small run of several models."""
    folder = tmp_path_factory.mktemp("runs")
    data = folder / "data.txt"
    data.write_text("\n".join(["anna", "bob", "cara", "dan", "eva"] * 9))
    for model in ("mlp", "ngram", "bigram", "transformer", "gru"):
        steps: dict[str, Any] = {} if model in ("ngram", "bigram") else {"max_steps": 2}
        makemore.train(data, model=model, out=folder / model, show=False, **steps)
    return {model: folder / model for model in ("mlp", "ngram", "bigram", "transformer", "gru")}


def setting(name: str, value: object) -> Change:
    def change(_: dict[str, Tensor], metadata: dict[str, str]) -> None:
        metadata["config"] = json.dumps(json.loads(metadata["config"]) | {name: value})

    return change


def field(name: str, value: object) -> Change:
    return lambda _, metadata: metadata.update({name: json.dumps(value)})


def inside(name: str, key: str, value: object) -> Change:
    def change(_: dict[str, Tensor], metadata: dict[str, str]) -> None:
        metadata[name] = json.dumps(json.loads(metadata[name]) | {key: value})

    return change


def tensor(name: str, made: Callable[[Tensor], Tensor]) -> Change:
    return lambda tensors, _: tensors.update({name: made(tensors[name])})


CASES: dict[str, tuple[str, Change]] = {
    "a weight is missing": ("mlp", lambda t, _: t.pop("model.output.bias")),
    "a weight too many": ("mlp", lambda t, _: t.update({"model.more": torch.zeros(2)})),
    "another shape": ("mlp", tensor("model.output.bias", lambda t: t[1:].clone())),
    "no numbers": ("mlp", tensor("model.output.bias", lambda t: t * torch.nan)),
    "another type": ("mlp", tensor("model.output.bias", lambda t: t.double())),
    "a type of eight bits": ("mlp", tensor("model.output.bias", lambda t: t.to(torch.int8))),
    "no vocabulary": ("mlp", lambda _, m: m.pop("vocabulary")),
    "a vocabulary too short": ("mlp", field("vocabulary", "abc")),
    "an empty vocabulary": ("mlp", field("vocabulary", "")),
    "a vocabulary with doubles": ("mlp", field("vocabulary", "abcdenra")),
    "a list as vocabulary": ("mlp", field("vocabulary", list("abcdenrv"))),
    "a number as vocabulary": ("mlp", field("vocabulary", 8)),
    "null as vocabulary": ("mlp", field("vocabulary", None)),
    "longest is a string": ("mlp", inside("corpus", "longest", "4")),
    "longest is null": ("mlp", inside("corpus", "longest", None)),
    "longest is a float": ("mlp", inside("corpus", "longest", 4.5)),
    "longest is nothing": ("mlp", inside("corpus", "longest", 0)),
    "longest has 5,000 digits": (
        "mlp",
        lambda _, m: m.update(corpus=f'{{"longest": {"9" * 5000}}}'),
    ),
    "more in the corpus": ("mlp", inside("corpus", "more", 1)),
    "the step is a string": ("mlp", inside("progress", "step", "2")),
    "the step is a float": ("mlp", inside("progress", "step", 2.5)),
    "the step is null": ("mlp", inside("progress", "step", None)),
    "the step is below 0": ("mlp", inside("progress", "step", -1)),
    "no JSON": ("mlp", lambda _, m: m.update(progress="{")),
    "a config that is a list": ("mlp", field("config", ["mlp"])),
    "a config nested deep": ("mlp", lambda _, m: m.update(config="[" * 10**5 + "]" * 10**5)),
    "an unknown setting": ("mlp", setting("colour", "red")),
    "another model": ("mlp", setting("model", "gru")),
    "a share of 401 digits": ("mlp", setting("split", [10**400, 0, 0])),
    "a model that is a number": ("mlp", setting("model", 3)),
    "a billion layers": ("transformer", setting("n_layer", 10**9)),
    "a hundred thousand layers": ("transformer", setting("n_layer", 10**5)),
    "ten thousand channels": ("transformer", setting("n_embd", 10**4)),
    "ten million units": ("gru", setting("n_hidden", 10**7)),
    "a huge block": ("mlp", setting("block_size", 10**12)),
    "a huge order": ("ngram", setting("order", 10**9)),
    "ngram: an index out of range": ("ngram", tensor("model.characters", lambda t: t + 10**6)),
    "ngram: a negative offset": ("ngram", tensor("model.offsets", lambda t: t - 1)),
    "ngram: a wrong length": ("ngram", tensor("model.gammas", lambda t: t[:-1].clone())),
    "ngram: no nodes": ("ngram", tensor("model.keys", lambda t: t[:0].clone())),
    "ngram: a matrix": ("ngram", tensor("model.keys", lambda t: t[:, None].clone())),
    "ngram: no array of characters": ("ngram", lambda t, _: t.pop("model.characters")),
    "ngram: grams of two dimensions": (
        "ngram",
        lambda t, _: t.update(
            {
                f"model.{n}": t[f"model.{n}"][:, None].clone()
                for n in ("characters", "probabilities")
            }
        ),
    ),
    "ngram: a parent after its child": ("ngram", tensor("model.keys", lambda t: t * 100)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_is_a_sentence(
    run_makemore: Runner, trained: dict[str, Path], tmp_path: Path, case: str
) -> None:
    model, change = CASES[case]
    bad = tmp_path / "bad.safetensors"
    save(bad, trained[model] / "best.safetensors", change)
    for command in (["sample", "--run", str(bad)], ["eval", "--run", str(bad)]):
        result = run_makemore(*command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"makemore: {bad} is damaged, or of another makemore: ")
        assert len(result.stderr.splitlines()) == 1
        assert len(result.stderr) < 1000


def test_no_text_of_a_file_is_obeyed_by_a_terminal(
    run_makemore: Runner, trained: dict[str, Path], tmp_path: Path
) -> None:
    evil = "\x1b]0;evil\x07\x1b[2J\u202e"
    Path("evil.toml").write_text('"\\u001B[2J" = 3\n')
    Path("evil2.toml").write_text('model = "\\u001B[2J"\n')
    for name, change in {
        "format": lambda _, metadata: metadata.update(format=evil),
        "setting": setting(evil, 1),
        "model": setting("model", evil),
        "data": setting("data", evil),
        "fingerprint": inside("corpus", "fingerprint", evil * 9),
    }.items():
        save(tmp_path / name, trained["mlp"] / "best.safetensors", change)
    commands = [["sample", "--run", name, "--novel"] for name in ("format", "setting", "model")]
    commands += [["sample", "--run", "data", "--novel"], ["sample", "--run", "fingerprint"]]
    commands += [["train", "--config", "evil.toml"], ["train", "--config", "evil2.toml"]]
    for command in commands:
        result = run_makemore(*command)
        assert result.exit_code == 1
        assert not set(result.stdout + result.stderr) & set(evil.replace("evil", "")) - set(
            "]0;[2J"
        )


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors, _: tensors.pop("training.random.cpu"),
        lambda tensors, _: tensors.update({"training.more": torch.zeros(1)}),
        lambda tensors, _: tensors.update(
            {"training.x": tensors.pop(next(n for n in tensors if "optimizer" in n))}
        ),
        tensor("training.random.cpu", lambda t: t[:9].clone()),
        tensor("training.random.cpu", lambda t: torch.full_like(t, 255)),
        tensor("training.random.cpu", lambda t: t.float()),
    ],
)
def test_a_checkpoint_without_its_optimizer_does_not_resume(
    run_makemore: Runner, trained: dict[str, Path], tmp_path: Path, change: Change
) -> None:
    shutil.copytree(trained["gru"], tmp_path / "run")
    save(tmp_path / "run/last.safetensors", trained["gru"] / "last.safetensors", change)
    resume = ["train", "--resume", "--out", "run", "--max-steps", "4"]
    result = run_makemore(*resume)
    assert (result.exit_code, "doesn't hold what resuming needs" in result.stderr) == (1, True)
    shutil.copy(tmp_path / "run/best.safetensors", tmp_path / "run/last.safetensors")
    assert "doesn't hold what resuming needs" in run_makemore(*resume).stderr


@given(st.data())
def test_a_file_with_changed_bytes_is_read_or_refused(
    trained: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    model = data.draw(st.sampled_from(sorted(trained)))
    whole = bytearray((trained[model] / "best.safetensors").read_bytes())
    header = int.from_bytes(whole[:8], "little") + 8
    for place, byte in data.draw(
        st.lists(st.tuples(st.integers(0, header), st.integers(0, 255)), min_size=1, max_size=3)
    ):
        whole[place] = byte
    path = tmp_path_factory.getbasetemp() / "mutated.safetensors"
    path.write_bytes(whole)
    with suppress(UserError):
        list(makemore.load(path).draw(2, max_length=5, seed=1, places=False))
