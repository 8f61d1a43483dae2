"""Characters become ids and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from tests.helpers import mixed_documents


@given(mixed_documents)
def test_encoded_documents_decode_to_themselves(documents: list[str]) -> None:
    vocabulary = Vocabulary("".join(sorted(set("".join(documents)))))
    encoded = vocabulary.encode_lines(documents)
    bounds = zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)
    assert [vocabulary.decode(encoded.ids[i:j].tolist()) for i, j in bounds] == documents
    assert encoded.predictions == sum(len(d) + 1 for d in documents)
    assert BOUNDARY not in encoded.ids
    assert encoded.ids.max() < len(vocabulary)


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


def test_rows_of_ids_end_at_their_first_boundary() -> None:
    vocabulary = Vocabulary("aé😀")
    ids = np.array([[1, 3, 0, 2], [0, 1, 1, 1], [2, 2, 3, 1]])
    assert vocabulary.decode_rows(ids) == ["a😀", "", "éé😀a"]
    assert vocabulary.decode_rows(np.empty((2, 0), dtype=np.int64)) == ["", ""]
