"""Documents as they come are those of the whole file."""

import gzip
import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus import sources
from makemore.corpus.reader import read_documents
from makemore.corpus.reading import HowToRead
from makemore.corpus.sources import STDIN
from makemore.corpus.streaming import stream_documents
from makemore.errors import UserError
from tests.helpers import write_file


@given(st.lists(st.text("aé\u0301 \r\n\ufeff"), max_size=9), st.integers(1, 20))
def test_lines_are_streamed_as_a_whole_file_is_read(lines: list[str], at_a_time: int) -> None:
    text = "x\n" + "\n".join(lines)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(sources, "CHUNK", at_a_time)
        path = Path(folder) / "words.txt"
        path.write_bytes(text.encode())
        assert list(stream_documents(path)) == read_documents(path)


def test_a_stream_that_is_no_text_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(b"ada\nbob\n\xff\n")
    stream = stream_documents(path)
    assert [next(stream), next(stream)] == ["ada", "bob"]
    with pytest.raises(UserError, match=r"words\.txt is not UTF-8 text \(line 3\)"):
        next(stream)
    path.write_bytes(b" \n")
    with pytest.raises(UserError, match="holds no text"):
        next(stream_documents(path))
    with pytest.raises(UserError, match="Can't read"):
        next(stream_documents(tmp_path / "nowhere.txt"))


@pytest.mark.parametrize(
    ("name", "content", "how"),
    [
        ("x.txt", b"anna \n\nbob\n", HowToRead(keep_blanks=True)),
        ("x.txt", b"a\nb\n\nc\n", HowToRead(separator="blank")),
        ("x.csv", b"id,name\n1,anna\n", HowToRead(column="name")),
        ("x.txt", b"Jos\xe9\n", HowToRead(encoding="latin-1")),
        ("x.txt", b"a\nb\n", HowToRead("text")),
        ("x.gz", gzip.compress(b"anna\nbob\n", mtime=0), HowToRead()),
    ],
)
def test_whatever_is_read_is_streamed_alike_also_from_a_pipe(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    how: HowToRead,
) -> None:
    file = write_file(tmp_path / name, content)
    expected = read_documents(file, how)
    assert list(stream_documents([file, tmp_path], how)) == expected * 2
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert list(stream_documents(STDIN, how)) == expected


def test_a_table_and_nul_characters_are_refused_in_a_stream_too(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a table with the columns"):
        list(stream_documents(write_file(tmp_path / "x.csv", "id,name\n1,anna\n")))
    with pytest.raises(UserError, match="holds NUL characters"):
        list(stream_documents(write_file(tmp_path / "x.txt", "anna\nb\0b\n")))
