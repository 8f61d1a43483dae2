"""How many words a second a default transformer scores, a character and an end at a time.

    python benchmarks/scoring.py [--rounds N] [--data FILE] [--run DIR]

The words are the names that come along, or those of a file, read from it as `makemore score --data`
does. The model is a run of 300 steps, the default, or `--run`. It is loaded and warm, and what has
to be known to tell ranks is found before; nothing is printed.
"""

import tempfile
import time
from pathlib import Path

from side_by_side import MAKEMORE, command_line, in_turn, run

from makemore.corpus.reading import embedded_names
from makemore.corpus.streaming import stream_documents
from makemore.evaluation.scores import score_documents
from makemore.maker import Maker


def words_a_second(maker: Maker, data: Path) -> tuple[float, float]:
    """Score a file, and give words a second by the clock on the wall, and by the processor's."""
    start, busy = time.perf_counter(), time.process_time()
    scores = score_documents(maker.model, maker.vocabulary, stream_documents(data))
    n = sum(1 for _ in scores)
    return n / (time.perf_counter() - start), n / (time.process_time() - busy)


def main() -> None:
    """Print the table."""
    parser = command_line(__doc__, rounds=5)
    parser.add_argument("--data", type=Path, default=embedded_names(), help="words, one a line")
    parser.add_argument("--run", type=Path, metavar="DIR", help="a run to score with")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trained: Path | None = arguments.run
        if trained is None:
            trained = Path(folder) / "run"
            run([*MAKEMORE, "train", "--out", str(trained)])
        maker = Maker.load(trained, "cpu")
    words_a_second(maker, arguments.data)  # warms up
    measures = {
        "by the clock": lambda: words_a_second(maker, arguments.data)[0],
        "by a second of processor time": lambda: words_a_second(maker, arguments.data)[1],
    }
    print("| | words a second |")
    print("|---|---|")
    for name, rounds in in_turn(arguments.rounds, measures).items():
        print(f"| {name} | {rounds.figure:,.0f} |")


if __name__ == "__main__":
    main()
