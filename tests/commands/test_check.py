"""Checks, by the command that a user types."""

import json
import re
from pathlib import Path

import pytest

from tests.helpers import Runner, write_file

LOOKS_AHEAD = """
import torch
from torch import nn


class Ahead(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.rows = nn.Embedding(vocab_size, vocab_size)

    def forward(self, tokens):
        return self.rows(tokens) + torch.roll(self.rows(tokens), -1, dims=1)


class Shapeless(Ahead):
    def forward(self, tokens):
        return self.rows(tokens)[:, -1]
"""


def test_a_healthy_model_is_a_table_with_status_0(run: Runner) -> None:
    result = run("check", "--model", "mlp", "--data", "data.txt")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert "data.txt: 2,000 documents" in lines[0]
    assert lines[2].split() == ["check", "found"]
    assert lines[3].startswith("ok     loss at the start")
    assert lines[4].startswith("ok  1  one batch is learned")
    assert lines[-1] == "16 checks of mlp: 16 passed."


def test_a_sick_model_has_status_1_and_all_findings(run_makemore: Runner, tmp_path: Path) -> None:
    write_file(tmp_path / "mine.py", LOOKS_AHEAD)
    result = run_makemore("check", "--model", "mine.py:Ahead", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    found = json.loads(result.stdout)
    assert (found["model"], found["healthy"], len(found["findings"])) == ("Ahead", False, 16)
    marks = {one["name"]: one["mark"] for one in found["findings"]}
    assert marks["no later character"] == "failed"
    assert marks["rows stand apart"] == "passed"
    by_name = {one["name"]: one["mistake"] for one in found["findings"]}
    assert {number for number in by_name.values() if number} == {1, 2, 3, 4, 5, 6}
    assert not list(tmp_path.glob("runs"))


def test_the_sick_model_of_the_docs_is_found_and_cured(
    run_makemore: Runner, tmp_path: Path
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    sick = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0]
    shown = re.findall(r"^FAILED  [ \d]  ([a-z ]+?)  ", page, re.MULTILINE)
    write_file(tmp_path / "sick.py", sick)
    assert failures_of(run_makemore, "sick.py:Sick") == shown[:-1]
    better = sick.replace("nn.Linear(30, 200)", "nn.Linear(30, 200, bias=False)")
    better = better.replace("(2, 1)", "(2, 0)").replace("[:, 1:]", "").replace(".softmax(-1)", "")
    write_file(tmp_path / "better.py", better)
    assert failures_of(run_makemore, "better.py:Sick") == shown[-1:]
    cured = better.replace("normal_(self.output.weight)", "normal_(self.output.weight, std=0.01)")
    write_file(tmp_path / "cured.py", cured)
    assert failures_of(run_makemore, "cured.py:Sick") == []


def failures_of(run_makemore: Runner, model: str) -> list[str]:
    found = json.loads(run_makemore("check", "--model", model, "--json").stdout)
    return [one["name"] for one in found["findings"] if one["mark"] == "failed"]


def test_a_run_is_checked(run: Runner) -> None:
    result = run("check", "--run", "one", "--json")
    assert result.exit_code == 0
    first = json.loads(result.stdout)["findings"][0]
    assert (first["mark"], first["found"]) == ("not applicable", "These weights are trained.")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--run", "one", "--model", "mlp"], 2, "--run has settings of its own"),
        (["--model", "mlp", "--n-head", "2"], 2, "--n-head: belongs to transformer"),
        (["--run", "nowhere"], 1, "nowhere"),
        (["--data", "nowhere.txt"], 1, "nowhere.txt"),
        (["--model", "nowhere.py:Mine"], 1, "There is no file"),
        (["--model", "mine.py:Shapeless"], 1, "logits (B, T, vocab_size)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_can_t_be_checked_is_a_sentence(
    run_makemore: Runner, tmp_path: Path, arguments: list[str], status: int, said: str
) -> None:
    write_file(tmp_path / "mine.py", LOOKS_AHEAD)
    result = run_makemore("check", *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
