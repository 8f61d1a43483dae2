"""Characters become ids and back; id 0 is the boundary, which no character has."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.documents import BOUNDARY, Documents, Ints, Lines, Text
from makemore.corpus.reading import Format, unescape
from makemore.errors import MakemoreWarning, UserError


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
        strange = set().union(*documents).difference(self.characters)
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

    def _ids_of(self, documents: Sequence[str]) -> NDArray[np.int32]:
        known, codes = _code_points(self.characters), _code_points("".join(documents))
        order = np.argsort(known)
        places = np.searchsorted(known, codes, sorter=order).clip(max=len(known) - 1)
        ids: Ints = order[places] + 1
        if (known[ids - 1] != codes).any():
            for document in documents:
                self.encode(document)  # says which character of which document it is
        return ids.astype(np.int32)

    def decode(self, ids: Sequence[int]) -> str:
        """Give the text of a sequence of ids without boundaries."""
        return "".join(self.characters[id_ - 1] for id_ in ids)

    def decode_rows(self, ids: Ints) -> list[str]:
        """Give the text of each row of (n, T) ids, up to its first boundary if it has one."""
        codes = np.concatenate([[BOUNDARY], _code_points(self.characters)]).astype("<u4")
        text = codes[ids].tobytes().decode("utf-32-le", "surrogatepass")  # of all rows at once
        ended = np.append(ids == BOUNDARY, np.ones((len(ids), 1), dtype=bool), axis=1)
        starts = np.arange(len(ids)) * ids.shape[1]
        ends = starts + ended.argmax(axis=1)
        return [text[i:j] for i, j in zip(starts.tolist(), ends.tolist(), strict=True)]

    def _summary(self) -> str:
        shown = self.characters if len(self.characters) <= 60 else self.characters[:60] + "…"
        return f"{len(self.characters):,} characters: {shown!r}"


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
