"""Tables of the last k characters, against a count in plain Python."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from makemore.contexts.windows import NumberedWindows, WindowReader, merge, window_table
from makemore.corpus.documents import Lines
from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from tests.helpers import (
    Count,
    count_of,
    encode_spread,
    few_characters,
    many_characters,
    predictions_in,
)


def count_windows(documents: Lines, k: int) -> Count:
    return Counter(
        ((*[BOUNDARY] * k, *tokens[: position + 1])[-k:], target)
        for tokens, position, target in predictions_in(documents)
    )


@given(few_characters | many_characters, st.integers(1, 30))
def test_a_window_table_counts_what_follows_each_window(documents: list[str], k: int) -> None:
    encoded, vocab_size = encode_spread(documents)
    table = window_table(encoded.pieces(), k, vocab_size)
    assert count_of(table) == count_windows(encoded, k)


@given(few_characters | many_characters, st.integers(1, 30))
def test_contexts_are_spelled_out_one_prediction_after_another(
    documents: list[str], k: int
) -> None:
    encoded, vocab_size = encode_spread(documents)
    assert WindowReader(k, vocab_size).contexts(encoded) == [
        ([*[BOUNDARY] * k, *tokens[: position + 1]][-k:], target)
        for tokens, position, target in predictions_in(encoded)
    ]


@pytest.mark.parametrize("k", [1, 3, 8])
def test_windows_of_the_names_are_as_many_as_their_n_grams(names: Corpus, k: int) -> None:
    padded = ["·" * k + name for name in names.documents]
    grams = {name[i : i + k] for name in padded for i in range(len(name) - k + 1)}
    documents = Vocabulary(names.characters).encode_lines(names.documents)
    table = window_table(documents.pieces(), k, 27)
    assert len(table.contexts) == len(grams)


@given(few_characters | many_characters, st.integers(1, 30), st.integers(1, 9))
def test_tables_add_up_to_the_table_of_all(documents: list[str], k: int, n: int) -> None:
    encoded, vocab_size = encode_spread(documents)
    chunks = encoded.chunks(n, WindowReader(k, vocab_size).cut)
    found = merge([window_table(chunk, k, vocab_size) for chunk in chunks], vocab_size)
    expected = window_table(encoded.pieces(), k, vocab_size)
    assert found.predictions == expected.predictions
    for field in ("rows", "targets", "counts", "contexts"):
        assert torch.equal(getattr(found, field), getattr(expected, field))


@given(few_characters | many_characters, st.integers(1, 30), st.integers(0, 2**32))
def test_a_batch_of_numbered_windows_is_the_table_of_its_windows(
    documents: list[str], k: int, seed: int
) -> None:
    encoded, vocab_size = encode_spread(documents)
    rows = np.random.default_rng(seed).integers(len(encoded), size=5)
    chosen = encoded.pieces(rows)
    found = NumberedWindows(encoded.pieces(), k, vocab_size).table(chosen.numbers)
    assert count_of(found) == count_windows(encoded.select(rows), k)
    expected = window_table(chosen, k, vocab_size)
    for field in ("rows", "targets", "counts", "contexts"):
        assert torch.equal(getattr(found, field), getattr(expected, field))
