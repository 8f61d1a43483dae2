"""Documents, or the parts of one long text, fall into train, val and test."""

import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.hashes import hashes_of, splits_of
from makemore.corpus.loading import load_corpus
from makemore.corpus.reading import HowToRead, embedded_names
from makemore.corpus.splits import SPLITS, Corpus, hash_of, split_of
from makemore.errors import UserError
from tests.helpers import PLAY, write_file

TEXT = HowToRead("text")
SHARES = (0.8, 0.1, 0.1)


@given(st.lists(st.text(min_size=1, max_size=6)), st.integers(), st.randoms())
def test_a_document_s_split_depends_on_its_text_and_the_seed_alone(
    documents: list[str], seed: int, random: object
) -> None:
    first = {document: split_of(document, SHARES, seed) for document in documents}
    grown = ["another", *reversed(documents), *documents]
    assert all(split_of(d, SHARES, seed) == first[d] for d in grown if d in first)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.integers())
def test_many_documents_are_split_as_each_is(documents: list[str], seed: int) -> None:
    hashes = hashes_of(documents, seed)
    assert hashes.tolist() == [hash_of(document, seed) for document in documents]
    places = splits_of(hashes, SHARES).tolist()
    assert [SPLITS[i] for i in places] == [split_of(d, SHARES, seed) for d in documents]


def test_a_hash_that_is_all_but_one_is_in_the_last_split() -> None:
    largest = np.array([0, 2**63, 2**64 - 1], dtype=np.uint64)
    assert splits_of(largest, (0.5, 0.5, 0.0)).tolist() == [0, 1, 2]  # 2^64 - 1 is rounded up


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
    data = write_file(tmp_path / "data.txt", "\n".join(f"d{i}" for i in range(500)))
    val = write_file(tmp_path / "val.txt", "v1\nv2\nv1\n")
    test = write_file(tmp_path / "test.txt", "t1\n")
    hashed = load_corpus(data)
    both = load_corpus(data, val_data=val, test_data=test)
    assert (len(both.train), both.val, both.test) == (500, ["v1", "v2", "v1"], ["t1"])
    one = load_corpus(data, test_data=test)
    assert one.val == hashed.val
    assert set(one.train) == {*hashed.train, *hashed.test}


def test_the_names_are_those_of_the_national_file(names: Corpus) -> None:
    assert len(names.documents) == 32_257
    assert len(set(names.documents)) == 29_693
    assert names.characters == "abcdefghijklmnopqrstuvwxyz"
    assert names.longest == 15
    assert embedded_names().name == "names.txt"


def test_what_was_read_is_said_in_one_line(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.txt", "ab\nab\nabcd\n")
    line = load_corpus(file, shares=(1.0, 0.0, 0.0)).describe()
    assert line == (
        f"{file}: 3 documents (2 distinct), 4 characters in the vocabulary, longest 4; "
        "train 3, val 0, test 0"
    )


def test_a_corpus_finds_where_a_document_stands() -> None:
    corpus = Corpus("x", train=["a", "b"], val=["b", "c"], test=["d"])
    assert [corpus.find(d) for d in "abcde"] == ["train", "train", "val", "test", None]


def test_a_corpus_without_a_training_document_is_a_sentence(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.txt", "d")
    seed = next(s for s in range(1000) if split_of("d", SHARES, s) != "train")
    with pytest.raises(UserError, match="no document to train on"):
        load_corpus(file, seed=seed)


def test_one_document_is_one_and_a_separator_that_stands_nowhere_is_named(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.txt", "d")
    assert "x.txt: 1 document (1 distinct)" in load_corpus(file, shares=(1, 0, 0)).describe()
    seed = next(s for s in range(1000) if split_of("d", SHARES, s) != "train")
    with pytest.raises(UserError, match="'%%' stands nowhere in it"):
        load_corpus(file, seed=seed, how=HowToRead(separator="%%"))


def test_a_text_is_cut_in_contiguous_parts_and_kept_as_it_stands(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.txt", "\ufeff  " + PLAY.replace("\n", "\r\n"))
    corpus = load_corpus(file, how=TEXT, shares=(0.7, 0.2, 0.1))
    assert corpus.train[0] + corpus.val[0] + corpus.test[0] == "  " + PLAY
    assert len(corpus.val[0]) == round(0.2 * len("  " + PLAY))
    assert len(corpus.test[0]) == round(0.1 * len("  " + PLAY))


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1),
    st.sampled_from([(0.8, 0.1, 0.1), (1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.4, 0.3, 0.3)]),
)
def test_the_parts_of_a_text_are_all_of_it(
    tmp_path_factory: pytest.TempPathFactory, text: str, shares: tuple[float, float, float]
) -> None:
    file = write_file(tmp_path_factory.mktemp("corpus") / "x.txt", text)
    try:
        corpus = load_corpus(file, how=TEXT, shares=shares)
    except UserError:
        return  # nothing but white space, or too little to cut
    expected = unicodedata.normalize("NFC", text.removeprefix("\ufeff"))
    assert "".join(corpus.documents) == expected
    assert all(len(corpus[split]) <= 1 and all(corpus[split]) for split in SPLITS)


def test_explicit_files_of_a_text_are_its_splits(tmp_path: Path) -> None:
    data = write_file(tmp_path / "data.txt", PLAY)
    val = write_file(tmp_path / "val.txt", "another\n\ntext\n")
    corpus = load_corpus(data, how=TEXT, val_data=val)
    assert corpus.val == ["another\n\ntext\n"]
    assert corpus.train[0] + corpus.test[0] == PLAY
    both = load_corpus(data, how=TEXT, val_data=val, test_data=val)
    assert both.train == [PLAY]


def test_a_text_is_described_by_its_characters(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.txt", "ab\n" * 100)
    assert load_corpus(file, how=TEXT).describe() == (
        f"{file}: one text of 300 characters, 3 in the vocabulary; train 240, val 30, test 30"
    )


def test_the_names_look_like_what_they_are() -> None:
    assert load_corpus(None).hint is None
