"""Documents in files, as sequences of strings; each is decoded when it is asked for."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import overload

import numpy as np

from makemore.corpus.predictions import Ints
from makemore.corpus.vocabulary import Ids, Vocabulary

AT_A_TIME = 2**22
"""Characters that are at hand at a time."""


class PackedDocuments(Sequence[str]):
    """The documents of a split, each decoded when it is asked for."""

    def __init__(self, ids: Ids, offsets: Ints, vocabulary: Vocabulary, rows: range) -> None:
        """Choose the documents at some rows of all."""
        self._ids, self._offsets, self._vocabulary = ids, offsets, vocabulary
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> "PackedDocuments": ...
    def __getitem__(self, place: int | slice) -> "str | PackedDocuments":
        if isinstance(place, slice):
            return PackedDocuments(self._ids, self._offsets, self._vocabulary, self._rows[place])
        row = self._rows[place]
        return self._vocabulary.decode_all(self._ids[self._offsets[row] : self._offsets[row + 1]])

    def __iter__(self) -> Iterator[str]:
        if self._rows.step != 1:  # far from each other
            yield from map(self.__getitem__, range(len(self)))
            return
        for first, last in self.stretches():
            offsets = self._offsets[first : last + 1]
            text = self._vocabulary.decode_all(self._ids[offsets[0] : offsets[-1]])
            places = (offsets - offsets[0]).tolist()
            yield from (text[i:j] for i, j in pairwise(places))

    def stretches(self) -> Iterator[tuple[int, int]]:
        """Cut the rows, which follow each other, into stretches of bounded length."""
        first, stop = self._rows.start, self._rows.stop
        while first < stop:
            end = self._offsets[first] + AT_A_TIME
            last = int(np.searchsorted(self._offsets[first : stop + 1], end, side="right")) - 1
            last = first + min(max(last, 1), AT_A_TIME)
            last = min(last, stop)
            yield first, last
            first = last


class Chained(Sequence[str]):
    """Several sequences, one behind the other."""

    def __init__(self, parts: list[Sequence[str]]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[i] for i in range(len(self))[place]]
        place = range(len(self))[place]
        for part in self._parts:
            if place < len(part):
                return part[place]
            place -= len(part)
        raise IndexError(place)

    def __iter__(self) -> Iterator[str]:
        for part in self._parts:
            yield from part
