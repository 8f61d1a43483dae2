"""Documents as rows of tokens for `Model.forward`, and tables of such rows.

Pieces of one long text begin alike too seldom for a tree to pay: every place is a row of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from makemore.contexts.tables import CHUNK, Part, Table
from makemore.corpus.documents import Documents
from makemore.corpus.predictions import BOUNDARY, Chunked, Cut, Ints, Pieces, runs


@dataclass(frozen=True)
class SequenceTable(Table):
    """Contexts of whole prefixes, of S sequences of T tokens, as `Model.forward` takes them.

    Row i is the context of place i in the flattened sequences.

    Attributes:
        tokens: int64 (S, T).
    """

    tokens: Tensor


class PreparedText:
    """A text whose batches are windows, each read from its own first token on."""

    def alphabetical(self, pieces: Pieces) -> Pieces:
        """Leave the windows as they are: they hardly share a beginning."""
        return pieces

    def table(self, pieces: Pieces) -> SequenceTable:
        """Make the table of some windows."""
        return sequence_table(pieces)


def sequence_table(windows: Pieces) -> SequenceTable:
    """Take windows as they are: whatever comes before them is not read."""
    return _sequence_table(*lay_out(Blocks(windows, np.zeros_like(windows.starts))))


def sequence_tables(text: Chunked, block_size: int | None, size: int) -> Iterator[SequenceTable]:
    """Cover a text with tables of sequences that take at most `size` tokens, at least one."""
    for chunk in text.chunks(CHUNK, cut_for(block_size)):
        blocks = in_blocks(chunk, block_size)
        width = blocks.width
        rows = max(1, size // width)
        for start in range(0, len(blocks), rows):
            yield _sequence_table(*lay_out(blocks[start : start + rows], width))


def sequence_parts(text: Chunked, block_size: int | None, size: int) -> Iterator[Part]:
    """Number the predictions of `sequence_tables`, which stand there in their order."""
    done = 0
    for table in sequence_tables(text, block_size, size):
        numbers = np.arange(done, done + table.predictions)
        yield Part(table, numbers, table.rows.numpy(), table.targets.numpy())
        done += table.predictions


def _sequence_table(inputs: Ints, targets: Ints) -> SequenceTable:
    """Make the table of (S, T) inputs and the targets after them, -1 where none is predicted."""
    flat = targets.reshape(-1)
    rows = np.flatnonzero(flat >= 0)
    return SequenceTable(
        torch.from_numpy(rows),
        torch.from_numpy(flat[rows]),
        torch.ones(len(rows), dtype=torch.int64),
        len(rows),
        torch.from_numpy(np.ascontiguousarray(inputs)),
    )


@dataclass(frozen=True)
class Blocks:
    """Rows of tokens, some of whose first predictions may be there to be read alone.

    Attributes:
        pieces: what is read, a row each.
        skipped: int64 (rows,), how many of its first predictions are not asked for.
    """

    pieces: Pieces
    skipped: Ints

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.skipped)

    def __getitem__(self, chosen: slice | Ints) -> "Blocks":
        """Choose some of the rows."""
        return Blocks(self.pieces[chosen], self.skipped[chosen])

    @property
    def width(self) -> int:
        """Most tokens of a row."""
        return int(self.pieces.sizes.max(initial=0))


def cut_for(block_size: int | None) -> Cut:
    """Say where a document may be cut so that its parts are read in the blocks of the whole."""
    return Cut(0) if block_size is None else Cut(block_size, max(1, block_size // 2))


def in_blocks(pieces: Pieces, block_size: int | None) -> Blocks:
    """Read each piece in rows that a model takes.

    A document with more than `block_size` predictions is read in rows of that length, each
    starting half a block after the one before; a row predicts only what none before it has
    predicted, so every character is predicted once, and all after the first block with at least
    half a block behind it. A piece from within a document begins half a block earlier, to be read.
    """
    block = block_size or int(pieces.sizes.max(initial=1))
    stride = max(1, block // 2)
    lead = np.minimum(pieces.before, block - stride)
    n = 1 + np.maximum(0, -(-(lead + pieces.sizes - block) // stride))  # (pieces,)
    number = runs(np.zeros_like(n), n)  # 0, 1, … in each
    of = np.repeat(np.arange(len(pieces)), n)
    whole = pieces[of]
    shift = number * stride - lead[of]
    sizes = np.minimum(block, whole.sizes - shift)
    rows = Pieces(
        pieces.ids,
        whole.starts + shift,
        whole.before + shift,
        sizes,
        whole.rows,
        whole.ended & (shift + sizes == whole.sizes),
    )
    return Blocks(rows, np.where(number == 0, lead[of], block - stride))


def lay_out(blocks: Blocks, width: int | None = None) -> tuple[Ints, Ints]:
    """Read rows of tokens, padded to the longest or to `width`.

    Returns:
        inputs: int64 (S, T), the token before each prediction; past a row's end, the boundary.
        targets: int64 (S, T), what is predicted; -1 where nothing is.
    """
    pieces, steps = blocks.pieces, np.arange(blocks.width if width is None else width)
    sizes = pieces.sizes[:, None]
    inside = steps < sizes
    places = pieces.starts[:, None] + steps
    positions = np.where(inside, pieces.before[:, None] + steps, 0)
    predicted = inside & (steps >= blocks.skipped[:, None])
    targets = np.where(predicted, BOUNDARY, -1)
    characters = predicted & ~(pieces.ended[:, None] & (steps == sizes - 1))
    targets[characters] = pieces.ids[places[characters]]
    return pieces.tokens_before(places, positions), targets


def pad(documents: Documents, block_size: int | None = None) -> tuple[Ints, Ints, Ints]:
    """Lay documents out as rows for `Model.forward`, each from the boundary on, as `in_blocks`.

    Returns:
        inputs: int64 (S, T), the boundary and then the characters; past the end, the boundary.
        targets: int64 (S, T), the character after each input; -1 where nothing is predicted.
        lengths: int64 (S,), the inputs in each row.
    """
    blocks = in_blocks(documents.pieces(), block_size)
    return *lay_out(blocks), blocks.pieces.sizes
