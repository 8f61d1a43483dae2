"""Characters become ids and back; id 0 is the boundary that starts and stops a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from makemore.errors import UserError

BOUNDARY = 0
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Documents:
    """Encoded documents: one flat array of character ids, and where each document starts.

    Document i is `ids[offsets[i] : offsets[i + 1]]`; the boundary is not stored.

    Attributes:
        ids: int32 (characters,).
        offsets: int64 (documents + 1,).
        text: whether it is a part of one long text, which only stops because the part does: its
            end is not predicted.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    text: bool = False

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Characters in each document, int64 (documents,)."""
        return np.diff(self.offsets)

    @property
    def predictions(self) -> int:
        """How many characters a model predicts here: every one, and each document's end."""
        return len(self.ids) + (0 if self.text else len(self))

    @cached_property
    def inputs(self) -> Ints:
        """Token before each prediction, document after document, int64 (predictions,)."""
        ids = self.ids
        if self.text:  # the last character of a text comes before nothing
            ids = np.delete(ids, self.offsets[1:] - 1)
        inputs = np.full(self.predictions, BOUNDARY, dtype=np.int64)
        inputs[self.positions > 0] = ids
        return inputs

    @cached_property
    def targets(self) -> Ints:
        """Token that is predicted, the boundary where a document ends, int64 (predictions,)."""
        if self.text:
            return self.ids.astype(np.int64)
        return np.append(self.inputs[1:], BOUNDARY)

    @cached_property
    def positions(self) -> Ints:
        """Place of each prediction in its document, 0 for the first character's."""
        lengths = self.lengths + (0 if self.text else 1)
        starts = np.cumsum(lengths) - lengths
        return np.arange(self.predictions) - np.repeat(starts, lengths)

    def predictions_of(self, rows: Ints) -> Ints:
        """Name the predictions of the documents at the given rows, one document after another."""
        first = self.offsets[rows] + rows  # each document before has one more than characters
        lengths = self.offsets[rows + 1] - self.offsets[rows] + 1
        shift = np.repeat(first - (np.cumsum(lengths) - lengths), lengths)
        predictions: Ints = np.arange(len(shift)) + shift
        return predictions

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
            place = text.index(error.args[0])
            around = text[max(0, place - 20) : place + 20]
            raise UserError(
                f"The model doesn't know the character {error.args[0]!r} in {around!r}: "
                f"it was trained on {self._summary()}."
            ) from None

    def encode_all(self, documents: Sequence[str], text: bool = False) -> Documents:
        """Encode many documents, or the part of a text, as `Documents.text` tells them apart.

        Raises:
            UserError: as `encode`.
        """
        known, codes = _code_points(self.characters), _code_points("".join(documents))
        order = np.argsort(known)
        places = np.searchsorted(known, codes, sorter=order).clip(max=len(known) - 1)
        ids = order[places] + 1
        if (known[ids - 1] != codes).any():
            for document in documents:
                self.encode(document)  # says which character of which document it is
        lengths = np.fromiter(map(len, documents), dtype=np.int64, count=len(documents))
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        return Documents(ids.astype(np.int32), offsets, text)

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
