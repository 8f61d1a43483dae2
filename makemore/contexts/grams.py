"""Counting grams, characters in a row, of one length and of all shorter ones, in bounded memory.

A gram is a context and the character that follows it. It is written as one number in base V, the
context's last character first, then the one before it, and so on to the oldest; at the end the
character that follows. So grams in order are contexts in order, contexts that share their last
characters stand side by side, and what a shorter context has is told by its neighbours alone.

That is what bounds the memory: the grams are counted in blocks, each of all contexts whose last two
characters lie between two bounds. Where the grams of a block outgrow `MOST_AT_A_TIME`, its upper
bound is lowered, and what lies beyond waits for another pass over the corpus. Nothing is written to
disk, and a corpus of few different grams is read once.

Before a document's start stands the boundary. A context that reaches it grows no further: what is
still older is filled up with boundaries, in the numbers alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from makemore.contexts.tables import CHUNK
from makemore.corpus.documents import Documents
from makemore.corpus.predictions import BOUNDARY, Cut, Ints, Pieces

MOST_AT_A_TIME = 2**25
"""Different grams of one block: up to 100 bytes each while they are counted, 3 GiB."""


@dataclass(frozen=True)
class Grams:
    """Some grams of one length.

    Attributes:
        keys: (n,), their numbers, ascending; int64, or Python's integers where 64 bits are few.
        counts: int64 (n,), after how many different characters each comes; where nothing can come
            before, and of the longest grams, how often.
        occurrences: int64 (n,), how often each comes.
    """

    keys: Ints
    counts: Ints
    occurrences: Ints


@dataclass
class Level:
    """All contexts of one length, and what follows each, in order; filled block by block.

    Attributes:
        contexts: numbers of the contexts, ascending.
        sizes: how many characters are kept after each.
        totals: the sum of the counts after each, of those too that are left out.
        left_out: the sum of the counts of those alone.
        characters: int32, what follows, context after context.
        counts: int64, of each of them.
        times: int64 (6,), how many grams have the count 0, 1, 2, 3, 4, and 5 or more; of all.
    """

    contexts: list[Ints] = field(default_factory=list)
    sizes: list[Ints] = field(default_factory=list)
    totals: list[Ints] = field(default_factory=list)
    left_out: list[Ints] = field(default_factory=list)
    characters: list[Ints] = field(default_factory=list)
    counts: list[Ints] = field(default_factory=list)
    times: Ints = field(default_factory=lambda: np.zeros(6, dtype=np.int64))

    @property
    def grams(self) -> int:
        """Count the grams that are kept."""
        return sum(map(len, self.characters))


class GramCounter:
    """Counts the grams of documents.

    Attributes:
        order: characters of the longest grams, at least 1.
        vocab_size: V, number of different ids, the boundary included.
        prune: of grams of three characters and more, leave out those that come at most so often.
        levels: by the length of their contexts, from 0 to order - 1.
    """

    def __init__(self, order: int, vocab_size: int, prune: int = 0) -> None:
        self.order = order
        self.vocab_size = vocab_size
        self.prune = prune
        self.levels = [Level() for _ in range(order)]

    def count(self, documents: Documents) -> Iterator[int]:
        """Fill the levels, and tell after each block how many grams are kept so far."""
        joined: list[Grams] = []  # of the shortest whose contexts lie in one block
        for keys, occurrences in self.blocks(documents):
            grams = Grams(keys, occurrences, occurrences)
            for length in range(self.order, 3, -1):
                self.keep(grams, length)
                grams = self.shorten(grams, length)
            joined.append(grams)
            yield sum(level.grams for level in self.levels)
        grams = Grams(
            np.concatenate([one.keys for one in joined]),
            np.concatenate([one.counts for one in joined]),
            np.concatenate([one.occurrences for one in joined]),
        )
        for length in range(min(self.order, 3), 0, -1):
            self.keep(grams, length)
            if length > 1:
                grams = self.shorten(grams, length)
        yield sum(level.grams for level in self.levels)

    def blocks(self, documents: Documents) -> Iterator[tuple[Ints, Ints]]:
        """Count the longest grams in ascending blocks: their numbers, and how often each comes."""
        end = self.vocab_size**self.order
        group = self.vocab_size ** max(0, self.order - 2)  # the same last two characters
        low = 0
        while low < end:
            high = end
            found: list[tuple[Ints, Ints]] = []  # the first is the sum of many, and the longest
            for chunk in documents.chunks(CHUNK, Cut()):
                keys = self.keys(chunk)
                if low > 0 or high < end:
                    keys = keys[(keys >= low) & (keys < high)]
                found.append(np.unique(keys, return_counts=True))
                if sum(len(keys) for keys, _ in found[1:]) <= len(found[0][0]):
                    continue
                found = [add_up(found)]
                keys, occurrences = found[0]
                if len(keys) > MOST_AT_A_TIME:
                    middle = int(keys[len(keys) // 2]) // group * group
                    high = min(high, max(middle, low + group))
                    kept = np.searchsorted(keys, high)
                    found = [(keys[:kept].copy(), occurrences[:kept].copy())]
            yield add_up(found)
            low = high

    def keys(self, pieces: Pieces) -> Ints:
        """Write the longest gram of each prediction as a number."""
        places, positions = pieces.places, pieces.positions
        fits = self.vocab_size**self.order <= np.iinfo(np.int64).max
        keys = np.zeros(len(places), dtype=np.int64 if fits else object)
        for distance in range(self.order - 1):
            keys *= self.vocab_size
            keys += pieces.tokens_before(places, positions, distance)
        keys *= self.vocab_size
        keys += pieces.targets
        return keys

    def shorten(self, grams: Grams, length: int) -> Grams:
        """Leave out the oldest character of grams, at least 2 characters long."""
        v = self.vocab_size
        keys, place = np.unique(grams.keys // (v * v) * v + grams.keys % v, return_inverse=True)
        occurrences = np.bincount(place, grams.occurrences, len(keys)).astype(np.int64)
        before = np.bincount(place, minlength=len(keys))
        counts = np.where(self.at_start(keys, length - 1), occurrences, before)
        return Grams(keys, counts, occurrences)

    def at_start(self, keys: Ints, length: int) -> NDArray[np.bool_]:
        """Tell which contexts, of grams of this length, reach the start of a document."""
        if length == 1:
            return np.zeros(len(keys), dtype=bool)
        return np.asarray(keys // self.vocab_size % self.vocab_size == BOUNDARY)

    def keep(self, grams: Grams, length: int) -> None:
        """Enter the grams of a length into their level, but for those that are left out."""
        level, v = self.levels[length - 1], self.vocab_size
        keys, counts, occurrences = grams.keys, grams.counts, grams.occurrences
        if length > 2:  # those beyond a start are filled up, and belong to a shorter length
            real = ~(self.at_start(keys, length) & self.at_start(keys // v, length))
            keys, counts, occurrences = keys[real], counts[real], occurrences[real]
        level.times += np.bincount(np.minimum(counts, 5), minlength=6)
        contexts = keys // v
        first = firsts(contexts)
        totals = np.add.reduceat(counts, first) if len(first) else counts
        contexts = contexts[first]
        sizes = np.diff(np.append(first, len(keys)))
        left_out = np.zeros_like(totals)
        if self.prune and length > 2:
            kept = occurrences > self.prune
            node = np.repeat(np.arange(len(contexts)), sizes)[kept]
            keys, counts = keys[kept], counts[kept]
            sizes = np.bincount(node, minlength=len(contexts))
            left_out = totals - np.bincount(node, counts, len(contexts)).astype(np.int64)
            known = sizes > 0
            contexts, sizes = contexts[known], sizes[known]
            totals, left_out = totals[known], left_out[known]
        level.contexts.append(contexts)
        level.sizes.append(sizes)
        level.totals.append(totals)
        level.left_out.append(left_out)
        level.characters.append((keys % v).astype(np.int32))
        level.counts.append(counts)


def add_up(parts: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Merge parts of (keys, counts), each ascending: the distinct keys, and the sums of counts."""
    if len(parts) == 1:
        return parts[0]
    keys = np.concatenate([keys for keys, _ in parts])
    order = np.argsort(keys, kind="stable")  # which merges what is ascending already
    keys = keys[order]
    counts = np.concatenate([counts for _, counts in parts])[order]
    first = firsts(keys)
    return keys[first], np.add.reduceat(counts, first)


def firsts(keys: Ints) -> Ints:
    """Find where each run of equal keys begins."""
    new = np.ones(len(keys), dtype=bool)
    new[1:] = keys[1:] != keys[:-1]
    return np.flatnonzero(new)
