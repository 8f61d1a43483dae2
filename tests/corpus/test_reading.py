"""A file becomes strings: encodings, line ends, spellings, and the guess at its format."""

import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.reading import clean, guess_format, read_documents, stream_documents
from makemore.errors import UserError
from tests.helpers import PLAY, write_file


def test_reading_drops_byte_order_mark_line_ends_white_space_and_empty_lines(
    tmp_path: Path,
) -> None:
    file = write_file(tmp_path / "x.txt", "\ufeffanna\r\n  ben \n\n\t\n\u00a0cleo\rdora")
    assert read_documents(file) == ["anna", "ben", "cleo", "dora"]


def test_reading_gives_one_spelling_to_one_character(tmp_path: Path) -> None:
    composed, decomposed = "zo\u00eb", "zoe\u0308"
    assert (
        read_documents(write_file(tmp_path / "x.txt", f"{composed}\n{decomposed}"))
        == [composed] * 2
    )
    assert clean(decomposed) == composed


def test_characters_that_only_look_like_line_ends_stay_in_their_document(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.txt", "a\u2028b\x0cc\x85d\n")
    assert read_documents(file) == ["a\u2028b\x0cc\x85d"]


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8)
    )
)
def test_reading_gives_the_stripped_lines_that_are_not_empty(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    expected = [unicodedata.normalize("NFC", line).strip() for line in lines]
    expected = [line for line in expected if line]
    file = write_file(tmp_path_factory.mktemp("corpus") / "x.txt", "\ufeff" + "\r\n".join(lines))
    if expected:
        assert read_documents(file) == expected
    else:
        with pytest.raises(UserError, match="holds no text"):
            read_documents(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"fine\n\xff\xfe\n", r"not UTF-8 text \(line 2\)"), (b" \n\n", "holds no text")],
)
def test_a_file_that_can_t_be_used_is_a_sentence(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read_documents(write_file(tmp_path / "x.txt", content))


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Can't read .*nowhere.txt: No such file"):
        read_documents(tmp_path / "nowhere.txt")
    with pytest.raises(UserError, match="Can't read"):
        read_documents(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAY, "text"),
        ("word " * 300, "text"),
        ("A line of a poem without an empty line\n" * 40, None),
        ("emma\n" * 30, "lines"),
        ("emma\nolivia", None),
        ("Acme Tools\nBest Bread Company\n" * 20, "lines"),
        ("\u4f60\u597d\n" * 30, "lines"),
        ("\u4f60\u597d" * 600, "text"),
    ],
)
def test_a_guess_at_the_format_is_made_where_it_is_clear(text: str, expected: str | None) -> None:
    assert guess_format(text) == expected


@given(st.lists(st.text("aé\u0301 \r\n\ufeff"), max_size=9))
def test_lines_are_streamed_as_a_whole_file_is_read(lines: list[str]) -> None:
    text = "x\n" + "\n".join(lines)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "words.txt"
        path.write_bytes(text.encode())
        assert list(stream_documents(path)) == read_documents(path)


def test_a_stream_that_is_no_text_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(b"ada\n\xff\n")
    stream = stream_documents(path)
    assert next(stream) == "ada"
    with pytest.raises(UserError, match=r"words\.txt is not UTF-8 text \(line 2\)"):
        next(stream)
    path.write_bytes(b" \n")
    with pytest.raises(UserError, match="holds no text"):
        next(stream_documents(path))
    with pytest.raises(UserError, match="Can't read"):
        next(stream_documents(tmp_path / "nowhere.txt"))
