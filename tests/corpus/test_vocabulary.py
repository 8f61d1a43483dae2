import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.documents import BOUNDARY
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError

documents = st.lists(st.text("abcé漢🙂", min_size=1, max_size=9), min_size=1, max_size=9)


@given(documents)
def test_encoded_documents_decode_to_themselves(documents: list[str]) -> None:
    vocabulary = Vocabulary("".join(sorted(set("".join(documents)))))
    encoded = vocabulary.encode_lines(documents)
    bounds = zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)
    assert [vocabulary.decode(encoded.ids[i:j].tolist()) for i, j in bounds] == documents
    assert encoded.predictions == sum(len(d) + 1 for d in documents)
    assert BOUNDARY not in encoded.ids
    assert encoded.ids.max() < len(vocabulary)


@given(documents, st.data())
def test_selected_documents_are_those_at_the_rows(
    documents: list[str], data: st.DataObject
) -> None:
    vocabulary = Vocabulary("abcé漢🙂")
    rows = data.draw(st.lists(st.integers(0, len(documents) - 1), max_size=12))
    selected = vocabulary.encode_lines(documents).select(np.array(rows, dtype=np.int64))
    expected = vocabulary.encode_lines([documents[row] for row in rows])
    assert selected.ids.tolist() == expected.ids.tolist()
    assert selected.offsets.tolist() == expected.offsets.tolist()


def test_an_unknown_character_is_named() -> None:
    with pytest.raises(UserError, match="doesn't know the character 'x' in 'abx'"):
        Vocabulary("ab").encode("abx")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=8))
def test_encoding_many_documents_is_encoding_each(documents: list[str]) -> None:
    characters = "".join(sorted(set("".join(documents)))) or "a"
    vocabulary = Vocabulary(characters)
    found = vocabulary.encode_lines(documents)
    assert [
        found.ids[start:end].tolist()
        for start, end in zip(found.offsets[:-1], found.offsets[1:], strict=True)
    ] == [vocabulary.encode(document) for document in documents]
    text = "".join(documents)
    assert vocabulary.encode_text(text).ids.tolist() == vocabulary.encode(text)


@given(st.lists(st.text("abc", max_size=5), min_size=1, max_size=5))
def test_documents_predict_each_character_and_their_end(documents: list[str]) -> None:
    encoded = Vocabulary("abc").encode_lines(documents)
    inputs = [token for d in documents for token in [0, *Vocabulary("abc").encode(d)]]
    targets = [token for d in documents for token in [*Vocabulary("abc").encode(d), 0]]
    assert encoded.inputs.tolist() == inputs
    assert encoded.targets.tolist() == targets
    assert encoded.positions.tolist() == [i for d in documents for i in range(len(d) + 1)]
    assert encoded.predictions == len(targets)


@given(st.text("abc", min_size=1, max_size=9))
def test_a_text_predicts_each_character_but_no_end(text: str) -> None:
    encoded = Vocabulary("abc").encode_text(text)
    ids = Vocabulary("abc").encode(text)
    assert encoded.inputs.tolist() == [0, *ids[:-1]]
    assert encoded.targets.tolist() == ids
    assert encoded.positions.tolist() == list(range(len(text)))
    assert encoded.predictions == len(text)


def test_rows_of_ids_end_at_their_first_boundary() -> None:
    vocabulary = Vocabulary("aé😀")
    ids = np.array([[1, 3, 0, 2], [0, 1, 1, 1], [2, 2, 3, 1]])
    assert vocabulary.decode_rows(ids) == ["a😀", "", "éé😀a"]
    assert vocabulary.decode_rows(np.empty((2, 0), dtype=np.int64)) == ["", ""]
