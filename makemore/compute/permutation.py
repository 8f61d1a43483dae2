"""A pseudorandom order that is never written down: each place of it is computed by itself.

A generalised Feistel network with cycle walking (Black & Rogaway 2002, "Ciphers with arbitrary
finite domains", https://ia.cr/2001/012). A number x below n is written as two digits, left and
right, and by turns each digit is moved on by a hash of the other. Such a round can be undone, so
different numbers stay different. There are a few more pairs of digits than n; a number that lands
on one of these goes through the rounds again, until it is below n.
"""

from functools import lru_cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

ROUNDS = 6
"""Luby and Rackoff (1988) prove that 4 are enough for large n and random functions."""
ROUNDS_OF_FEW, FEW = 16, 1000
"""A few numbers take more rounds until all of their orders come alike often."""

Unsigned = NDArray[np.uint64]


def permute(places: NDArray[np.int64], n: int, *key: int) -> NDArray[np.int64]:
    """Give what stands at some places of a pseudorandom order of 0, 1, … n - 1.

    It takes the memory of the places, however large n is.

    Args:
        places: int64 (m,), each below n.
        n: how many numbers are in order, from 1 to 2**62.
        key: which order, as numbers of at least 0. Each key has its own.

    Returns:
        int64 (m,), different for different places.
    """
    radices, keys = _digits(n), _round_keys(key, ROUNDS_OF_FEW if n < FEW else ROUNDS)
    found = _once(places.astype(np.uint64), radices, keys)
    while (beyond := np.flatnonzero(found >= n)).size:
        found[beyond] = _once(found[beyond], radices, keys)
    return found.astype(np.int64)


def scramble(numbers: Unsigned) -> Unsigned:
    """Hash each number to 64 bits, one to one: the finaliser of MurmurHash3 (Appleby 2011)."""
    mixed = numbers >> np.uint64(33)
    mixed ^= numbers
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed


def _once(numbers: Unsigned, radices: tuple[np.uint64, np.uint64], keys: Unsigned) -> Unsigned:
    """Send each number below the product of the radices through all rounds."""
    left = numbers // radices[1]
    digits = [left, numbers - left * radices[1]]
    for turn, key in enumerate(keys):
        moved = turn % 2
        shift = scramble(digits[1 - moved] ^ key) >> np.uint64(32)
        shift *= radices[moved]
        shift >>= np.uint64(32)  # from 32 bits to below the radix, without a slow division
        shift += digits[moved]
        digits[moved] = np.minimum(shift, shift - radices[moved])  # what is below 0 is very large
    left, right = digits
    found: Unsigned = left * radices[1] + right
    return found


@lru_cache(maxsize=8)
def _digits(n: int) -> tuple[np.uint64, np.uint64]:
    """Choose how many values two digits have: about as many each, and few pairs more than n."""
    root = isqrt(n - 1) + 1
    left = min(range(root, root + min(root // 4, 64) + 1), key=lambda left: -n % left)
    return np.uint64(left), np.uint64(-(-n // left))


@lru_cache(maxsize=8)
def _round_keys(key: tuple[int, ...], rounds: int) -> Unsigned:
    return np.random.SeedSequence(key).generate_state(rounds, np.uint64).astype(np.uint64)
