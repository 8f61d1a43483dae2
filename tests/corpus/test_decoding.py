"""Bytes become characters: encodings told and guessed, and what is no text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.decoding import decode, is_encoding, likeliest_encoding
from makemore.errors import UserError

FRENCH = "Hélène\nFrançois\nZoé\nAnaïs\nNoël\nJérôme\n"
SPANISH = "José\nNúñez\nPeña\nSofía\nÍñigo\n"
QUOTED = "José’s “shop” – €5\nMüller’s “shop” – €7\nÅke’s “shop” – €9\n"  # noqa: RUF001
SAID = "It’s fine\nDon’t\n"  # noqa: RUF001
POLISH = "Łukasz\nMałgorzata\nGrażyna\nŚwiętosław\nŻaneta\nWójcik\nDąbrowski\n"
RUSSIAN = "Анастасия\nВладимир\nЕкатерина\nСергей\n"  # noqa: RUF001
JAPANESE = "さくら\nひなた\nはると\n太郎\n花子\n"


@given(
    st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\0")),
    st.sampled_from(["latin-1", "utf-16", "utf-16-le", "utf-32", "utf-8"]),
)
def test_text_comes_back_from_the_encoding_that_it_was_written_in(text: str, encoding: str) -> None:
    assert decode("x", text.encode(encoding), encoding) == text
    assert decode("x", ("\ufeff" + text).encode()) == text
    assert decode("x", text.replace("\n", "\r\n").encode()) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "latin-1"),
        (FRENCH, "cp1252"),
        (SPANISH, "latin-1"),
        (QUOTED, "cp1252"),
        (SAID, "cp1252"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859-2"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp866"),
        (JAPANESE, "shift_jis"),
        (FRENCH, "utf-16"),
    ],
)
@pytest.mark.parametrize("others", ["", "anna\nemma\nolivia\n" * 500])
def test_the_likeliest_encoding_is_the_one_that_it_was_written_in(
    text: str, encoding: str, others: str
) -> None:
    content = (others + text).encode(encoding)
    guess = likeliest_encoding(content)
    assert guess is not None
    assert content.decode(guess) == others + text
    with pytest.raises(UserError) as error:
        decode("x.txt", content)
    assert f"add --encoding {guess}" in str(error.value)
    assert (others + text).split("\n")[500 * 3 if others and encoding != "utf-16" else 0] in str(
        error.value
    )


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        (b"fine\n\xff\n", "ascii", r"x is not ascii text \(line 2\): give another --encoding"),
        ("anna\nbob\n".encode("utf-16-le"), None, "UTF-16, so try --encoding utf-16-le"),
        ("anna\nbob\n".encode("utf-16-be"), None, "UTF-16, so try --encoding utf-16-be"),
        (b"anna\nb\0\0\n", None, r"in line 2\): remove them, unless it is in another --encoding"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\2\xff\xfe\xd8" * 20, None, "x is not text"),
        (b"anna\0", "latin-1", "holds NUL characters"),
        ("\ud800".encode("utf-16-le", "surrogatepass"), "utf-16-le", "not utf-16-le text"),
        (rb"\ud800", "unicode_escape", r"holds U\+D800, half a character"),
    ],
)
def test_what_is_no_text_is_a_sentence(content: bytes, encoding: str | None, words: str) -> None:
    with pytest.raises(UserError, match=words):
        decode("x", content, encoding)


def test_an_encoding_is_one_that_python_reads_text_in() -> None:
    assert all(map(is_encoding, ("latin-1", "cp1252", "UTF-16", "utf8", "shift_jis")))
    assert not any(map(is_encoding, ("nonsense", "hex", "rot13", "zip")))
