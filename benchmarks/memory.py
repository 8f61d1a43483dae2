"""How much memory the commands take: the most that a process holds at once.

    python benchmarks/memory.py [--peer DIR] [--rounds N] [--steps N] [-n N]

A training of 60 steps at all defaults, and the peer's of as many; then 10,000 samples from that
training, which has no counterpart: the peer can't be told how many. Beside them `import torch`
alone, which both begin with. It is resident memory, as the system counts it.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable

from side_by_side import MAKEMORE, Peer, command_line, in_turn, natural, run

IMPORT, TRAIN, SAMPLE = "`python -c 'import torch'`", "`makemore train`", "`makemore sample`"
PEER_TRAIN = "the peer's training"


def measures_of(
    folder: str, peer: Peer | None, steps: int, n: int
) -> dict[str, Callable[[], float]]:
    """Name what is measured in a round, each in MiB; its runs are made in this folder."""
    ours, theirs = f"{folder}/ours", f"{folder}/theirs"

    def train() -> float:
        shutil.rmtree(ours, ignore_errors=True)
        return run([*MAKEMORE, "train", "--max-steps", str(steps), "--out", ours]).peak

    def sample() -> float:
        return run([*MAKEMORE, "sample", "-n", str(n), "--run", ours]).peak

    measures = {IMPORT: lambda: run([sys.executable, "-c", "import torch"]).peak, TRAIN: train}
    if peer:
        command = peer.command("--max-steps", str(steps), "--work-dir", theirs)
        measures[PEER_TRAIN] = lambda: run(command).peak
    return measures | {SAMPLE: sample}


def main() -> None:
    """Print the table."""
    parser = command_line(__doc__, rounds=3)
    parser.add_argument("--steps", type=natural, default=60, help="of training; 60 unless given")
    parser.add_argument("-n", type=natural, default=10_000, help="samples; 10000 unless given")
    arguments = parser.parse_args()
    steps, n, peer = arguments.steps, arguments.n, arguments.peer
    with tempfile.TemporaryDirectory() as folder:
        measured = in_turn(arguments.rounds, measures_of(folder, peer, steps, n))
    print(f"| {steps:,} steps, {n:,} samples | MiB at most |")
    print("|---|---|")
    for name, rounds in measured.items():
        print(f"| {name} | {rounds.figure:,.0f} |")
    if peer:
        print(f"| training, ours / theirs | {measured[TRAIN].over(measured[PEER_TRAIN]):.2f} |")


if __name__ == "__main__":
    main()
