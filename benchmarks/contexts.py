"""How long it takes to make the tables of distinct contexts.

    python benchmarks/contexts.py

Medians over several runs: the tables of all names, and of a batch of 512.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from makemore.contexts import Table, window_table
from makemore.corpus import load_corpus
from makemore.prefixes import prefix_table
from makemore.vocabulary import Documents, Vocabulary

RUNS = 20
BATCH = 512


def milliseconds(make: Callable[[], Table]) -> float:
    """Median time of a call."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        make()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def main() -> None:
    """Print the table."""
    corpus = load_corpus(None)
    vocabulary = Vocabulary(corpus.characters)
    names = vocabulary.encode_all(corpus.documents)
    batch = names.select(np.random.default_rng(0).permutation(len(names))[:BATCH])
    makers: dict[str, Callable[[Documents], Table]] = {
        "last 1 character": lambda documents: window_table(documents, 1, len(vocabulary)),
        "last 3 characters": lambda documents: window_table(documents, 3, len(vocabulary)),
        "last 8 characters": lambda documents: window_table(documents, 8, len(vocabulary)),
        "whole prefix": lambda documents: prefix_table(documents, len(vocabulary)),
    }
    columns = {f"{len(names):,} names": names, f"{BATCH} names": batch}
    print(f"{'':20}" + "".join(f"{heading:>34}" for heading in columns))
    for name, make in makers.items():
        cells = []
        for documents in columns.values():
            table = make(documents)
            distinct = int(table.rows.max()) + 1
            time_ = milliseconds(lambda make=make, documents=documents: make(documents))  # type: ignore[misc]
            shared = table.predictions / distinct
            cells.append(f"{time_:8.2f} ms, {shared:7.1f} to a context")
        print(f"{name:20}" + "".join(f"{cell:>34}" for cell in cells))


if __name__ == "__main__":
    main()
