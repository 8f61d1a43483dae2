"""Tables of whole prefixes, against a count in plain Python."""

from collections import Counter
from dataclasses import fields

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from makemore.contexts.prefixes import OrderedDocuments, PrefixReader, prefix_table
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from tests.helpers import (
    contexts_of,
    count_of,
    count_prefixes,
    encode_spread,
    few_characters,
    many_characters,
)


@given(few_characters | many_characters, st.none() | st.integers(1, 9))
def test_a_prefix_table_counts_what_follows_each_prefix(
    documents: list[str], block_size: int | None
) -> None:
    encoded, vocab_size = encode_spread(documents)
    table = prefix_table(encoded.pieces(), vocab_size, block_size)
    assert count_of(table) == count_prefixes(encoded, block_size)


@given(few_characters | many_characters, st.none() | st.integers(1, 9))
def test_contexts_are_spelled_out_one_prediction_after_another(
    documents: list[str], block_size: int | None
) -> None:
    encoded, vocab_size = encode_spread(documents)
    found = PrefixReader(vocab_size, block_size, lambda table: table).contexts(encoded)
    counted = Counter((tuple(ids), target) for ids, target in found)
    assert counted == count_prefixes(encoded, block_size)
    assert [target for _, target in found] == encoded.pieces().targets.tolist()


@given(few_characters | many_characters, st.none() | st.integers(1, 9))
def test_the_rows_of_a_prefix_table_form_a_tree_that_its_sequences_cover(
    documents: list[str], block_size: int | None
) -> None:
    encoded, vocab_size = encode_spread(documents)
    table = prefix_table(encoded.pieces(), vocab_size, block_size)
    contexts = contexts_of(table)
    assert table.depths.tolist() == sorted(len(context) - 1 for context in contexts)
    assert [len(context) - 1 for context in contexts] == table.depths.tolist()
    for row, place in enumerate(table.places.tolist()):
        sequence, position = divmod(place, table.sequences.shape[1])
        steps = table.sequences[sequence, : position + 1].tolist()
        assert [contexts[step] for step in steps] == [
            contexts[row][: length + 1] for length in range(position + 1)
        ]
    leaves = set(range(len(contexts))) - set(table.parents.tolist())
    assert len(table.sequences) == len(leaves), "a sequence that is a prefix of another is wasted"


@given(few_characters | many_characters, st.data())
def test_documents_in_order_give_the_same_table(documents: list[str], data: st.DataObject) -> None:
    encoded, vocab_size = encode_spread(documents)
    some = st.lists(st.integers(0, len(documents) - 1), min_size=1, max_size=len(documents))
    rows = np.array(data.draw(some))
    expected = prefix_table(encoded.select(rows).pieces(), vocab_size)
    found = OrderedDocuments(encoded, vocab_size).table(rows)
    for field in fields(expected):
        values = getattr(found, field.name), getattr(expected, field.name)
        torch.testing.assert_close(*values, atol=0, rtol=0)


def test_prefixes_of_the_names_are_as_many_as_their_beginnings(names: Corpus) -> None:
    beginnings = {name[:i] for name in names.documents for i in range(len(name) + 1)}
    documents = Vocabulary(names.characters).encode_lines(names.documents)
    table = prefix_table(documents.pieces(), 27)
    assert len(table.tokens) == len(beginnings)
