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

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from makemore.prefixes import PrefixTable
from makemore.vocabulary import Ints

VECTOR = 16
"""Floats in the widest vector register of a CPU; rows of a multiple of it are the fastest."""


@dataclass(frozen=True)
class PackedTable(PrefixTable):
    """A prefix tree in packs of W slots.

    Attributes:
        packs: int64 (K, W), the row in each slot; 0 in the slots that stay empty at a pack's end.
        visible: bool (K, W, W), whether a slot (the second index) sees another (the third): itself,
            and those that hold the rest of its prefix.
        slots: int64 (N,), a slot where each row stands with all of its prefix, as a flat index.
    """

    packs: Tensor
    visible: Tensor
    slots: Tensor


def pack(table: PrefixTable) -> PackedTable:
    """Cut a tree, on the CPU, into packs in which at least two of its longest branches fit."""
    sequences = table.sequences.numpy()  # (S, T), neighbours share the longest prefixes
    length = sequences.shape[1]
    width = -(-2 * length // VECTOR) * VECTOR
    inside = (sequences > 0) | (np.arange(length) == 0)  # row 0 is a root
    new = inside.copy()
    new[1:] &= sequences[1:] != sequences[:-1]
    numbers = _fill(inside.sum(axis=1), new.sum(axis=1), width)
    first = np.diff(numbers, prepend=-1) > 0  # of a pack

    laid = inside & (new | first[:, None])
    branch, depth = np.nonzero(laid)
    in_pack = numbers[branch]
    starts = np.searchsorted(in_pack, np.arange(numbers[-1] + 1))
    slots = in_pack * width + np.arange(len(branch)) - starts[in_pack]
    # where each node of each branch stands: laid down here, or with a branch above it
    slot_of = np.zeros(sequences.shape, dtype=np.int64)
    slot_of[branch, depth] = slots
    np.maximum.accumulate(slot_of, axis=0, out=slot_of)

    packs = np.zeros((numbers[-1] + 1, width), dtype=np.int64)
    packs.reshape(-1)[slots] = sequences[branch, depth]
    visible = np.zeros((len(packs), width, width), dtype=bool)
    visible[:, np.arange(width), np.arange(width)] = True  # an empty slot must see something
    below, prefix = np.nonzero(np.arange(length) < depth[:, None])
    seen = slot_of[branch[below], prefix] % width
    visible.reshape(-1, width)[slots[below], seen] = True
    places = np.empty(len(table.tokens), dtype=np.int64)
    is_new = new[branch, depth]
    places[sequences[branch, depth][is_new]] = slots[is_new]
    return PackedTable(
        **{field.name: getattr(table, field.name) for field in fields(PrefixTable)},
        packs=torch.from_numpy(packs),
        visible=torch.from_numpy(visible),
        slots=torch.from_numpy(places),
    )


def _fill(lengths: Ints, new: Ints, width: int) -> Ints:
    """Number the packs that branches go to, in order: (S,) from 0 on, each at most `width` full.

    The first branch of a pack takes its whole length, another what is new in it.
    """
    numbers = []
    number, room = -1, 0
    for length, fresh in zip(lengths.tolist(), new.tolist(), strict=True):
        if fresh > room:
            number += 1
            room = width - length
        else:
            room -= fresh
        numbers.append(number)
    return np.array(numbers)
