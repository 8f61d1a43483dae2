"""Which documents stand in a step's batch: a pure function of corpus size, seed, step and rank.

So a resumed run needs no iterator state, and several processes agree on their shares without a
word between them.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def batch_rows(
    n_documents: int, batch_size: int, seed: int, step: int, rank: int = 0, world_size: int = 1
) -> NDArray[np.int64]:
    """Rows of the documents in a batch, int64 (batch_size,).

    The batches of all ranks, step after step, run through shuffled epochs: each document comes
    once in every epoch, and each epoch has an order of its own. A batch may cross from one epoch
    into the next.
    """
    start = (step * world_size + rank) * batch_size
    epochs, places = np.divmod(np.arange(start, start + batch_size), n_documents)
    rows = np.empty(batch_size, dtype=np.int64)
    for epoch in range(int(epochs[0]), int(epochs[-1]) + 1):
        inside = epochs == epoch
        rows[inside] = _shuffled(n_documents, seed, epoch)[places[inside]]
    return rows


@lru_cache(maxsize=2)
def _shuffled(n_documents: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(n_documents)
