"""The figures in the README have commands that still run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run_benchmark(name: str, *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "benchmarks" / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_bigram_of_lecture_one_is_reproduced() -> None:
    shown = run_benchmark("published.py", "bigram")
    found = re.search(r"\| 2\.454 \| (\d\.\d{4}) train \|", shown)
    assert found is not None
    assert float(found[1]) == pytest.approx(2.454, abs=1e-3)


def test_a_figure_without_its_corpus_says_what_to_give() -> None:
    assert "give --shakespeare FILE" in run_benchmark("published.py", "shakespeare")


def test_the_table_of_models_has_a_row_for_each() -> None:
    shown = run_benchmark("models.py", "bigram", "ngram")
    losses = re.findall(r"\| `(\w+)` \| [\d,]+ \| [\d.]+ s \| (\S+) \| (\S+) \| (\S+) \|", shown)
    assert [row[0] for row in losses] == ["bigram", "ngram"]
    assert all(float(loss) < 2.5 for row in losses for loss in row[1:])


def test_every_published_recipe_but_the_gpu_s_has_a_figure() -> None:
    listed = run_benchmark("published.py", "--help")
    for path in (ROOT / "configs" / "published").glob("*.toml"):
        assert path.stem == "gpt" or path.stem in listed
