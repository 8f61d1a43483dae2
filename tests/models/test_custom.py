"""A user's own model, from a file."""

import re
from pathlib import Path

import pytest
import torch

from makemore.errors import UserError
from makemore.models import build_model
from makemore.models.settings import CustomSettings
from makemore.models.trust import trust
from tests.helpers import Runner

DOCS = Path(__file__).parents[2] / "docs" / "your-own-model.md"

MODELS = """
from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from makemore.models.base import Model
import beside


class Table(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.rows = nn.Embedding(vocab_size, vocab_size)

    def forward(self, tokens):
        return self.rows(tokens)


class Sized(Table):
    def __init__(self, vocab_size, block_size):
        super().__init__(vocab_size)
        self.places = nn.Embedding(block_size, vocab_size)

    def forward(self, tokens):
        return self.rows(tokens) + self.places.weight[: tokens.shape[1]]


class Window(Model):
    context_length = 1

    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        self.rows = nn.Embedding(vocab_size, vocab_size)

    def forward(self, tokens):
        return self.rows(tokens)


class Tied(Table):
    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        self.head = nn.Linear(vocab_size, vocab_size, bias=False)
        self.head.weight = self.rows.weight

    def forward(self, tokens):
        return self.head(self.rows(tokens))


@dataclass
class Sizes:
    width: int = 3


class Windowed(Window):
    context_length = 3

    def forward(self, tokens):
        return self.rows(tokens).cumsum(1)


class Empty(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()

    def forward(self, tokens):
        return torch.zeros(*tokens.shape, 5)


class Mixed(Table):
    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        self.scale = nn.Parameter(torch.ones(1, dtype=torch.float64))


class Detached(Table):
    def forward(self, tokens):
        return self.rows(tokens).detach()


class Few(Table):
    def forward(self, tokens):
        return self.rows(tokens) + torch.zeros(8)[torch.arange(tokens.shape[1])][:, None]


class FarAhead(Table):
    def forward(self, tokens):
        return self.rows(tokens) + torch.roll(self.rows(tokens), -5, dims=1)


class Random(Table):
    def forward(self, tokens):
        return nn.functional.dropout(self.rows(tokens), 0.5)


class Claims(Table):
    def forward(self, tokens):
        assert False


class Ahead(Table):
    def forward(self, tokens):
        return self.rows(tokens) + self.rows(tokens).sum(1, keepdim=True)


class LastOnly(Table):
    def forward(self, tokens):
        return self.rows(tokens)[:, -1]


class Broken(Table):
    def forward(self, tokens):
        return self.columns(tokens)


class Stepping(Model):
    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        self.inputs = nn.Embedding(vocab_size, 16)
        self.old = nn.Linear(16, 16)
        self.head = nn.Linear(16, vocab_size)

    def forward(self, tokens):
        h, found = torch.zeros(len(tokens), 16), []
        for x in self.inputs(tokens).unbind(1):
            h = torch.tanh(x + self.old(h))
            found.append(h)
        return self.head(torch.stack(found, 1))

    def step(self, tokens, state, rows=None):
        h = torch.zeros(len(tokens), 16) if state is None else state[0]
        h = torch.tanh(self.inputs(tokens) + self.old(h if rows is None else h[rows]))
        return self.head(h), (h,)


class Ignoring(Stepping):
    def step(self, tokens, state, rows=None):
        return super().step(tokens, None if rows is not None else state)


class Old(Stepping):
    def step(self, tokens, state):
        return super().step(tokens, state)


class Mistaken(Stepping):
    def table_logits(self, table):
        return self.head(torch.tanh(self.inputs(table.tokens)))


class Choosy(Table):
    def __init__(self):
        super().__init__(3)


NUMBER = 3
"""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("")
    file = tmp_path / "models.py"
    file.write_text(MODELS)
    trust(f"{file}:Table")
    return file


