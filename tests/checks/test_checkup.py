"""The checkup as a whole: sick models are found sick, healthy ones healthy."""

from pathlib import Path
from typing import Any

import pytest
import torch

import makemore
from makemore.checks.checkup import CHECKS, check_subject, run_check
from makemore.checks.finding import Finding, Findings
from makemore.checks.subject import Subject
from makemore.models import ARCHITECTURES
from makemore.runs.settings import read_settings
from tests.helpers import write_file

pytestmark = pytest.mark.usefixtures("one_thread")
LONG = pytest.mark.campaign
QUICK = {"bigram", "mlp", "transformer"}

SICK = """
import torch
import torch.nn.functional as F
from torch import nn

from makemore.models.base import Model, cross_entropy


class Healthy(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 16)
        self.hidden = nn.Linear(16, 32)
        self.output = nn.Linear(32, vocab_size)

    def between(self, x):
        return x

    def forward(self, tokens):
        x = torch.tanh(self.hidden(self.embedding(tokens)))
        return self.output(self.between(x))


class Softmaxed(Healthy):
    def forward(self, tokens):
        return super().forward(tokens).softmax(-1)


class AlwaysDropped(Healthy):
    def between(self, x):
        return F.dropout(x, 0.5)


class Subtracted(Healthy):
    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        self.norm = nn.BatchNorm1d(16)
        self.embedding = nn.Embedding(vocab_size, 16)
        self.before = nn.Linear(16, 16)

    def forward(self, tokens):
        x = self.before(self.embedding(tokens))
        x = self.norm(x.flatten(0, -2)).view(x.shape)
        return self.output(torch.tanh(self.hidden(x)))


class Ahead(Healthy):
    def between(self, x):
        return x + torch.roll(x, -1, dims=1)


class FarAhead(Healthy):
    def between(self, x):
        return x + torch.roll(x, -5, dims=1)


class MixedRows(Healthy):
    def between(self, x):
        return x + x.flip(0)


class Unused(Healthy):
    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        self.forgotten = nn.Linear(3, 3)


class Frozen(Healthy):
    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        self.hidden.weight.requires_grad = False


class InAList(Healthy):
    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        self.layers = [nn.Linear(32, 32), nn.Linear(32, 32)]

    def between(self, x):
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return x


class Nothing(Healthy):
    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)


class Saturated(Healthy):
    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        nn.init.normal_(self.hidden.weight, std=3.0)


class Confident(Healthy):
    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        nn.init.normal_(self.output.weight, std=3.0)


class Constant(Healthy):
    def between(self, x):
        return 0 * x


class Contract(Model):
    block_size = 12

    def __init__(self, vocab_size):
        super().__init__(vocab_size)
        self.inner = Healthy(vocab_size)

    def forward(self, tokens):
        return self.inner(tokens).cumsum(1)


class WrongStep(Contract):
    def step(self, tokens, state, rows=None):
        return super().step(tokens, state, None)


class Broken(Contract):
    def step(self, tokens, state):
        raise ZeroDivisionError


class LossOfProbabilities(Contract):
    def loss(self, table):
        return cross_entropy(self.predict_table(table).softmax(-1), table)
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with sick models and 500 names."""
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path / "sick.py", SICK)
    names = Path(__file__).parents[2] / "data" / "names.txt"
    return write_file(tmp_path / "few.txt", "\n".join(names.read_text().split()[:500]))


def subject_of(model: str) -> Subject:
    config = read_settings(None, {"data": "few.txt", "model": f"sick.py:{model}"})
    return Subject(config, config.data.load(), torch.device("cpu"))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Confident", "loss at the start"),
        ("Constant", "one batch is learned"),
        ("AlwaysDropped", "evaluation repeats itself"),
        ("Softmaxed", "logits are raw"),
        ("LossOfProbabilities", "loss takes logits"),
        ("Subtracted", "no bias is subtracted"),
        ("Ahead", "no later character"),
        ("FarAhead", "no later character"),
        ("MixedRows", "rows stand apart"),
        ("Unused", "every parameter learns"),
        ("Frozen", "every parameter learns"),
        ("InAList", "every parameter learns"),
        ("Nothing", "every parameter learns"),
        ("Saturated", "no unit is stuck"),
        ("WrongStep", "paths agree"),
        ("Broken", "paths agree"),
    ],
)
@pytest.mark.usefixtures("small")
def test_a_model_with_one_mistake_fails_where_it_should(model: str, name: str) -> None:
    check = next(check for check in CHECKS if check.name == name)
    verdict = run_check(check, subject_of(model))
    assert verdict.mark == "failed"
    assert verdict.cure
    if model in ("Ahead", "Subtracted"):  # a healthy one passes, whatever the check
        assert run_check(check, subject_of("Healthy")).mark == "passed"


