"""Packs of prefixes: what each slot sees, and how full they are."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from makemore.contexts import packs
from makemore.contexts.packs import VECTOR_WIDTH, PackedTable, pack, unseen
from makemore.contexts.prefixes import prefix_table
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.training.gradients import gradient
from tests.helpers import (
    encode_spread,
    few_characters,
    many_characters,
    random_documents,
    random_model,
)


@given(few_characters | many_characters, st.none() | st.integers(1, 9))
def test_a_slot_of_a_pack_sees_its_own_prefix_and_nothing_else(
    documents: list[str], block_size: int | None
) -> None:
    encoded, vocab_size = encode_spread(documents)
    table = pack(prefix_table(encoded.pieces(), vocab_size, block_size))
    width = table.packs.shape[1]
    masks = torch.cat([unseen(seen_up_to) for _, seen_up_to in table.in_groups()])
    assert width % VECTOR_WIDTH == 0
    rows = table.packs.flatten().tolist()
    parents = table.parents.tolist()
    for row, slot in enumerate(table.slots.tolist()):
        number, place = divmod(slot, width)
        prefix = [row]
        while parents[prefix[-1]] >= 0:
            prefix.append(parents[prefix[-1]])
        seen = (masks[number, place] == 0).nonzero().flatten() + number * width
        assert rows[slot] == row
        assert [rows[i] for i in seen.tolist()] == prefix[::-1]
    assert set(masks.flatten().tolist()) <= {0.0, -math.inf}
    assert (masks.diagonal(dim1=1, dim2=2) == 0).all(), "an empty slot sees nothing"


def test_masks_made_group_by_group_change_no_loss_and_no_gradient(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = random_model("transformer", 7, block_size=70)
    table = model.reader.table(random_documents(7, 200))
    assert isinstance(table, PackedTable)
    parameters = list(model.parameters())
    expected = gradient(model, table, parameters)
    monkeypatch.setattr(packs, "MASKS_AT_A_TIME", 3 * table.packs.shape[1] ** 2)
    assert len(list(table.in_groups())) > 3
    found = gradient(model, table, parameters)
    torch.testing.assert_close(found.loss, expected.loss)
    torch.testing.assert_close(found.vector, expected.vector)
    with torch.no_grad():
        torch.testing.assert_close(model.loss(table), expected.loss)


def test_packs_are_nearly_full(names: Corpus) -> None:
    documents = Vocabulary(names.characters).encode_lines(names.documents[:2000])
    table = pack(prefix_table(documents.pieces(), 27))
    assert len(table.tokens) > 0.75 * table.packs.numel()
