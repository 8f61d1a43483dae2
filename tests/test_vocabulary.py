import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.errors import UserError
from makemore.vocabulary import BOUNDARY, Vocabulary

documents = st.lists(st.text("abcé漢🙂", min_size=1, max_size=9), min_size=1, max_size=9)


@given(documents)
def test_encoded_documents_decode_to_themselves(documents: list[str]) -> None:
    vocabulary = Vocabulary("".join(sorted(set("".join(documents)))))
    encoded = vocabulary.encode_all(documents)
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
    selected = vocabulary.encode_all(documents).select(np.array(rows, dtype=np.int64))
    expected = vocabulary.encode_all([documents[row] for row in rows])
    assert selected.ids.tolist() == expected.ids.tolist()
    assert selected.offsets.tolist() == expected.offsets.tolist()


def test_an_unknown_character_is_named() -> None:
    with pytest.raises(UserError, match="doesn't know the character 'x' in 'abx'"):
        Vocabulary("ab").encode("abx")
