"""Encoded lines and texts: what they select, and what they predict after what."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

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
