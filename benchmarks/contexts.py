"""How long it takes to make the tables of distinct contexts.

    python benchmarks/contexts.py

Medians over several runs: the tables of all names, and of a batch of 512 as training makes them,
once the corpus is in order.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from makemore.contexts.prefixes import OrderedDocuments, prefix_table
from makemore.contexts.tables import Table
from makemore.contexts.windows import NumberedWindows, window_table
from makemore.corpus.loading import load_corpus
from makemore.corpus.vocabulary import Vocabulary

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
    names = vocabulary.encode_lines(corpus.documents)
    size = len(vocabulary)
    rows = np.random.default_rng(0).permutation(len(names))[:BATCH]
    chosen, whole = names.pieces(rows).numbers, names.pieces()
    makers: dict[str, list[Callable[[], Table]]] = {}
    for k in (1, 3, 8):
        windows = NumberedWindows(whole, k, size)
        makers[f"last {k} character{'s' if k > 1 else ''}"] = [
            partial(window_table, whole, k, size),
            partial(windows.table, chosen),
        ]
    prefixes = OrderedDocuments(names, size)
    makers["whole prefix"] = [partial(prefix_table, whole, size), partial(prefixes.table, rows)]
    columns = (f"{len(names):,} names", f"{BATCH} names")
    print(f"{'':20}" + "".join(f"{heading:>34}" for heading in columns))
    for name, of_names_and_batch in makers.items():
        cells = []
        for make in of_names_and_batch:
            table = make()
            distinct = int(table.rows.max()) + 1
            shared = table.predictions / distinct
            cells.append(f"{milliseconds(make):8.2f} ms, {shared:7.1f} to a context")
        print(f"{name:20}" + "".join(f"{cell:>34}" for cell in cells))


if __name__ == "__main__":
    main()
