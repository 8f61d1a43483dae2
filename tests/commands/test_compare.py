"""`makemore compare`."""

import json
import signal
from pathlib import Path

import pytest

import makemore
from makemore.corpus.reading import embedded_names
from tests.helpers import Runner, in_terminal, start_makemore

FLAGS = ["--data", "data.txt", "--max-steps", "20"]
OWN = """
import torch


class Pairs(torch.nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.table = torch.nn.Embedding(vocab_size, vocab_size)

    def forward(self, tokens):
        return self.table(tokens)
"""


def test_the_table_is_that_of_the_library(run: Runner) -> None:
    shown = run("compare", *FLAGS, "--models", "ngram,bigram")
    assert (shown.exit_code, shown.stderr) == (0, "")
    found = makemore.compare("data.txt", models="ngram,bigram", show=False)
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("data.txt") or "data.txt: 2,000 documents" in lines[0]
    table = lines[2 : 2 + 6]
    for line, entry in zip([row for row in table if "gram" in row], found.models, strict=True):
        cells = line.split()
        assert cells[0] == entry.model
        assert cells[-2] == f"{entry.val_loss:.4f}"
    assert lines[9] == "samples of ngram"
    assert found.best is not None
    assert lines[10:] == found.best.samples


def test_json_is_one_object(run: Runner) -> None:
    (line,) = run("compare", *FLAGS, "--models", "mlp", "--json").stdout.splitlines()
    (model,) = json.loads(line)["models"]
    assert (model["model"], model["state"], model["step"]) == ("mlp", "finished", 20)


def test_a_user_s_own_model_stands_among_the_others(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN)
    models = f"bigram,{tmp_path / 'own.py'}:Pairs"
    shown = json.loads(run("compare", *FLAGS, "--models", models, "--json").stdout)
    assert {model["model"] for model in shown["models"]} == {"bigram", "Pairs"}
    assert all(model["state"] == "finished" for model in shown["models"])


def test_a_terminal_shows_the_table_as_it_fills_in_and_in_the_end_once(trained: Path) -> None:
    shown = in_terminal("compare", *FLAGS, "--models", "bigram,mlp", cwd=trained)
    assert "compressing" in shown
    last = shown[shown.rindex("bits/char") :]
    assert last.index("mlp") > 0 < last.index("bzip2")
    assert "samples of" in last


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_done(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "names.txt").write_text("\n".join(embedded_names().read_text().split()[:500]))
    (tmp_path / "slow.py").write_text(f"{OWN}\n\nprint('built', flush=True)\n")
    flags = ["--models", "bigram,slow.py:Pairs,mlp", "--max-steps", "1000000"]
    process = start_makemore("compare", "--data", "names.txt", *flags, cwd=tmp_path)
    assert process.stdout is not None
    while process.stdout.readline() != "built\n":
        pass
    process.send_signal(number)
    shown, error = process.communicate()
    assert (process.returncode, error) == (128 + number, "")
    assert "\nbigram " in shown
    assert "mlp.\n" in shown[shown.index("\nStopped before ") :]


def test_what_cannot_be_is_refused_before_anything_is_read(run: Runner) -> None:
    result = run("compare", "--data", "nowhere.txt", "--models", "mpl")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'mpl' is none of" in result.stderr
    assert run("compare", "--n-head", "4").exit_code == 2
    result = run("compare", "--data", "nowhere.txt")
    assert (result.exit_code, result.stdout) == (1, "")
