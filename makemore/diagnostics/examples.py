"""A batch of real predictions, each by itself: what a picture of a model's insides looks at."""

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from makemore.contexts.sequences import in_blocks, lay_out, sequence_table
from makemore.contexts.windows import window_table
from makemore.corpus.documents import Documents, Lines
from makemore.corpus.predictions import Pieces
from makemore.models.base import Model

N = 1000
"""Predictions, or somewhat more where a document or a window of a text has several."""


@dataclass(frozen=True)
class Examples:
    """Contexts and what comes next, as `Model.by_layers` takes them.

    Attributes:
        contexts: int64 (B, T): windows, oldest character first, or sequences.
        targets: int64, what comes next: (B,) after each window, or (B, T) after each token, -1
            where nothing is predicted.
    """

    contexts: Tensor
    targets: Tensor

    @property
    def predicted(self) -> Tensor:
        """Where something is predicted: bool, as the targets."""
        return self.targets >= 0

    def __len__(self) -> int:
        """Count the predictions."""
        return int(self.predicted.sum())

    def loss(self, logits: Tensor) -> Tensor:
        """Mean cross-entropy, in nats a character: logits (B, V) or (B, T, V) -> a scalar."""
        return F.cross_entropy(logits.flatten(0, -2), self.targets.flatten(), ignore_index=-1)

    def prefix(self, index: int) -> tuple[list[int], int]:
        """Spell out one prediction: its context, and the id that comes next."""
        places = self.predicted.nonzero()[index].tolist()
        row = self.contexts[places[0]]
        context = row if len(places) == 1 else row[: places[1] + 1]
        return context.tolist(), int(self.targets[tuple(places)])


def pick_examples(model: Model, documents: Documents, n: int = N, seed: int = 0) -> Examples:
    """Draw whole documents, or windows of a text, until they have about n predictions.

    Args:
        model: that will predict, on whose device they are put.
        documents: at least one.
        n: of predictions, at least 1; fewer where there are fewer.
        seed: the same draws the same.
    """
    random = np.random.default_rng(seed)
    length = model.context_length
    if isinstance(documents, Lines):
        pieces = documents.pieces(random.permutation(len(documents)))
        pieces = pieces[: 1 + int(np.searchsorted(np.cumsum(pieces.sizes), n))]
        if length is None:
            blocks = in_blocks(pieces, model.block_size)
            found = Examples(*map(torch.from_numpy, lay_out(blocks)))
        else:
            found = _windows(pieces, length, model.vocab_size)
    elif length is not None:
        chosen = random.permutation(documents.predictions)[:n]
        found = _windows(documents.windows(chosen, 1), length, model.vocab_size)
    else:
        width = min(model.reader.window_size, documents.predictions)
        starts = random.integers(documents.predictions - width + 1, size=-(-n // width))
        table = sequence_table(documents.windows(starts, width))
        found = Examples(table.tokens, table.targets.view(table.tokens.shape))
    device = model.device
    return replace(found, contexts=found.contexts.to(device), targets=found.targets.to(device))


def _windows(pieces: Pieces, length: int, vocab_size: int) -> Examples:
    """Give each prediction its window, in no order."""
    table = window_table(pieces, length, vocab_size)
    contexts = table.contexts[table.rows].repeat_interleave(table.counts, dim=0)
    targets = table.targets.repeat_interleave(table.counts)
    # the table is in order of the windows: one that comes often would stand side by side
    order = torch.from_numpy(np.random.default_rng(len(targets)).permutation(len(targets)))
    return Examples(contexts[order], targets[order])
