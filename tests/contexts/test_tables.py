"""Tables against a count in plain Python."""

import math
from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from makemore.contexts.packs import VECTOR_WIDTH, pack
from makemore.contexts.prefixes import OrderedDocuments, prefix_table
from makemore.contexts.sequences import pad
from makemore.contexts.windows import NumberedWindows, window_table
from makemore.corpus.documents import BOUNDARY, Lines
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from tests.helpers import Count, contexts_of, count_of

few = st.lists(st.text("ab", min_size=1, max_size=7), min_size=1, max_size=12)
many = st.lists(
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4F80), min_size=1, max_size=6),
    min_size=1,
    max_size=12,
)


def encode(documents: list[str]) -> tuple[Lines, int]:
    vocabulary = Vocabulary("".join(sorted(set("".join(documents)))))
    # ids spread out, so that they also pass 255, where a byte no longer holds one
    spread = 1 if documents[0] < "一" else 97
    encoded = vocabulary.encode_lines(documents)
    return Lines(encoded.ids * spread, encoded.offsets), len(vocabulary) * spread


def predictions(documents: Lines) -> list[tuple[list[int], int, int]]:
    """All tokens of a document, a position and the token after it, one prediction after another."""
    found = []
    for start, end in zip(documents.offsets[:-1], documents.offsets[1:], strict=True):
        tokens = [BOUNDARY, *documents.ids[start:end].tolist()]
        for position in range(len(tokens)):
            target = tokens[position + 1] if position + 1 < len(tokens) else BOUNDARY
            found.append((tokens, position, target))
    return found


def count_windows(documents: Lines, k: int) -> Count:
    return Counter(
        ((*[BOUNDARY] * k, *tokens[: position + 1])[-k:], target)
        for tokens, position, target in predictions(documents)
    )


def count_prefixes(documents: Lines, block_size: int | None) -> Count:
    counted: Count = Counter()
    for tokens, position, target in predictions(documents):
        start = 0
        if block_size is not None and position >= block_size:
            half = max(1, block_size // 2)
            start = ((position - block_size) // half + 1) * half
            assert half <= position - start + 1 <= block_size
        counted[tuple(tokens[start : position + 1]), target] += 1
    return counted


@given(few | many, st.integers(1, 30))
def test_a_window_table_counts_what_follows_each_window(documents: list[str], k: int) -> None:
    encoded, vocab_size = encode(documents)
    table = window_table(encoded, k, vocab_size)
    assert count_of(table) == count_windows(encoded, k)


@given(few | many, st.none() | st.integers(1, 9))
def test_a_prefix_table_counts_what_follows_each_prefix(
    documents: list[str], block_size: int | None
) -> None:
    encoded, vocab_size = encode(documents)
    table = prefix_table(encoded, vocab_size, block_size)
    assert count_of(table) == count_prefixes(encoded, block_size)


@given(few | many, st.none() | st.integers(1, 9))
def test_the_rows_of_a_prefix_table_form_a_tree_that_its_sequences_cover(
    documents: list[str], block_size: int | None
) -> None:
    encoded, vocab_size = encode(documents)
    table = prefix_table(encoded, vocab_size, block_size)
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


@given(few | many, st.data())
def test_documents_in_order_give_the_same_table(documents: list[str], data: st.DataObject) -> None:
    encoded, vocab_size = encode(documents)
    some = st.lists(st.integers(0, len(documents) - 1), min_size=1, max_size=len(documents))
    rows = np.array(data.draw(some))
    expected = prefix_table(encoded.select(rows), vocab_size)
    found = OrderedDocuments(encoded, vocab_size).table(rows)
    for field in fields(expected):
        values = getattr(found, field.name), getattr(expected, field.name)
        torch.testing.assert_close(*values, atol=0, rtol=0)


@given(few | many, st.none() | st.integers(1, 9))
def test_a_slot_of_a_pack_sees_its_own_prefix_and_nothing_else(
    documents: list[str], block_size: int | None
) -> None:
    encoded, vocab_size = encode(documents)
    table = pack(prefix_table(encoded, vocab_size, block_size))
    width = table.packs.shape[1]
    unseen = table.unseen()
    assert width % VECTOR_WIDTH == 0
    rows = table.packs.flatten().tolist()
    parents = table.parents.tolist()
    for row, slot in enumerate(table.slots.tolist()):
        number, place = divmod(slot, width)
        prefix = [row]
        while parents[prefix[-1]] >= 0:
            prefix.append(parents[prefix[-1]])
        seen = (unseen[number, place] == 0).nonzero().flatten() + number * width
        assert rows[slot] == row
        assert [rows[i] for i in seen.tolist()] == prefix[::-1]
    assert set(unseen.flatten().tolist()) <= {0.0, -math.inf}
    assert (unseen.diagonal(dim1=1, dim2=2) == 0).all(), "an empty slot sees nothing"


def test_packs_are_nearly_full(names: Corpus) -> None:
    documents = Vocabulary(names.characters).encode_lines(names.documents[:2000])
    table = pack(prefix_table(documents, 27))
    assert len(table.tokens) > 0.75 * table.packs.numel()


@given(few, st.none() | st.integers(1, 9))
def test_padding_predicts_every_character_once(
    documents: list[str], block_size: int | None
) -> None:
    encoded, _ = encode(documents)
    inputs, targets, lengths = pad(encoded, block_size)
    assert (targets >= 0).sum() == encoded.predictions
    assert lengths.max() == inputs.shape[1] <= (block_size or inputs.shape[1])
    found = Counter(
        (tuple(inputs[s, : p + 1].tolist()), int(targets[s, p]))
        for s, p in zip(*np.nonzero(targets >= 0), strict=True)
    )
    assert found == count_prefixes(encoded, block_size)


@pytest.mark.parametrize("k", [1, 3, 8])
def test_windows_of_the_names_are_as_many_as_their_n_grams(names: Corpus, k: int) -> None:
    padded = ["·" * k + name for name in names.documents]
    grams = {name[i : i + k] for name in padded for i in range(len(name) - k + 1)}
    table = window_table(Vocabulary(names.characters).encode_lines(names.documents), k, 27)
    assert len(table.contexts) == len(grams)


def test_prefixes_of_the_names_are_as_many_as_their_beginnings(names: Corpus) -> None:
    beginnings = {name[:i] for name in names.documents for i in range(len(name) + 1)}
    table = prefix_table(Vocabulary(names.characters).encode_lines(names.documents), 27)
    assert len(table.tokens) == len(beginnings)


@given(few | many, st.integers(1, 30), st.integers(0, 2**32))
def test_a_batch_of_numbered_windows_is_the_table_of_its_windows(
    documents: list[str], k: int, seed: int
) -> None:
    encoded, vocab_size = encode(documents)
    rows = np.random.default_rng(seed).integers(len(encoded), size=5)
    chosen = encoded.predictions_of(rows)
    found = NumberedWindows(encoded, k, vocab_size).table(chosen)
    assert count_of(found) == count_windows(encoded.select(rows), k)
    expected = window_table(encoded, k, vocab_size, chosen)
    for field in ("rows", "targets", "counts", "contexts"):
        assert torch.equal(getattr(found, field), getattr(expected, field))
