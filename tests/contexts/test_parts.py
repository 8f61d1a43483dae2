"""Parts of documents: tables, and where each prediction stands in them."""

import pytest

from tests.helpers import contexts_of, random_documents, random_model


@pytest.mark.parametrize("name", ["mlp", "gru", "transformer"])
@pytest.mark.parametrize("block_size", [None, 4])
def test_parts_tell_of_every_prediction_which_row_is_its_context(
    name: str, block_size: int | None
) -> None:
    settings = {"block_size": block_size} if name != "gru" and block_size else {}
    documents = random_documents(7)
    reader = random_model(name, 7, **settings).reader
    plain = reader.contexts(documents)
    seen = []
    for part in reader.parts(documents, 20):
        contexts = contexts_of(part.table)
        for prediction, row in zip(part.predictions.tolist(), part.rows.tolist(), strict=True):
            seen.append(prediction)
            assert list(contexts[row]) == plain[prediction][0]
    assert sorted(seen) == list(range(documents.predictions))
