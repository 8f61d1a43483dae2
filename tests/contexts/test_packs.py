"""Packs of prefixes: what each slot sees, and how full they are."""

import math

from hypothesis import given
from hypothesis import strategies as st

from makemore.contexts.packs import VECTOR_WIDTH, pack
from makemore.contexts.prefixes import prefix_table
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from tests.helpers import encode_spread, few_characters, many_characters


@given(few_characters | many_characters, st.none() | st.integers(1, 9))
def test_a_slot_of_a_pack_sees_its_own_prefix_and_nothing_else(
    documents: list[str], block_size: int | None
) -> None:
    encoded, vocab_size = encode_spread(documents)
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
