"""Packs: the prefix tree cut into small pieces of one size, for attention over short rows.

Names have 7 characters or so. Attention over padded documents would spend most of its time on
padding, on prefixes that documents share, and on rows too short for vector instructions. So the
branches of the tree are laid side by side into packs of a few dozen slots, and each slot attends to
the slots of its own prefix alone. A pack repeats no prefix but those that its first branch shares
with the pack before.

        documents: emma emily eva ada        a pack, and what each slot may see of it

                                             ·   e   m   m   a   i   l   y   v   a
                                        ·    x
        ·  e  m  m  a                   e    x   x
                 i  l  y                m    x   x   x
              v  a                      m    x   x   x   x
           a  d  a   (the next pack,    a    x   x   x   x   x
                      with its own ·)   i    x   x   x           x
                                        l    x   x   x           x   x
                                        y    x   x   x           x   x   x
                                        v    x   x                           x
                                        a    x   x                           x   x
"""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from makemore.contexts.prefixes import PrefixTable
from makemore.corpus.predictions import Ints

VECTOR_WIDTH = 16
"""Floats in the widest vector register of a CPU; rows of a multiple of it are the fastest."""


SHORT = 64
"""Up to this length twice as wide a pack costs little, and is better filled."""
MASKS_AT_A_TIME = 2**22
"""Numbers in the masks of one group of packs (16 MiB)."""


@dataclass(frozen=True)
class PackedTable(PrefixTable):
    """A prefix tree in packs of W slots.

    Attributes:
        packs: int64 (K, W), the row in each slot; 0 in the slots that stay empty at a pack's end.
        seen_up_to: int64 (K, W): slot q sees slot s if s <= q < seen_up_to[s], all places within
            one pack.
        slots: int64 (N,), a slot where each row stands with all of its prefix, as a flat index.
    """

    packs: Tensor
    seen_up_to: Tensor
    slots: Tensor

    def in_groups(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Give packs and their `seen_up_to`, int64 (k, W) each, so many as bound their masks."""
        most = max(1, MASKS_AT_A_TIME // self.packs.shape[1] ** 2)
        return zip(self.packs.split(most), self.seen_up_to.split(most), strict=True)


def unseen(seen_up_to: Tensor) -> Tensor:
    """What is added to scores, float32 (k, W, W), made anew at each call.

    Entry [k, q, s] is 0 where slot q of pack k sees slot s, if s <= q < seen_up_to[k, s], and
    minus infinity elsewhere. The slots that q sees are itself and those that hold the rest of
    its prefix. A slot that stays empty may see anything: nobody reads what it finds.
    """
    width = seen_up_to.shape[1]
    never = torch.full((width + 1, width), -math.inf, device=seen_up_to.device)
    from_there_on = never.triu()  # [u, q]: minus infinity if q >= u, for u = 0, 1, … W
    before_it = never[:-1].tril(-1)  # [s, q]: minus infinity if q < s, for s = 0, 1, … W - 1
    columns = from_there_on.index_select(0, seen_up_to.flatten())
    columns = columns.view(*seen_up_to.shape, width) + before_it
    return columns.mT.contiguous()


def pack(table: PrefixTable) -> PackedTable:
    """Cut a tree, on the CPU, into packs in which its longest branch fits, and another if short."""
    sequences = table.sequences.numpy()  # (S, T), neighbours share the longest prefixes
    length = sequences.shape[1]
    width = -(-(2 * length if length <= SHORT else length) // VECTOR_WIDTH) * VECTOR_WIDTH
    steps = np.arange(length)
    inside = (sequences > 0) | (steps == 0)  # row 0 is a root
    new = inside.copy()
    new[1:] &= sequences[1:] != sequences[:-1]
    lengths, shared = inside.sum(axis=1), new.argmax(axis=1)  # what a branch shares comes first
    firsts = _fill(lengths, lengths - shared, width)

    # a branch lies behind the one before it; the first of a pack starts at the pack's first slot
    is_first = np.zeros(len(sequences), dtype=bool)
    is_first[firsts] = True
    number = np.cumsum(is_first) - 1
    shared[is_first] = 0
    before = np.cumsum(lengths - shared) - (lengths - shared)
    starts = before - before[firsts][number] + number * width
    slot_of = starts[:, None] + steps - shared[:, None]  # (S, T)
    laid = inside & (steps >= shared[:, None])

    # A slot is seen by itself and by the slots of later branches that go through it. Those branches
    # stand right behind it, one after the other, so they end where the first branch begins that
    # does not go through it.
    leaves = np.full((len(sequences) + 1, length), len(firsts) * width)
    leaves[:-1] = np.where(steps >= shared[:, None], starts[:, None], leaves[-1])
    last = np.minimum.accumulate(leaves[::-1], axis=0)[::-1][1:]  # (S, T), of the branches below

    packs = np.zeros((len(firsts), width), dtype=np.int64)
    seen_up_to = np.full(packs.shape, width)  # within the pack
    at = slot_of[laid]
    packs.reshape(-1)[at] = sequences[laid]
    seen_up_to.reshape(-1)[at] = last[laid] - at // width * width
    places = np.empty(len(table.tokens), dtype=np.int64)
    places[sequences[new]] = slot_of[new]
    return PackedTable(
        **{field.name: getattr(table, field.name) for field in fields(PrefixTable)},
        packs=torch.from_numpy(packs),
        seen_up_to=torch.from_numpy(seen_up_to),
        slots=torch.from_numpy(places),
    )


def _fill(lengths: Ints, new: Ints, width: int) -> list[int]:
    """Give the first branch of each pack, where packs are filled in order.

    It takes its whole length of the pack's width, each other branch what is new in it.
    """
    ends = np.cumsum(new)  # of the branches, were all new parts side by side
    full, reached = (ends + width - lengths).tolist(), ends.tolist()
    firsts, first = [], 0
    while first < len(reached):
        firsts.append(first)
        first = bisect_right(reached, full[first])
    return firsts
