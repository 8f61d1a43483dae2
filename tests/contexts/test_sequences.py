"""Documents laid out as rows predict every character once."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from makemore.contexts.sequences import pad
from tests.helpers import count_prefixes, encode_spread, few_characters


@given(few_characters, st.none() | st.integers(1, 9))
def test_padding_predicts_every_character_once(
    documents: list[str], block_size: int | None
) -> None:
    encoded, _ = encode_spread(documents)
    inputs, targets, lengths = pad(encoded, block_size)
    assert (targets >= 0).sum() == encoded.predictions
    assert lengths.max() == inputs.shape[1] <= (block_size or inputs.shape[1])
    found = Counter(
        (tuple(inputs[s, : p + 1].tolist()), int(targets[s, p]))
        for s, p in zip(*np.nonzero(targets >= 0), strict=True)
    )
    assert found == count_prefixes(encoded, block_size)
