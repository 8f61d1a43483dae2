"""Paths become bytes."""

import gzip
import io
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.sources import STDIN, name_of, read_sources
from makemore.errors import UserError
from tests.helpers import write_file


@given(st.binary().filter(lambda content: not content.startswith(b"\x1f\x8b")))
def test_a_gzipped_file_is_the_plain_one(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("gz")
    plain = write_file(folder / "x.CSV", content)
    packed = write_file(folder / "x.csv.gz", gzip.compress(content))
    one, other = read_sources([plain, packed])
    assert (one.content, one.suffix) == (other.content, other.suffix) == (content, ".csv")


def test_a_folder_gives_its_files_sorted_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/.hidden", ".git/x.txt", "c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_file(tmp_path / name, name)
    assert [s.content.decode() for s in read_sources(tmp_path)] == ["a/z.txt", "b.txt", "c"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty is a folder without files"):
        list(read_sources([tmp_path / "empty"]))


def test_standard_input_is_read_between_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"piped\n"))))
    file = write_file(tmp_path / "x.txt", "a file\n")
    found = list(read_sources([file, STDIN]))
    assert [s.content for s in found] == [b"a file\n", b"piped\n"]
    assert name_of([STDIN, file]) == "standard input and 1 more"


def test_what_can_t_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Can't read .*nowhere.txt: No such file"):
        list(read_sources(tmp_path / "nowhere.txt"))
    damaged = write_file(tmp_path / "x.gz", gzip.compress(b"anna\n" * 99)[:-9])
    with pytest.raises(UserError, match=r"x\.gz is gzipped, and damaged"):
        list(read_sources(damaged))
