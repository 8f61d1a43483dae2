"""Grams counted in blocks against grams counted on strings."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.contexts import grams
from makemore.contexts.grams import GramCounter, add_up
from makemore.corpus.vocabulary import Vocabulary

corpora = st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=12)


def counted(order: int, train: list[str], prune: int = 0) -> dict[str, int]:
    """What the levels hold: each gram, a full stop for the boundary, and its count."""
    counter = GramCounter(order, 4, prune)
    for _ in counter.count(Vocabulary("abc").encode_lines(train)):
        pass
    found = {}
    for depth, level in enumerate(counter.levels):
        contexts, sizes = np.concatenate(level.contexts), np.concatenate(level.sizes)
        assert (np.diff(contexts) > 0).all()
        followers = zip(np.concatenate(level.characters), np.concatenate(level.counts), strict=True)
        for context in np.repeat(contexts, sizes).tolist():
            digits = [context // 4**place % 4 for place in range(depth)]  # oldest first
            character, count = next(followers)
            found["".join(".abc"[digit] for digit in [*digits, character])] = int(count)
    return found


def on_strings(order: int, train: list[str], prune: int = 0) -> dict[str, int]:
    raw = Counter[str]()
    for text in ("." + document + "." for document in train):
        for end in range(2, len(text) + 1):
            raw.update(text[start:end] for start in range(max(0, end - order), end))
    before = Counter(gram[1:] for gram in raw)
    return {
        gram: n if len(gram) == order or gram[:-1].startswith(".") else before[gram]
        for gram, n in raw.items()
        if len(gram) < 3 or n > prune
    }


@settings(max_examples=100)
@given(order=st.integers(1, 6), train=corpora, prune=st.integers(0, 2))
def test_counts_are_those_of_strings(order: int, train: list[str], prune: int) -> None:
    assert counted(order, train, prune) == on_strings(order, train, prune)


@pytest.mark.parametrize("most", [1, 5, 40, 200])
@pytest.mark.parametrize("order", [1, 3, 4, 6])
def test_counting_in_blocks_changes_nothing(
    order: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is lowered again and again, and the corpus is read once for each block."""
    random = np.random.default_rng(0)
    train = ["".join(random.choice([*"abc"], size=random.integers(1, 12))) for _ in range(100)]
    monkeypatch.setattr(grams, "CHUNK", 50)
    monkeypatch.setattr(grams, "MOST_AT_A_TIME", most)
    assert counted(order, train) == on_strings(order, train)
    documents = Vocabulary("abc").encode_lines(train)
    blocks = [keys for keys, _ in GramCounter(order, 4).blocks(documents)]
    assert (np.diff(np.concatenate(blocks)) > 0).all()
    assert len(blocks) > 1 or order == 1 or most == 200


def test_numbers_beyond_64_bits_are_counted_too() -> None:
    train = ["abc" * 20, "cab" * 20, "a" * 50]
    assert 4**40 > 2**63
    assert counted(40, train) == on_strings(40, train)


def test_parts_add_up() -> None:
    parts = [(np.array([1, 4]), np.array([2, 3])), (np.array([0, 4]), np.array([1, 5]))]
    keys, counts = add_up(parts)
    assert keys.tolist() == [0, 1, 4]
    assert counts.tolist() == [1, 2, 8]
