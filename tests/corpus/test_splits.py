import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.reading import clean, embedded_names, guess_format, read_documents
from makemore.corpus.splits import SPLITS, Corpus, load_corpus, split_of
from makemore.errors import UserError

SHARES = (0.8, 0.1, 0.1)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_reading_drops_byte_order_mark_line_ends_white_space_and_empty_lines(
    tmp_path: Path,
) -> None:
    file = write(tmp_path / "x.txt", "\ufeffanna\r\n  ben \n\n\t\n\u00a0cleo\rdora")
    assert read_documents(file) == ["anna", "ben", "cleo", "dora"]


def test_reading_gives_one_spelling_to_one_character(tmp_path: Path) -> None:
    composed, decomposed = "zo\u00eb", "zoe\u0308"
    assert read_documents(write(tmp_path / "x.txt", f"{composed}\n{decomposed}")) == [composed] * 2
    assert clean(decomposed) == composed


def test_characters_that_only_look_like_line_ends_stay_in_their_document(tmp_path: Path) -> None:
    file = write(tmp_path / "x.txt", "a\u2028b\x0cc\x85d\n")
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
    file = write(tmp_path_factory.mktemp("corpus") / "x.txt", "\ufeff" + "\r\n".join(lines))
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
        read_documents(write(tmp_path / "x.txt", content))


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Can't read .*nowhere.txt: No such file"):
        read_documents(tmp_path / "nowhere.txt")
    with pytest.raises(UserError, match="Can't read"):
        read_documents(tmp_path)


@given(st.lists(st.text(min_size=1, max_size=6)), st.integers(), st.randoms())
def test_a_document_s_split_depends_on_its_text_and_the_seed_alone(
    documents: list[str], seed: int, random: object
) -> None:
    first = {document: split_of(document, SHARES, seed) for document in documents}
    grown = ["another", *reversed(documents), *documents]
    assert all(split_of(d, SHARES, seed) == first[d] for d in grown if d in first)


def test_splits_of_the_names_have_the_asked_shares_and_share_no_name(names: Corpus) -> None:
    distinct = set(names.documents)
    for split, share in zip(SPLITS, SHARES, strict=True):
        fraction = len(set(names[split])) / len(distinct)
        deviation = (share * (1 - share) / len(distinct)) ** 0.5
        assert abs(fraction - share) < 4 * deviation
    assert len(distinct) == sum(len(set(names[split])) for split in SPLITS)


def test_another_seed_gives_another_split(names: Corpus) -> None:
    other = load_corpus(None, seed=1)
    assert Counter(other.documents) == Counter(names.documents)
    assert set(other.val) != set(names.val)
    assert other.fingerprint != names.fingerprint
    assert load_corpus(None).fingerprint == names.fingerprint


def test_shares_may_leave_a_split_empty() -> None:
    corpus = load_corpus(None, shares=(0.5, 0.5, 0.0))
    assert corpus.test == []
    assert len(corpus.train) + len(corpus.val) == 32_257


def test_explicit_files_are_their_splits_and_their_shares_go_to_train(tmp_path: Path) -> None:
    data = write(tmp_path / "data.txt", "\n".join(f"d{i}" for i in range(500)))
    val = write(tmp_path / "val.txt", "v1\nv2\nv1\n")
    test = write(tmp_path / "test.txt", "t1\n")
    hashed = load_corpus(data)
    both = load_corpus(data, val_data=val, test_data=test)
    assert (len(both.train), both.val, both.test) == (500, ["v1", "v2", "v1"], ["t1"])
    one = load_corpus(data, test_data=test)
    assert one.val == hashed.val
    assert set(one.train) == set(hashed.train + hashed.test)


def test_the_names_are_those_of_the_national_file(names: Corpus) -> None:
    assert len(names.documents) == 32_257
    assert len(set(names.documents)) == 29_693
    assert names.characters == "abcdefghijklmnopqrstuvwxyz"
    assert names.longest == 15
    assert embedded_names().name == "names.txt"


def test_what_was_read_is_said_in_one_line(tmp_path: Path) -> None:
    file = write(tmp_path / "x.txt", "ab\nab\nabcd\n")
    line = load_corpus(file, shares=(1.0, 0.0, 0.0)).describe()
    assert line == (
        f"{file}: 3 documents (2 distinct), 4 characters in the vocabulary, longest 4; "
        "train 3, val 0, test 0"
    )


def test_a_corpus_finds_where_a_document_stands() -> None:
    corpus = Corpus("x", train=["a", "b"], val=["b", "c"], test=["d"])
    assert [corpus.find(d) for d in "abcde"] == ["train", "train", "val", "test", None]


def test_a_corpus_without_a_training_document_is_a_sentence(tmp_path: Path) -> None:
    file = write(tmp_path / "x.txt", "d")
    seed = next(s for s in range(1000) if split_of("d", SHARES, s) != "train")
    with pytest.raises(UserError, match="no document to train on"):
        load_corpus(file, seed=seed)


PLAY = (
    "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\n" * 9
)


def test_a_text_is_cut_in_contiguous_parts_and_kept_as_it_stands(tmp_path: Path) -> None:
    file = write(tmp_path / "x.txt", "\ufeff  " + PLAY.replace("\n", "\r\n"))
    corpus = load_corpus(file, format="text", shares=(0.7, 0.2, 0.1))
    assert corpus.train[0] + corpus.val[0] + corpus.test[0] == "  " + PLAY
    assert len(corpus.val[0]) == round(0.2 * len("  " + PLAY))
    assert len(corpus.test[0]) == round(0.1 * len("  " + PLAY))


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1),
    st.sampled_from([(0.8, 0.1, 0.1), (1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.4, 0.3, 0.3)]),
)
def test_the_parts_of_a_text_are_all_of_it(
    tmp_path_factory: pytest.TempPathFactory, text: str, shares: tuple[float, float, float]
) -> None:
    file = write(tmp_path_factory.mktemp("corpus") / "x.txt", text)
    try:
        corpus = load_corpus(file, format="text", shares=shares)
    except UserError:
        return  # nothing but white space, or too little to cut
    expected = unicodedata.normalize("NFC", text.removeprefix("\ufeff"))
    assert "".join(corpus.train + corpus.val + corpus.test) == expected
    assert all(len(corpus[split]) <= 1 and all(corpus[split]) for split in SPLITS)


def test_explicit_files_of_a_text_are_its_splits(tmp_path: Path) -> None:
    data = write(tmp_path / "data.txt", PLAY)
    val = write(tmp_path / "val.txt", "another\n\ntext\n")
    corpus = load_corpus(data, format="text", val_data=val)
    assert corpus.val == ["another\n\ntext\n"]
    assert corpus.train[0] + corpus.test[0] == PLAY
    both = load_corpus(data, format="text", val_data=val, test_data=val)
    assert both.train == [PLAY]


def test_a_text_is_described_by_its_characters(tmp_path: Path) -> None:
    file = write(tmp_path / "x.txt", "ab\n" * 100)
    assert load_corpus(file, format="text").describe() == (
        f"{file}: one text of 300 characters, 3 in the vocabulary; train 240, val 30, test 30"
    )


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


def test_the_names_look_like_what_they_are() -> None:
    assert load_corpus(None).looks_like == "lines"
