"""Encoded lines and texts: what they select, and what they predict after what."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.documents import Documents, Lines, Text
from makemore.corpus.predictions import Cut, Pieces
from makemore.corpus.vocabulary import Vocabulary
from tests.helpers import mixed_documents


@given(mixed_documents, st.data())
def test_selected_documents_are_those_at_the_rows(
    documents: list[str], data: st.DataObject
) -> None:
    vocabulary = Vocabulary("abcé漢🙂")
    rows = data.draw(st.lists(st.integers(0, len(documents) - 1), max_size=12))
    selected = vocabulary.encode_lines(documents).select(np.array(rows, dtype=np.int64))
    expected = vocabulary.encode_lines([documents[row] for row in rows])
    assert selected.ids.tolist() == expected.ids.tolist()
    assert selected.offsets.tolist() == expected.offsets.tolist()


@given(st.lists(st.text("abc", max_size=5), min_size=1, max_size=5))
def test_documents_predict_each_character_and_their_end(documents: list[str]) -> None:
    encoded = Vocabulary("abc").encode_lines(documents).pieces()
    inputs = [token for d in documents for token in [0, *Vocabulary("abc").encode(d)]]
    targets = [token for d in documents for token in [*Vocabulary("abc").encode(d), 0]]
    assert encoded.inputs.tolist() == inputs
    assert encoded.targets.tolist() == targets
    assert encoded.positions.tolist() == [i for d in documents for i in range(len(d) + 1)]
    assert encoded.predictions == len(targets)


@given(st.text("abc", min_size=1, max_size=9))
def test_a_text_predicts_each_character_but_no_end(text: str) -> None:
    encoded = Vocabulary("abc").encode_text(text).pieces()
    ids = Vocabulary("abc").encode(text)
    assert encoded.inputs.tolist() == [0, *ids[:-1]]
    assert encoded.targets.tolist() == ids
    assert encoded.positions.tolist() == list(range(len(text)))
    assert encoded.predictions == len(text)


def spelled(pieces: Pieces) -> list[tuple[int, int, int]]:
    """Input, position and target of every prediction."""
    arrays = (pieces.inputs, pieces.positions, pieces.targets)
    return list(zip(*(array.tolist() for array in arrays), strict=True))


def encoded_as(text: bool, documents: list[str]) -> Documents:
    """Encode documents of a, b and c, or all of them as one text."""
    vocabulary = Vocabulary("abc")
    return vocabulary.encode_documents(documents, "text" if text else "lines")


@given(
    st.booleans(),
    st.lists(st.text("abc", max_size=30), min_size=1, max_size=9),
    st.integers(1, 40),
    st.integers(1, 9),
    st.integers(1, 5),
)
def test_chunks_hold_every_prediction_once_and_in_order(
    text: bool, documents: list[str], most: int, first: int, stride: int
) -> None:
    encoded = encoded_as(text, documents)
    chunks = list(encoded.chunks(most, Cut(first, stride)))
    found = [one for chunk in chunks for one in spelled(chunk)]
    assert found == spelled(encoded.pieces())
    assert [n for chunk in chunks for n in chunk.numbers] == list(range(encoded.predictions))
    assert all(chunk.predictions <= max(most, first, stride) for chunk in chunks)


def test_a_document_is_cut_at_the_strides_behind_its_first_block() -> None:
    assert list(Cut(8, 4).of(23, 13)) == [(0, 12), (12, 23)]
    assert list(Cut(8, 4).of(23, 1)) == [(0, 8), (8, 12), (12, 16), (16, 20), (20, 23)]
    assert list(Cut(0).of(23, 5)) == [(0, 23)]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.int32, np.int64])
def test_ids_may_be_of_any_integer_type_and_mapped(kind: type, tmp_path: Path) -> None:
    lines = Vocabulary("abc").encode_lines(["abca", "c", "bb", "acab"])
    mapped = np.memmap(tmp_path / "ids", kind, "w+", shape=lines.ids.shape)
    mapped[:] = lines.ids
    offsets = np.memmap(tmp_path / "offsets", np.uint64, "w+", shape=lines.offsets.shape)
    offsets[:] = lines.offsets
    rows = np.array([3, 0, 3])
    found, expected = Lines(mapped, offsets), lines
    assert spelled(found.pieces(rows)) == spelled(expected.pieces(rows))
    assert found.longest == expected.longest == 5
    assert found.longer_than(2).tolist() == expected.longer_than(2).tolist() == [0, 2, 3]
    part = Lines(mapped, offsets[2:])
    assert spelled(part.pieces()) == spelled(expected.pieces(np.array([2, 3])))
    assert part.predictions == 3 + 5
    assert spelled(Text(mapped).pieces()) == spelled(Text(lines.ids).pieces())


@given(st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=9))
def test_documents_are_ordered_by_their_beginnings(documents: list[str]) -> None:
    pieces = Vocabulary("abc").encode_lines(documents).pieces()
    order = pieces.alphabetical_order(4).tolist()
    assert [documents[row] for row in order] == sorted(documents)