@pytest.mark.usefixtures("small")
def test_chance_is_taken_for_no_dependence() -> None:
    findings = check_subject(subject_of("AlwaysDropped"))
    wrong = {one.name for one in findings.with_mark("failed")}
    assert wrong == {"evaluation repeats itself", "one batch is learned"}  # never by heart
    assert (findings[-1].name, findings[-1].mark) == ("paths agree", "not applicable")


@pytest.mark.usefixtures("small")
def test_one_mistake_hides_no_other_finding() -> None:
    findings = check_subject(subject_of("Broken"))
    assert [one.name for one in findings.with_mark("failed")] == ["paths agree"]
    assert "takes 3 positional arguments but 4" in findings[-1].found
    assert len(findings.with_mark("passed")) == 14  # its sums begin a little too sure
    assert check_subject(subject_of("Contract")).healthy


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_model_is_healthy_on_names(name: str) -> None:
    findings = makemore.check(model=name)
    assert [one for one in findings if one.mark in ("failed", "warning")] == []
    assert len(findings) == 16


@pytest.mark.parametrize(
    "name", [m if m in QUICK else pytest.param(m, marks=LONG) for m in ARCHITECTURES]
)
@pytest.mark.filterwarnings("ignore:.* looks like a list")
def test_every_model_is_healthy_on_a_text(small: Path, name: str) -> None:
    findings = makemore.check(small, format="text", model=name, batch_size=8)
    assert [one for one in findings if one.mark in ("failed", "warning")] == []


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("bigram", {"fit": "gradient"}),
        ("mlp", {"norm": "batch", "n_layer": 3}),
        ("mlp", {"norm": "batch", "gradients": "by-hand"}),
        ("mlp", {"optimizer": "sgd"}),
        ("transformer", {"dropout": 0.2, "zero_init": True, "activation": "relu"}),
    ],
)
def test_the_choices_of_a_model_are_healthy_too(
    small: Path, model: str, settings: dict[str, Any]
) -> None:
    assert makemore.check(small, model=model, **settings).with_mark("failed") == []


def test_a_run_is_checked_with_its_own_weights(small: Path) -> None:
    maker = makemore.train(small, model="mlp", max_steps=60, out="run", show=False)
    findings = makemore.check(run="run")
    assert findings[0].found == "These weights are trained."
    assert findings.healthy
    assert findings.model == maker.config.name == "mlp"
    with pytest.raises(makemore.UsageError, match="settings of its own"):
        makemore.check(run="run", model="mlp")
    small.write_text(small.read_text() + "\nßßß\n")
    with (
        pytest.warns(makemore.MakemoreWarning, match="has changed"),
        pytest.raises(makemore.UserError, match="other characters than when the run"),
    ):
        makemore.check(run="run")


def test_a_check_leaves_the_caller_s_random_numbers_alone(small: Path) -> None:
    torch.manual_seed(5)
    makemore.check(small, model="mlp")
    after = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(after, torch.rand(1))


def test_findings_show_themselves_as_a_table_and_as_json() -> None:
    findings = Findings(
        "mine",
        "names.txt: 5 documents",
        [
            Finding("logits are raw", 4, "failed", "They sum to 1.", "Leave out the softmax."),
            Finding("paths agree", None, "passed", "By \x1b[31m 0.", ""),
        ],
    )
    assert not findings.healthy
    assert findings.summary() == "2 checks of mine: 1 passed, 1 failed."
    shown = repr(findings)
    assert "FAILED  4  logits are raw  They sum to 1. Leave out the softmax." in shown
    assert "\\x1b[31m" in shown
    assert findings.figures()["findings"][0] == {
        "name": "logits are raw",
        "mistake": 4,
        "mark": "failed",
        "found": "They sum to 1.",
        "cure": "Leave out the softmax.",
    }
