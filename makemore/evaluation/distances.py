"""How far apart two documents are, and two distributions."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import torch

from makemore.corpus.predictions import Ints

ROWS_AT_A_TIME = 64


def nearest(documents: Sequence[str], others: Sequence[str]) -> Ints:
    """Find of each document the edit distance to the nearest of some others, int64 (documents,).

    It is the fewest characters to insert, delete or replace (Levenshtein 1966), exactly, by the
    bit-parallel algorithm of Myers (1999) and Hyyrö (2003) in rapidfuzz.

    Args:
        documents: any number of them.
        others: at least one.
    """
    from rapidfuzz.distance import Levenshtein  # here, so that only who measures imports it
    from rapidfuzz.process import cdist

    found = np.empty(len(documents), dtype=np.int64)
    for start in range(0, len(documents), ROWS_AT_A_TIME):
        some = documents[start : start + ROWS_AT_A_TIME]
        workers = torch.get_num_threads()
        distances = cdist(
            some, others, scorer=Levenshtein.distance, dtype=np.uint32, workers=workers
        )
        found[start : start + len(some)] = distances.min(axis=1)
    return found


def total_variation(ones: Iterable[Hashable], others: Iterable[Hashable]) -> float:
    """Tell how far two distributions are apart: 0 where they are equal, 1 where they share nothing.

    It is half the sum of |p - q| over all values, where p and q are the shares of each in the two:
    the share of one that would have to change to make it the other.
    """
    p, q = Counter(ones), Counter(others)
    n, m = p.total(), q.total()
    differences = (abs(p[value] / n - q[value] / m) for value in p.keys() | q.keys())
    return math.fsum(differences) / 2  # in any order
