"""The hashes and splits of many documents at once."""

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.splits import Shares

Hashes = NDArray[np.uint64]


def hashes_of(documents: Iterable[str], seed: int) -> Hashes:
    """Hash each document as `hash_of`: uint64 (documents,)."""
    start, digests = hashlib.blake2b(f"{seed}\n".encode(), digest_size=8), bytearray()
    for document in documents:
        digest = start.copy()
        digest.update(document.encode())
        digests += digest.digest()
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def splits_of(hashes: Hashes, shares: Shares) -> NDArray[np.uint8]:
    """Tell the place of each document's split among `SPLITS`, as `split_of`, by its hash."""
    u = hashes.astype(np.float64) / 2**64
    train, val, _ = shares
    return (u >= train).astype(np.uint8) + (u >= train + val)
