"""How many names a second a transformer of 4 layers of 64 channels, as the peer's, draws.

    python benchmarks/sampling.py [--peer DIR] [--rounds N] [-n N] [--run DIR]

Ours is a run of 200 steps (201,728 parameters), or `--run`; the peer is trained until it first
saves its weights, which takes it 501 steps. Both then draw as many names, warmed up before and with
the model loaded. Ours come as strings. Of the peer its function `generate` is timed alone, with all
names in one batch as its own command has them, and without what that command does with them
afterwards: turn tokens into strings, and look each up in its list of names.
"""

import sys
import tempfile
import time
from pathlib import Path

from side_by_side import MAKEMORE, Peer, command_line, in_turn, natural, run

from makemore.maker import Maker

OURS = ["--n-layer", "4", "--n-embd", "64", "--n-hidden", "170", "--max-steps", "200"]
PEER_SAMPLING = """
import importlib.util, sys, time
import torch

script, names, weights, n = sys.argv[1:]
spec = importlib.util.spec_from_file_location("peer", script)
peer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peer)
data, _ = peer.create_datasets(names)
sizes = {"vocab_size": data.get_vocab_size(), "block_size": data.get_output_length()}
transformer = peer.Transformer(peer.ModelConfig(**sizes))
transformer.load_state_dict(torch.load(weights))

def seconds(n):
    starts = torch.zeros((n, 1), dtype=torch.int64)
    before = time.perf_counter()
    peer.generate(transformer, starts, sizes["block_size"] - 1, do_sample=True)
    return time.perf_counter() - before

seconds(max(1, int(n) // 10))  # warms up
print(seconds(int(n)))
"""


def time_sampling(maker: Maker, n: int) -> float:
    """Draw n documents, and give the seconds it took."""
    start = time.perf_counter()
    drawn = sum(1 for _ in maker.draw(n, seed=0, places=False))
    assert drawn == n, "each is one document"
    return time.perf_counter() - start


def time_peer(peer: Peer, weights: str, n: int) -> float:
    """Let the peer draw as many in a process of its own, and give the seconds it took."""
    files = [str(peer.script), str(peer.names), weights]
    return float(run([sys.executable, "-c", PEER_SAMPLING, *files, str(n)]).output.split()[-1])


def main() -> None:
    """Print the table."""
    parser = command_line(__doc__, rounds=5)
    parser.add_argument("-n", type=natural, default=10_000, help="names; 10000 unless given")
    parser.add_argument("--run", type=Path, metavar="DIR", help="a run to sample from")
    arguments = parser.parse_args()
    n: int = arguments.n
    peer: Peer | None = arguments.peer
    with tempfile.TemporaryDirectory() as folder:
        trained: Path | None = arguments.run
        if trained is None:
            trained = Path(folder) / "ours"
            run([*MAKEMORE, "train", *OURS, "--out", str(trained)])
        maker = Maker.load(trained, "cpu")
        time_sampling(maker, n)  # warms up
        measures = {"ours": lambda: n / time_sampling(maker, n)}
        if peer is not None:
            peer.train(f"{folder}/theirs")
            weights = f"{folder}/theirs/model.pt"
            measures["theirs"] = lambda: n / time_peer(peer, weights, n)
        measured = in_turn(arguments.rounds, measures)

    print(f"| {n:,} names | names a second |")
    print("|---|---|")
    for name, rounds in measured.items():
        print(f"| {name} | {rounds.figure:,.0f} |")
    if peer:
        print(f"| ours / theirs | {measured['ours'].over(measured['theirs']):.1f} |")


if __name__ == "__main__":
    main()
