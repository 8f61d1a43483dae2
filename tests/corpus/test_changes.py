"""What reading says of itself."""

from collections import Counter

from makemore.corpus.changes import Changes, name_invisible


def test_each_change_is_said_in_a_few_words_and_none_where_there_is_none() -> None:
    assert list(Changes().parts()) == []
    both = Changes(empty=2, trimmed=1) + Changes(trimmed=1, respelled=1, rare=1200)
    assert list(both.parts()) == [
        "2 empty documents dropped",
        "blanks dropped at the ends of 2 documents",
        "characters respelled (NFC) in 1 line",
        "1,200 documents with rare characters left out",
    ]


def test_what_can_t_be_seen_is_counted_by_name() -> None:
    text = "a\ufeffb c\u200b\u200bd \u202eabc \x1b[31m x\ty\nz caf\u00e9"
    assert name_invisible(Counter(sorted(text))) == {
        "control character (U+001B)": 1,
        "zero width space (U+200B)": 2,
        "right-to-left override (U+202E)": 1,
        "byte-order mark (U+FEFF)": 1,
    }
