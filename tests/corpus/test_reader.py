"""A file that comes in chunks, wherever they end, is read as a whole one is."""

import csv
import io
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus import sources
from makemore.corpus.changes import Changes
from makemore.corpus.reader import LONGEST, Reader, read, read_documents
from makemore.corpus.reading import BLANK, HowToRead
from makemore.corpus.sources import find_files
from makemore.errors import UserError
from tests.helpers import write_file

HOWS = [
    HowToRead(),
    HowToRead(keep_blanks=True),
    HowToRead(separator=BLANK),
    HowToRead(separator="--"),
    HowToRead(separator="\n-\n", keep_blanks=True),
    HowToRead("text"),
    HowToRead(encoding="utf-16"),
    HowToRead("text", encoding="shift_jis"),
]
# letters that melt with what follows: accents, Hangul, kana; and every kind of line break
texts = st.text("ab-é\u0301\u0327\u1112\u1161\u11ab\u30ab\u3099漢 \t\r\n", max_size=60)


def read_at_once(text: str, how: HowToRead) -> tuple[list[str], Changes]:
    """Read a whole text by the rules of the documentation."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    spelled = unicodedata.normalize("NFC", text)
    lines = zip(spelled.split("\n"), text.split("\n"), strict=True)
    respelled = Changes(respelled=sum(a != b for a, b in lines))
    if how.format == "text":
        return [spelled], respelled
    if how.separator == BLANK:
        pieces = re.split(r"\n(?:[^\S\n]*\n)+", f"\n{spelled}\n")
        pieces = [piece for piece in pieces if piece.strip("\n")]
    else:
        pieces = spelled.split(how.separator)
    if pieces and not pieces[-1].strip():
        pieces.pop()
    trimmed = list(map(how.trim, pieces))
    whole = [piece.strip("\n") for piece in pieces] if how.several_lines else pieces
    if not how.several_lines and how.keep_blanks:
        trimmed = pieces
    changed = sum(bool(b) and a != b for a, b in zip(whole, trimmed, strict=True))
    empty = sum(not document for document in trimmed)
    return list(filter(None, trimmed)), respelled + Changes(empty=empty, trimmed=changed)


@given(texts, st.sampled_from(HOWS), st.integers(1, 9))
def test_chunks_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, text: str, how: HowToRead, chunk: int
) -> None:
    try:
        content = text.encode(how.encoding or "utf-8")
    except UnicodeEncodeError:
        return
    file = write_file(tmp_path_factory.mktemp("chunks") / "x.txt", content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "CHUNK", chunk)
        if not text.strip():
            with pytest.raises(UserError, match="holds no text"):
                read(file, how)
            return
        reading = read(file, how)
    assert (reading.documents, reading.changes) == read_at_once(text, how)


@given(
    st.lists(st.tuples(st.text("a,\"' é\n"), st.text("b \n")), min_size=1, max_size=5),
    st.integers(1, 9),
)
def test_nor_in_a_table(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], chunk: int
) -> None:
    table = io.StringIO()
    csv.writer(table).writerows([("one", "two"), *rows])
    file = write_file(tmp_path_factory.mktemp("chunks") / "x.csv", table.getvalue())
    how = HowToRead("text", column="one")
    expected = "\n".join(one for one, _ in rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "CHUNK", chunk)
        if not expected.strip():
            with pytest.raises(UserError, match="holds no text"):
                read(file, how)
        else:
            assert read_documents(file, how) == [expected]


@given(st.binary(max_size=40), st.integers(1, 9))
def test_what_is_no_text_is_refused_in_chunks_too(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, chunk: int
) -> None:
    file = write_file(tmp_path_factory.mktemp("chunks") / "x.txt", b"x\n" + content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "CHUNK", chunk)
        try:
            content.decode()
            good = b"\0" not in content
        except UnicodeDecodeError:
            good = False
        if good:
            read(file)
        else:
            with pytest.raises(UserError, match=r"x\.txt (is not|holds NUL)"):
                read(file)


def test_the_line_that_is_no_text_is_named_in_a_later_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_file(tmp_path / "x.txt", b"anna\n" * 50 + b"caf\xe9\n" + b"bob\n" * 50)
    for chunk in (2**20, 200):
        monkeypatch.setattr(sources, "CHUNK", chunk)
        with pytest.raises(UserError, match=r"line 51\).* by which that line is 'caf"):
            read(file)
    write_file(file, b"anna\n" * 50 + b"b\0b\n")
    with pytest.raises(UserError, match="the first in line 51"):
        read(file)


def test_no_more_than_a_few_chunks_are_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "CHUNK", 64)
    file = write_file(tmp_path / "x.txt", "word\n" * 4000)
    taken = list[int]()
    reader = Reader(find_files(file), seen=taken.append)
    first = next(reader.documents())
    assert first == ["word"] * 12
    assert sum(taken) <= 128


def test_a_document_without_an_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makemore.corpus.reader.LONGEST", 1000)
    monkeypatch.setattr(sources, "CHUNK", 64)
    file = write_file(tmp_path / "x.txt", "word " * 4000)
    with pytest.raises(UserError, match=r"x\.txt has a document of more than 1,000 characters"):
        read(file)
    assert read_documents(file, HowToRead("text")) == ["word " * 4000]
    assert loading_limit() < LONGEST


def loading_limit() -> int:
    """Give the size below which a corpus is read into memory, and never was refused for this."""
    from makemore.corpus.loading import LARGE

    return LARGE


def test_a_large_array_of_json_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makemore.corpus.columns.LARGEST_ARRAY", 100)
    file = write_file(tmp_path / "x.json", '[{"name": "anna"},\n{"name": "bob"}]\n')
    how = HowToRead(column="name")
    assert read_documents(file, how) == ["anna", "bob"]
    write_file(file, "[" + ",\n".join(['{"name": "anna"}'] * 9) + "]")
    with pytest.raises(UserError, match=r"as JSON Lines \(jq -c '\.\[\]'\)"):
        read(file, how)


def parquet(path: Path, **columns: Any) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    parquet_ = pytest.importorskip("pyarrow.parquet")
    parquet_.write_table(pyarrow.table(columns), path)
    return path


def test_a_column_of_a_parquet_file_is_read(tmp_path: Path) -> None:
    names = [f"na\u0308me {i}" for i in range(20_000)]
    file = parquet(tmp_path / "x.parquet", name=[*names, None], n=[*range(20_000), 1])
    reading = read(file, HowToRead(column="name"))
    assert reading.documents == [unicodedata.normalize("NFC", name) for name in names]
    assert reading.changes.empty == 1
    assert read_documents(file, HowToRead(column="n"))[:3] == ["0", "1", "2"]
    with pytest.raises(UserError, match="a table with the columns name, n: name one of them"):
        read(file)
    with pytest.raises(UserError, match="has no column 'x': it has name, n"):
        read(file, HowToRead(column="x"))
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(UserError, match=r"x\.parquet"):
        read(file, HowToRead(column="name"))


def test_without_pyarrow_a_sentence_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    file = write_file(tmp_path / "x.parquet", b"PAR1")
    with pytest.raises(UserError, match=r"pip install 'makemore\[parquet\]'"):
        read(file, HowToRead(column="name"))
