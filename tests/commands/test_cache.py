"""`makemore cache` lists what is kept of large corpora, and clears it."""

import json
from pathlib import Path

import pytest

from makemore.corpus import loading
from makemore.corpus.loading import load_corpus
from tests.helpers import Runner, write_file


@pytest.fixture
def _kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path / "cache")
    monkeypatch.setattr("makemore.corpus.pieces._cores", lambda: 0)
    monkeypatch.setattr(loading, "LARGE", 100)
    load_corpus(write_file(tmp_path / "\x1b[31m[red]words.txt", "word\n" * 999))


@pytest.mark.usefixtures("_kept")
def test_what_is_kept_is_listed_and_cleared(run_makemore: Runner, tmp_path: Path) -> None:
    listed = run_makemore("cache").stdout
    assert "\\x1b[31m[red]words.txt" in listed  # neither a terminal's nor rich's colours
    assert "999  3,996" in " ".join(listed.split()).replace(" ", "  ")
    one = json.loads(run_makemore("cache", "--json").stdout)
    assert (one["documents"], one["characters"]) == (999, 3996)
    kept = (tmp_path / "cache" / "corpora" / one["name"]).iterdir()
    assert one["bytes"] == sum(file.stat().st_size for file in kept)
    assert f"removed from {tmp_path / 'cache'}" in run_makemore("cache", "clear").stdout
    assert "Nothing is kept in" in run_makemore("cache").stdout
    assert run_makemore("cache", "--json").stdout == ""


def test_nothing_else_can_be_done_with_it(run_makemore: Runner) -> None:
    assert run_makemore("cache", "burn").exit_code == 2
