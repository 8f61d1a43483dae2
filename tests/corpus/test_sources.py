"""Paths become bytes."""

import gzip
import io
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.sources import STDIN, find_files, name_of
from makemore.corpus.unpacking import GZIP, ZSTD
from makemore.errors import UserError
from tests.helpers import write_file

plain_bytes = st.binary().filter(lambda content: not content.startswith((GZIP, ZSTD)))


@given(plain_bytes, st.integers(0, 99))
def test_a_gzipped_file_is_the_plain_one(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("gz")
    plain = write_file(folder / "x.CSV", content)
    parts = [gzip.compress(part) for part in (content[:cut], content[cut:])]
    packed = write_file(folder / "x.csv.gz", b"".join(parts) + bytes(9))
    one, other = find_files([plain, packed]).sources
    assert (one.content, one.suffix) == (other.content, other.suffix) == (content, ".csv")


@given(plain_bytes, st.integers(0, 99))
def test_so_is_one_packed_by_zstd(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cut: int
) -> None:
    zstandard = pytest.importorskip("zstandard")
    parts = [zstandard.compress(part) for part in (content[:cut], content[cut:])]
    packed = write_file(tmp_path_factory.mktemp("zst") / "x.tsv.zst", b"".join(parts))
    (one,) = find_files(packed).sources
    assert (one.content, one.suffix) == (content, ".tsv")
    packed.write_bytes(packed.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"x\.tsv\.zst is packed by zstd, and damaged"):
        _ = one.content


def test_without_zstandard_a_sentence_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (one,) = find_files(write_file(tmp_path / "x.zst", ZSTD + b"and more")).sources
    with pytest.raises(UserError, match=r"pip install 'makemore\[zstd\]'"):
        _ = one.content


def test_a_folder_gives_its_files_sorted_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/.hidden", ".git/x.txt", "c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_file(tmp_path / name, name)
    assert [s.content.decode() for s in find_files(tmp_path).sources] == ["a/z.txt", "b.txt", "c"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty is a folder without files"):
        find_files([tmp_path / "empty"])


def test_standard_input_is_read_between_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"piped\n"))))
    file = write_file(tmp_path / "x.txt", "a file\n")
    found = find_files([file, STDIN]).sources
    assert [s.content for s in found] == [b"a file\n", b"piped\n"]
    assert name_of([STDIN, file]) == "standard input and 1 more"


def test_what_can_t_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Can't read .*nowhere.txt: No such file"):
        _ = find_files(tmp_path / "nowhere.txt").sources[0].content
    damaged = write_file(tmp_path / "x.gz", gzip.compress(b"anna\n" * 99)[:-9])
    with pytest.raises(UserError, match=r"x\.gz is gzipped, and damaged"):
        _ = find_files(damaged).sources[0].content
