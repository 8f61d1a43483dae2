"""Characters become ids and back; id 0 is the boundary, which no character has."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.documents import Documents, Lines, Text
from makemore.corpus.predictions import BOUNDARY, Ints
from makemore.corpus.reading import Format, unescape
from makemore.errors import MakemoreWarning, UserError

AT_A_TIME = 2**20
"""Characters that are encoded at a time, each in four bytes and more."""

Ids = NDArray[Any]
"""Ids in the smallest unsigned type that holds all of a vocabulary."""


@dataclass(frozen=True)
class Vocabulary:
    """The characters a model knows; the id of `characters[i]` is i + 1."""

    characters: str

    def __len__(self) -> int:
        """Count the characters and the boundary."""
        return len(self.characters) + 1

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {character: id_ for id_, character in enumerate(self.characters, start=1)}

    def grown(self, characters: str) -> "Vocabulary":
        """Put those of some characters that are not known yet behind the others."""
        return Vocabulary(self.characters + "".join(c for c in characters if c not in self._ids))

    def encode(self, text: str) -> list[int]:
        """Give the ids of a text.

        Raises:
            UserError: the text holds a character that is not in the vocabulary.
        """
        try:
            return [self._ids[character] for character in text]
        except KeyError as error:
            place = text.index(error.args[0])
            around = text[max(0, place - 20) : place + 20]
            raise UserError(
                f"The model doesn't know the character {error.args[0]!r} in {around!r}: "
                f"it was trained on {self._summary()}."
            ) from None

    def typed(self, text: str) -> str:
        r"""Read what a user has typed: \n is a line break where the corpus has no backslash."""
        return text if "\\" in self.characters else unescape(text)

    def known(self, documents: Sequence[str], source: str, skip_unknown: bool) -> list[str]:
        """Take the documents whose characters are all known.

        Args:
            documents: of a file.
            source: the name of the file.
            skip_unknown: leave the others out; a MakemoreWarning says how many.

        Raises:
            UserError: there are others, and they aren't to be left out, or none is left.
        """
        strange = set[str]()
        for document in documents:
            strange.update(document)
        strange.difference_update(self.characters)
        if not strange:
            return list(documents)
        kept = [document for document in documents if strange.isdisjoint(document)]
        left_out = len(documents) - len(kept)
        first = next(c for document in documents for c in document if c in strange)
        found = (
            f"{left_out:,} of the {len(documents):,} documents of {source} have a character that "
            f"the model doesn't know, such as {first!r}"
        )
        if not skip_unknown:
            raise UserError(f"{found}: leave them out by --skip-unknown.")
        if not kept:
            raise UserError(f"{found}: none is left to measure.")
        warnings.warn(f"{found}: they are left out.", MakemoreWarning, stacklevel=3)
        return kept

    def only_known(self, documents: Iterable[str], skip_unknown: bool) -> Iterator[str]:
        """Do as `known` does with documents one after another, and say so behind the last.

        Raises:
            UserError: as `known`, when the first of the others comes, or behind the last.
        """
        n, left_out, first = 0, 0, ""
        known = frozenset(self.characters)
        for n, document in enumerate(documents, start=1):
            if known.issuperset(document):
                yield document
                continue
            strange = next(c for c in document if c not in known)
            left_out, first = left_out + 1, first or strange
            if not skip_unknown:
                raise UserError(
                    f"Document {n:,}, {document[:40]!r}, has a character that the model doesn't "
                    f"know, {strange!r}: leave such out by --skip-unknown."
                )
        if left_out == n > 0:
            raise UserError(
                f"All {n:,} documents have a character that the model doesn't know, "
                f"such as {first!r}: none is left."
            )
        if left_out:
            warnings.warn(
                f"{left_out:,} of {n:,} documents have a character that the model doesn't know, "
                f"such as {first!r}: they are left out.",
                MakemoreWarning,
                stacklevel=3,
            )

    def encode_lines(self, documents: Sequence[str]) -> Lines:
        """Encode documents that each have an end of their own.

        Raises:
            UserError: as `encode`.
        """
        lengths = np.fromiter(map(len, documents), dtype=np.int64, count=len(documents))
        return Lines(self._ids_of(documents), np.concatenate([[0], np.cumsum(lengths)]))

    def encode_text(self, text: str) -> Text:
        """Encode a part of one long text.

        Raises:
            UserError: as `encode`.
        """
        return Text(self._ids_of([text]))

    def encode_documents(self, documents: Sequence[str], format: Format) -> Documents:
        """Encode documents, or the part of a text, of which there is one or none.

        Raises:
            UserError: as `encode`.
        """
        if format == "text":
            return self.encode_text("".join(documents))
        return self.encode_lines(documents)

    def _ids_of(self, documents: Sequence[str]) -> Ids:
        table = self.id_of_code_point
        ids, end = np.empty(sum(map(len, documents)), dtype=table.dtype), 0
        for text in _in_parts(documents):
            codes, start, end = code_points(text), end, end + len(text)
            ids[start:end] = table[np.minimum(codes, len(table) - 1)]
        if not ids.all():
            for document in documents:
                self.encode(document)  # says which character of which document it is
        return ids

    @cached_property
    def id_of_code_point(self) -> Ids:
        """The id of each code point, in the smallest type; that of one that is not known is 0."""
        known = code_points(self.characters)
        table = np.zeros(int(known.max(initial=0)) + 2, dtype=np.min_scalar_type(len(known)))
        table[known] = np.arange(1, len(known) + 1)
        return table

    def decode(self, ids: Sequence[int]) -> str:
        """Give the text of a sequence of ids without boundaries."""
        return "".join(self.characters[id_ - 1] for id_ in ids)

    def decode_all(self, ids: Ids) -> str:
        """Give the text of an array of ids without boundaries."""
        codec = "ascii" if self._code_points.itemsize == 1 else "utf-32-le"
        return self._code_points[ids].tobytes().decode(codec, "surrogatepass")

    @cached_property
    def _code_points(self) -> Ids:
        """The code point of each id, in one byte where all are ASCII; the boundary has none."""
        type_ = np.uint8 if self.characters.isascii() else "<u4"
        return np.concatenate([[BOUNDARY], code_points(self.characters)]).astype(type_)

    def decode_rows(self, ids: Ints) -> list[str]:
        """Give the text of each row of (n, T) ids, up to its first boundary if it has one."""
        text = self.decode_all(ids)  # of all rows at once
        ended = np.append(ids == BOUNDARY, np.ones((len(ids), 1), dtype=bool), axis=1)
        starts = np.arange(len(ids)) * ids.shape[1]
        ends = starts + ended.argmax(axis=1)
        return [text[i:j] for i, j in zip(starts.tolist(), ends.tolist(), strict=True)]

    def _summary(self) -> str:
        shown = self.characters if len(self.characters) <= 60 else self.characters[:60] + "…"
        return f"{len(self.characters):,} characters: {shown!r}"


def code_points(text: str) -> NDArray[np.uint32]:
    """Give the code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _in_parts(documents: Iterable[str]) -> Iterator[str]:
    """Give the characters of documents in parts of bounded length."""
    some, size = list[str](), 0
    for document in documents:
        for start in range(0, len(document), AT_A_TIME):
            some.append(document[start : start + AT_A_TIME])
            size += len(some[-1])
            if size >= AT_A_TIME:
                yield "".join(some)
                some, size = [], 0
    yield "".join(some)