def example() -> str:
    found = re.search(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def commands() -> list[list[str]]:
    found = re.search(r"```sh\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found is not None
    return [line.split()[1:] for line in found[1].splitlines()]


def test_the_example_of_the_docs_trains_samples_and_evaluates(run_makemore: Runner) -> None:
    Path("trigram.py").write_text(example())
    assert [command[0] for command in commands()] == ["train", "sample", "eval"]
    for command in commands():
        result = run_makemore(*command)
        assert (result.exit_code, result.stderr) == (0, "")
        if command[0] == "train":
            loss = re.search(r"val loss +(\d\.\d+)", result.stdout)
            assert loss is not None
            assert float(loss[1]) < 2.4629, "it sees more than the bigram"
    (run,) = Path("runs").iterdir()
    assert run.name.endswith("-Trigram")


def test_a_run_of_one_s_own_model_resumes_from_any_folder(
    run_makemore: Runner, tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ["--model", "models.py:Sized", "--max-steps", "3"]
    assert run_makemore("train", *flags, "--out", "run").exit_code == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    resume = ["train", "--resume", "--model", "../models.py:Sized", "--out", "../run"]
    assert run_makemore(*resume, "--max-steps", "5").exit_code == 0
    assert run_makemore("sample", "--run", "../run").exit_code == 0
    flags = ["--model", "../models.py:Table", "--format", "text", "--max-steps", "3"]
    (tmp_path / "text.txt").write_text("to be or not to be\n" * 50)
    assert run_makemore("train", *flags, "--data", "../text.txt", "--out", "text").exit_code == 0


def test_a_model_with_a_step_of_its_own_is_sampled(run_makemore: Runner, models: Path) -> None:
    flags = ["--model", "models.py:Stepping", "--max-steps", "3"]
    assert run_makemore("train", *flags).exit_code == 0
    for flags in ([], ["--distinct"]):
        result = run_makemore("sample", "-n", "50", "--seed", "1", *flags)
        assert result.exit_code == 0, result.stderr
        assert len(result.stdout.splitlines()) == 50


def test_a_module_is_told_the_block_where_it_asks(models: Path) -> None:
    settings = CustomSettings(block_size=12)
    assert build_model(f"{models}:Sized", settings, 5).n_parameters == 5 * 5 + 12 * 5
    assert build_model(f"{models}:Table", settings, 5).block_size == 12


def test_a_class_of_the_contract_is_taken_as_it_is(models: Path) -> None:
    model = build_model(f"{models}:Window", CustomSettings(block_size=12), 5)
    assert (type(model).__name__, model.context_length, model.block_size) == ("Window", 1, None)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("models.py:Ahead", "looks ahead"),
        ("models.py:Ignoring", "Ignoring.step gives other logits than its forward"),
        ("models.py:Old", "takes 3 positional arguments but 4 were given"),
        ("models.py:Mistaken", "Mistaken.table_logits gives other logits than its forward"),
        ("models.py:FarAhead", "looks ahead"),
        ("models.py:Random", "Random predicts at random"),
        ("models.py:LastOnly", r"gives \(2, 5\) for tokens of shape \(2, 12\)"),
        ("models.py:Empty", "has no parameters to train"),
        ("models.py:Mixed", "parameters of several types: torch.float32, torch.float64"),
        ("models.py:Detached", "logits without a gradient"),
        ("models.py:Few", r"models.py, line \d+: IndexError: .* out of bounds"),
        ("models.py:Windowed", "has a context_length, but its logits change with it"),
        ("models.py:Claims", r"models.py, line \d+: AssertionError\.$"),
        ("imports.py:Table", r"beside_too.py, line 1: SyntaxError"),
        ("models.py:Broken", r"models.py, line \d+: AttributeError: .* no attribute 'columns'"),
        ("models.py:Choosy", r"models.py: TypeError: .*takes 1 positional argument"),
        ("models.py:NUMBER", "has no class NUMBER that is a torch.nn.Module"),
        ("models.py:Nowhere", "has no class Nowhere"),
        ("nowhere.py:Table", "There is no file .*nowhere.py to take a model from"),
        ("wrong.py:Table", r"wrong.py, line 2: SyntaxError"),
        ("fails.py:Table", r"fails.py, line 1: ZeroDivisionError"),
        ("ends.py:Table", r"ends.py, line 2: SystemExit: 0"),
    ],
)
def test_what_is_wrong_with_a_file_is_a_sentence(
    tmp_path: Path, models: Path, name: str, message: str
) -> None:
    (tmp_path / "wrong.py").write_text("\nclass Table(:\n")
    (tmp_path / "fails.py").write_text("1 / 0\n")
    (tmp_path / "ends.py").write_text("import sys\nsys.exit(0)\n")
    (tmp_path / "imports.py").write_text("import beside_too\n")
    (tmp_path / "beside_too.py").write_text("class\n")
    trust(str(tmp_path / name))
    with pytest.raises(UserError, match=message) as error:
        build_model(str(tmp_path / name), CustomSettings(block_size=12), 5)
    assert len(str(error.value).splitlines()) == 1


def test_a_refused_model_leaves_no_run_behind(run_makemore: Runner, models: Path) -> None:
    result = run_makemore("train", "--model", "models.py:Ahead", "--max-steps", "3")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert not Path("runs").exists()


def test_a_file_that_has_changed_since_training_is_a_sentence(
    run_makemore: Runner, models: Path
) -> None:
    assert run_makemore("train", "--model", "models.py:Table", "--max-steps", "3").exit_code == 0
    models.write_text(MODELS.replace("self.rows", "self.lines"))
    for command in (["sample"], ["train", "--resume", "--max-steps", "4"]):
        assert "has changed since the model was trained" in run_makemore(*command).stderr
        assert "has other weights than when it was" in run_makemore(*command, "--trust").stderr
    models.unlink()
    assert "There is no file" in run_makemore("sample").stderr


def test_a_model_with_tied_weights_is_saved_and_sampled(run_makemore: Runner, models: Path) -> None:
    assert run_makemore("train", "--model", "models.py:Tied", "--max-steps", "3").exit_code == 0
    assert run_makemore("sample").exit_code == 0
    assert run_makemore("train", "--resume", "--max-steps", "5").exit_code == 0


def test_probing_draws_no_random_number(models: Path) -> None:
    torch.manual_seed(3)
    build_model(f"{models}:Table", CustomSettings(block_size=12), 5)
    after = torch.rand(1)
    torch.manual_seed(3)
    torch.nn.Embedding(5, 5)
    assert torch.equal(after, torch.rand(1))
