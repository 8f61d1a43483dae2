"""What a file looks like, and the hint where it is read as something else."""

import pytest

from makemore.corpus.guessing import guess_kind, hint
from makemore.corpus.reader import Reading
from makemore.corpus.reading import BLANK, HowToRead
from tests.helpers import PLAY

LEVELS = "#####\n#.@.#\n#####\n\n" * 12
TUNES = "X:1\nT:The Road\nK:G\nG2B AcA|\n\n" * 12


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAY, "pieces"),
        (LEVELS, "pieces"),
        (TUNES, "pieces"),
        ("One paragraph of a story.\n\n" * 20, "text"),
        ("word " * 300, "text"),
        ("A line of a poem without an empty line\n" * 40, None),
        ("emma\n" * 30, "lines"),
        ("emma\nolivia", None),
        ("emma\n\n" * 30, None),
        ("Acme Tools\nBest Bread Company\n" * 20, "lines"),
        ("\u4f60\u597d\n" * 30, "lines"),
        ("\u4f60\u597d" * 600, "text"),
        ("emma\n" * 30_000 + "x" * 1500 + "\n", "lines"),
        ("a name of five words here\n" * 30_000 + "x" * 1500 + "\n", None),
        ("emma\n" * 30_000 + "x" * 200_000 + "\n", "lines"),
        ("emma\n" * 300 + "x" * 200_000 + "\n" + "olivia\n" * 2, "lines"),
        ("A title\n" + "word " * 300, "text"),
        ("", None),
    ],
)
def test_a_guess_at_the_kind_is_made_where_it_is_clear(text: str, expected: str | None) -> None:
    assert guess_kind(text) == expected


@pytest.mark.parametrize(
    ("text", "how", "words"),
    [
        (LEVELS, HowToRead(), "add --separator blank; if it is one long text, --format text"),
        (LEVELS, HowToRead(separator=BLANK), None),
        (LEVELS, HowToRead("text"), None),
        (
            "emma\n" * 30,
            HowToRead("text"),
            "a list, one thing a line: if it is, add --format lines",
        ),
        ("word " * 300, HowToRead(), "looks like one long text: if it is, add --format text"),
        ("emma\n" * 30, HowToRead(separator="%%"), "--separator '%%' stands nowhere in it"),
        ("emma\n%%\n" * 30, HowToRead(separator="%%"), None),
        ("word " * 300, HowToRead(column="name"), None),
    ],
)
def test_a_hint_says_how_else_it_could_be_read(
    text: str, how: HowToRead, words: str | None
) -> None:
    found = hint("x.txt", Reading([text], text, separated=how.separator in text), how)
    if words is None or found is None:
        assert found == words
    else:
        assert words in found


def test_a_hint_names_the_columns_of_what_looks_like_a_table() -> None:
    reading = Reading(["a,b,c"], "a,b,c", table=["a", "b", "c"])
    assert "a table with the columns a, b, c" in str(hint("x.txt", reading, HowToRead()))
