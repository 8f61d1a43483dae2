"""What all tables have in common, and what every reader that makes them can do."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, Self

import numpy as np
import torch
from torch import Tensor

from makemore.corpus.documents import Documents
from makemore.corpus.predictions import Chunked, Cut, Ints, Pieces

MOST_NUMBERED = 2**22
"""Predictions, or places once padded, of a split that is put in order as a whole. That takes up to
120 bytes each while it is done."""
CHUNK = 2**20
"""Predictions that are made into tables at a time where a split has more."""


@dataclass(frozen=True)
class Table:
    """How often each character follows each distinct context.

    N is the number of distinct contexts, P of distinct (context, next character) pairs.

    Attributes:
        rows: int64 (P,), the pair's context; ascending.
        targets: int64 (P,), the pair's next character, or the boundary where the document ends.
        counts: int64 (P,), how often the pair occurs, at least 1.
        predictions: how many predictions the table stands for, the sum of counts.
    """

    rows: Tensor
    targets: Tensor
    counts: Tensor
    predictions: int

    def to(self, device: torch.device) -> Self:
        """Copy the table's tensors to a device; to a GPU while the CPU goes on."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        tensors: dict[str, Any] = {
            k: v.pin_memory().to(device, non_blocking=True)
            if device.type == "cuda"
            else v.to(device)
            for k, v in values.items()
            if isinstance(v, Tensor)
        }
        return replace(self, **tensors)


@dataclass(frozen=True)
class Part:
    """A table of some documents, and which of their predictions it stands for.

    Attributes:
        table: of distinct contexts.
        predictions: int64 (n,), their numbers among all, one document after another.
        rows: int64 (n,), the row of the table that holds the context of each.
        targets: int64 (n,), what follows each.
    """

    table: Table
    predictions: Ints
    rows: Ints
    targets: Ints


class Reader(Protocol):
    """How a model reads documents: which contexts it tells apart, and the tables that hold them."""

    @property
    def window_size(self) -> int:
        """How many predictions a window of a text is trained on."""

    @property
    def cut(self) -> Cut:
        """Where a document may be cut so that each part is read as within the whole."""

    def table(self, documents: Documents) -> Table:
        """Make the table of all distinct contexts of documents, at least one."""

    def tables(self, documents: Documents, size: int) -> Iterator[Table]:
        """Cover documents with tables of about `size` contexts at most."""

    def parts(self, documents: Chunked, size: int) -> Iterator[Part]:
        """Cover documents likewise, and tell of each prediction which row is its context."""

    def contexts(self, documents: Documents) -> list[tuple[list[int], int]]:
        """Spell out every prediction, one after another: its context, and what comes next."""

    def prepare(self, documents: Documents) -> "Prepared":
        """Make a whole split ready, so that the table of a batch costs little."""

    def trim(self, context: Tensor) -> Tensor:
        """Drop the tokens of contexts (B, T) that a next token no longer sees."""


class Prepared(Protocol):
    """A split whose batches become tables."""

    def alphabetical(self, pieces: Pieces) -> Pieces:
        """Put pieces in alphabetical order; those that begin alike share more in one table."""

    def table(self, pieces: Pieces) -> Table:
        """Make the table of a batch: of documents or parts of them, or of a text's windows."""


def count_pairs(row: Ints, targets: Ints, vocab_size: int) -> tuple[Tensor, Tensor, Tensor, int]:
    """Count equal (row, target) pairs, both int64 (predictions,): the fields of a `Table`."""
    pairs, counts = np.unique(row * vocab_size + targets, return_counts=True)
    rows, follows = np.divmod(pairs, vocab_size)
    return (
        torch.from_numpy(rows),
        torch.from_numpy(follows),
        torch.from_numpy(counts),
        len(row),
    )
