"""Packed corpora are kept, shared, noticed when damaged, listed and cleared."""

import errno
import gzip
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from makemore.corpus import cache, loading, packing
from makemore.corpus.cache import cache_folder, clear_cache, list_cache
from makemore.corpus.loading import load_corpus
from makemore.corpus.packed import Packed
from makemore.corpus.reading import HowToRead
from makemore.corpus.splits import Corpus
from makemore.errors import MakemoreWarning, UserError
from tests.helpers import write_file

WORDS = "\n".join(f"word{i % 700}" for i in range(2000))


@pytest.fixture(autouse=True)
def _large_is_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LARGE", 1000)
    monkeypatch.setattr("makemore.corpus.pieces._cores", lambda: 0)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path / "cache")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_file(tmp_path / "words.txt", WORDS)


def entries() -> list[str]:
    return sorted(path.name for path in cache_folder().glob("*"))


def test_a_corpus_is_packed_once_whatever_its_name(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_corpus(file)
    assert isinstance(first, Packed)
    kept = entries()
    monkeypatch.setattr(cache, "pack", None)  # nothing is packed from here on
    copy = write_file(tmp_path / "copy.txt", WORDS)
    again = load_corpus(copy)
    assert (again.fingerprint, again.source) == (first.fingerprint, str(copy))
    assert entries() == kept


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"shares": (0.7, 0.2, 0.1)},
        {"min_count": 2},
        {"how": HowToRead("text")},
        {"how": HowToRead(keep_blanks=True)},
        {"val_data": "words.txt"},
    ],
)
def test_what_changes_the_corpus_is_another_entry(
    file: Path, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    monkeypatch.chdir(file.parent)
    load_corpus(file)
    load_corpus(file, **other)
    file.write_text(WORDS + "\nanother")
    load_corpus(file)
    assert len(entries()) == 3


def test_a_small_corpus_is_not_kept(tmp_path: Path) -> None:
    assert type(load_corpus(write_file(tmp_path / "few.txt", "anna\n" * 200))) is Corpus
    assert not cache_folder().exists()


@pytest.mark.parametrize("pack", [lambda content: content, gzip.compress])
def test_a_pipe_is_kept_until_it_is_packed(
    file: Path, monkeypatch: pytest.MonkeyPatch, pack: Any
) -> None:
    content = io.TextIOWrapper(io.BytesIO(pack(WORDS.encode())))
    monkeypatch.setattr(sys, "stdin", content)
    piped = load_corpus("-")
    assert isinstance(piped, Packed)
    assert (piped.fingerprint, piped.source) == (load_corpus(file).fingerprint, "standard input")
    assert not list(cache_folder().glob("*.partial"))


def test_a_gzipped_file_is_as_large_as_what_it_holds(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.gz", gzip.compress(b"anna\n" * 1000))
    assert file.stat().st_size < 1000
    assert isinstance(load_corpus(file, shares=(1, 0, 0)), Packed)


@pytest.mark.parametrize("name", ["contents.json", "train.ids", "val.offsets", "test.hashes"])
@pytest.mark.parametrize("how", ["cut", "gone"])
def test_a_damaged_entry_is_made_anew(file: Path, name: str, how: str) -> None:
    expected = load_corpus(file).describe()
    (entry,) = cache_folder().iterdir()
    damaged = entry / name
    if how == "gone":
        damaged.unlink()
    else:
        damaged.write_bytes(damaged.read_bytes()[:-1])
    assert list_cache()[0].source is None
    assert load_corpus(file).describe() == expected
    assert list_cache()[0].source == str(file)


def test_a_changed_number_among_what_is_known_is_damage_too(file: Path) -> None:
    expected = load_corpus(file).describe()
    (entry,) = cache_folder().iterdir()
    contents = entry / "contents.json"
    contents.write_bytes(contents.read_bytes().replace(b'"longest": 7', b'"longest": 8'))
    assert load_corpus(file).describe() == expected


def test_two_that_pack_at_once_both_have_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_all, others = packing._write_all, list[Corpus]()

    def in_between(*arguments: Any) -> None:
        if not others:
            others.append(Corpus("x", [], [], []))
            others.append(load_corpus(file))
        write_all(*arguments)

    monkeypatch.setattr(packing, "_write_all", in_between)
    one = load_corpus(file)
    assert list(one.train) == list(others[1].train)
    assert len(entries()) == 1


def test_what_breaks_off_leaves_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(packing, "_write_all", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_corpus(file)
    assert entries() == []


def test_what_a_killed_one_has_left_goes_after_a_day(file: Path) -> None:
    for name, age in (("old.partial", 2 * 24 * 3600), ("new.partial", 60)):
        left = cache_folder() / name
        left.mkdir(parents=True)
        os.utime(left, (left.stat().st_mtime - age,) * 2)
    load_corpus(file)
    assert [name for name in entries() if name.endswith(".partial")] == ["new.partial"]


def test_a_full_disk_is_said_and_all_is_read_into_memory(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    expected = load_corpus(file).describe()
    clear_cache()
    monkeypatch.setattr(packing, "_write_all", full)
    with pytest.warns(
        MakemoreWarning, match=r"words\.txt can't be packed in the cache \(No space left"
    ):
        corpus = load_corpus(file)
    assert (type(corpus), corpus.describe()) == (Corpus, expected)
    assert entries() == []


def test_so_is_a_cache_that_can_t_be_written(file: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.warns(MakemoreWarning, match="can't be packed"):
        assert type(load_corpus(file)) is Corpus


def test_a_file_that_grows_while_it_is_read_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all = packing._write_all

    def growing(*arguments: Any) -> None:
        with file.open("a") as more:
            more.write("more")
        write_all(*arguments)

    monkeypatch.setattr(packing, "_write_all", growing)
    with pytest.raises(UserError, match=r"words\.txt has changed while it was read"):
        load_corpus(file)
    assert entries() == []


def test_a_corpus_that_leaves_nothing_to_train_on_is_refused_packed_too(file: Path) -> None:
    with pytest.raises(UserError, match="no document to train on"):
        load_corpus(file, min_count=10**6)


def test_one_that_is_cleared_can_still_be_used(file: Path) -> None:
    corpus = load_corpus(file)
    first = corpus.train[0]
    (removed,) = clear_cache()
    assert (removed.source, removed.documents) == (str(file), 2000)
    assert (len(list_cache()), entries()) == (0, [])
    assert (corpus.train[0], corpus.find(first)) == (first, "train")


def test_processes_pack_as_one_does(file: Path, tmp_path: Path) -> None:
    expected = load_corpus(file).fingerprint
    clear_cache()
    program = """if True:
        import sys
        from makemore.corpus import loading, pieces, sources
        loading.LARGE, sources.CHUNK, pieces._cores = 0, 999, lambda: 3
        corpus = loading.load_corpus(sys.argv[1])
        print(type(corpus).__name__, corpus.fingerprint)
    """
    command = [sys.executable, "-c", program, str(file)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    shown = subprocess.check_output(command, text=True, env=environment)
    assert shown.split() == ["Packed", expected]
