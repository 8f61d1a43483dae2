"""Characters become ids and back; id 0 is the boundary that starts and stops a document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from makemore.errors import UserError

BOUNDARY = 0


@dataclass(frozen=True)
class Documents:
    """Encoded documents: one flat array of character ids, and where each document starts.

    Document i is `ids[offsets[i] : offsets[i + 1]]`; the boundary is not stored.

    Attributes:
        ids: int32 (characters,).
        offsets: int64 (documents + 1,).
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Characters in each document, int64 (documents,)."""
        return np.diff(self.offsets)

    @property
    def predictions(self) -> int:
        """How many characters a model predicts here: every one, and each document's end."""
        return len(self.ids) + len(self)

    def select(self, rows: NDArray[np.int64]) -> "Documents":
        """Documents at the given rows, in that order."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        shift = np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return Documents(self.ids[np.arange(offsets[-1]) + shift], offsets)


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

    def encode(self, text: str) -> list[int]:
        """Give the ids of a text.

        Raises:
            UserError: the text holds a character that is not in the vocabulary.
        """
        try:
            return [self._ids[character] for character in text]
        except KeyError as error:
            raise UserError(
                f"The model doesn't know the character {error.args[0]!r} in {text[:40]!r}: "
                f"it was trained on {self._summary()}."
            ) from None

    def encode_all(self, documents: Iterable[str]) -> Documents:
        """Encode many documents.

        Raises:
            UserError: as `encode`.
        """
        encoded = [self.encode(document) for document in documents]
        lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
        ids = np.fromiter((id_ for document in encoded for id_ in document), dtype=np.int32)
        return Documents(ids, np.concatenate([[0], np.cumsum(lengths)]))

    def decode(self, ids: Sequence[int]) -> str:
        """Give the text of a sequence of ids without boundaries."""
        return "".join(self.characters[id_ - 1] for id_ in ids)

    def _summary(self) -> str:
        shown = self.characters if len(self.characters) <= 60 else self.characters[:60] + "…"
        return f"{len(self.characters):,} characters: {shown}"
