"""Time to a known loss: ours against the original makemore and nanoGPT.

    python benchmarks/race.py [--peer DIR] [--peer-nanogpt DIR --shakespeare FILE] [--rounds N]
                              [--whole] [RACE …]

Ours is a whole training, with its validations and checkpoints, that ends at or below the loss; the
clock is the run's own, and beside it stands that of the whole command, which imports torch first.
The names are split as makemore.py splits them, and the test names are evaluated within the time, as
makemore.py does. The races:

- transformer: to a test loss of 1.9655, the lowest that makemore.py reached with its defaults, at
  step 15,000. Its time is that many times the median of its step times, without its evaluations;
  a few hundred of its steps are measured in each round. `--whole` trains it once instead, until it
  gets there or has done 20,000 steps, after which it only overfits; its time is that until its
  lowest loss.
- mlp: to the lowest test loss of makemore.py's MLP in 20,000 steps, which are run once, whole; its
  time is that until it had that loss.
- bigram: to the optimum, by counting; makemore.py descends to it for 5,000 steps, once.
- shakespeare: to 1.88, which is what nanoGPT names as the loss of its recipe for a CPU (4 layers of
  128 channels, 2,000 steps of 12 windows of 64 characters). That is run once, whole.

Without a peer our part runs alone.
"""

import argparse
import json
import pickle
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from published import CONFIGS, makemore_split, shakespeare_split
from side_by_side import MAKEMORE, Peer, Rounds, command_line, run, step_time

from makemore.corpus.reading import embedded_names

TRANSFORMER_STEPS = 15_000
WHOLE_STEPS = 20_000
MLP_STEPS = 20_000
BIGRAM_STEPS = 5_000
MEASURED_STEPS = 400
NANOGPT_CPU_RECIPE = [
    *("--device=cpu", "--compile=False", "--dtype=float32", "--dropout=0.0"),
    *("--n_layer=4", "--n_head=4", "--n_embd=128", "--block_size=64", "--batch_size=12"),
    *("--max_iters=2000", "--lr_decay_iters=2000", "--eval_iters=20", "--log_interval=1"),
]


@dataclass(frozen=True)
class Finish:
    """A training that has ended.

    Attributes:
        loss: the exact one of the split that it was to learn to predict, nats a character.
        training: the run's own clock, s.
        command: the whole process, s.
    """

    loss: float
    training: float
    command: float


@dataclass(frozen=True)
class Race:
    """To which loss, and how.

    Attributes:
        loss: the loss to reach; None: the lowest that the peer reaches.
        flags: of our training, behind those of the data.
        theirs: trains the peer, and gives its loss and its time until then, s.
    """

    loss: float | None
    flags: list[str]
    theirs: Callable[[argparse.Namespace], tuple[float, float] | None]


def config(name: str) -> list[str]:
    """Name a recipe."""
    return ["--config", str(CONFIGS.parent / "race" / f"{name}.toml")]


def ours(flags: list[str]) -> Finish:
    """Train once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        done = run([*MAKEMORE, "train", *flags, "--out", str(path)])
        rows = map(json.loads, (path / "metrics.jsonl").read_text().splitlines())
        losses = [row["loss/val"] for row in rows if "loss/val" in row]
        # read by another process: this one must not hold torch when it starts the next
        read = (
            "import sys; from pathlib import Path; from makemore.runs.checkpoint import Checkpoint;"
            "print(Checkpoint.load(Path(sys.argv[1])).progress.seconds)"
        )
        seconds = run([sys.executable, "-c", read, str(path / "last.safetensors")]).output
        return Finish(losses[-1], float(seconds), done.seconds)


def watched(command: list[str], losses: str, enough: float = 0.0) -> tuple[float, float]:
    """Run a peer until a loss that it prints is low enough: the lowest, and the time until then."""
    lowest, reached, start = float("inf"), 0.0, time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "it has a pipe"
        for line in process.stdout:
            if (found := re.search(losses, line)) and float(found[1]) < lowest:
                lowest, reached = float(found[1]), time.perf_counter() - start
                if round(lowest, 4) <= enough:  # as losses are told
                    process.kill()
                    break
    return lowest, reached


def makemore_py(peer: Peer, kind: str, steps: int, enough: float = 0.0) -> tuple[float, float]:
    """Train makemore.py for so many steps, or until its test loss is low enough."""
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--type", kind, "--max-steps", str(steps + 1), "--work-dir", folder]
        command = peer.command(*flags)
        return watched([command[0], "-u", *command[1:]], r"test loss: ([\d.]+)", enough)


def transformer_of_makemore_py(arguments: argparse.Namespace) -> tuple[float, float] | None:
    """Measure some steps, or train to the loss."""
    if arguments.peer is None:
        return None
    if arguments.whole:
        return makemore_py(arguments.peer, "transformer", WHOLE_STEPS, 1.9655)
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--work-dir", folder, "--max-steps", str(MEASURED_STEPS)]
        milliseconds = step_time(run(arguments.peer.command(*flags)).output)
    return 1.9655, TRANSFORMER_STEPS * milliseconds / 1e3


def mlp_of_makemore_py(arguments: argparse.Namespace) -> tuple[float, float] | None:
    """Train it for all its steps."""
    return arguments.peer and makemore_py(arguments.peer, "mlp", MLP_STEPS)


def bigram_of_makemore_py(arguments: argparse.Namespace) -> tuple[float, float] | None:
    """Train it for all its steps."""
    return arguments.peer and makemore_py(arguments.peer, "bigram", BIGRAM_STEPS)


def nanogpt(arguments: argparse.Namespace) -> tuple[float, float] | None:
    """Train nanoGPT by its recipe for a CPU, in a copy of its checkout."""
    if arguments.peer_nanogpt is None:
        return None
    text = arguments.shakespeare.read_text(encoding="utf-8")
    characters = sorted(set(text))
    place = {character: id_ for id_, character in enumerate(characters)}
    encoded = np.array([place[c] for c in text], dtype=np.uint16)
    cut = int(0.9 * len(encoded))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "nanogpt"
        shutil.copytree(arguments.peer_nanogpt, copy, ignore=shutil.ignore_patterns(".git"))
        data = copy / "data" / "shakespeare_char"
        encoded[:cut].tofile(data / "train.bin")
        encoded[cut:].tofile(data / "val.bin")
        meta = {"vocab_size": len(characters), "itos": dict(enumerate(characters)), "stoi": place}
        (data / "meta.pkl").write_bytes(pickle.dumps(meta))
        program = [sys.executable, "-u", "-W", "ignore", "train.py"]
        command = [*program, "config/train_shakespeare_char.py", *NANOGPT_CPU_RECIPE]
        changed = ["env", "-C", str(copy), *command]
        return watched(changed, r"^step \d+: .*val loss ([\d.]+)")


RACES = {
    "transformer": Race(1.9655, config("transformer"), transformer_of_makemore_py),
    "mlp": Race(None, config("mlp"), mlp_of_makemore_py),
    "bigram": Race(None, ["--model", "bigram"], bigram_of_makemore_py),
    "shakespeare": Race(1.88, config("shakespeare"), nanogpt),
}


def main() -> None:
    """Print the table, a row as soon as it is there."""
    parser = command_line(__doc__, rounds=3)
    parser.add_argument("--peer-nanogpt", type=Path, metavar="DIR", help="a checkout of nanoGPT")
    parser.add_argument("--shakespeare", type=Path, metavar="FILE", help="tiny Shakespeare")
    parser.add_argument(
        "--whole", action="store_true", help="train makemore.py's transformer, once"
    )
    parser.add_argument("races", nargs="*", metavar="RACE", help=f"of {', '.join(RACES)}; or all")
    arguments = parser.parse_args()
    if unknown := set(arguments.races) - RACES.keys():
        parser.error(f"{', '.join(sorted(unknown))}: no such race; there are {', '.join(RACES)}")
    print("| race | loss to reach | ours | training | whole command | theirs | its time | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for name in arguments.races or RACES:
        print(f"| {name} | {row(RACES[name], arguments, name == 'shakespeare')} |", flush=True)


def row(race: Race, arguments: argparse.Namespace, text: bool) -> str:
    """Run a race, ours and theirs in turn, and print what came out."""
    if text and arguments.shakespeare is None:
        return "give --shakespeare FILE | | | | | |"
    in_turn = race.theirs is transformer_of_makemore_py and not arguments.whole
    finishes: list[Finish] = []
    theirs: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        if text:
            data = shakespeare_split(arguments.shakespeare, Path(folder))
        else:
            names = arguments.peer.names if arguments.peer else embedded_names()
            data = makemore_split(names, Path(folder))
        for number in range(arguments.rounds):
            finishes.append(ours([*race.flags, *data, "--seed", str(number)]))
            if (in_turn or number == 0) and (found := race.theirs(arguments)):
                theirs.append(found)
    losses = [finish.loss for finish in finishes]
    training = Rounds([finish.training for finish in finishes])
    command = Rounds([finish.command for finish in finishes]).figure
    to_reach = race.loss or (theirs[0][0] if theirs else None)
    missed = sum(loss > to_reach for loss in losses) if to_reach else 0
    cells = [
        f"{to_reach:.4f}" if to_reach else "",
        f"{statistics.median(losses):.4f} ({min(losses):.4f} to {max(losses):.4f})"
        + (f", {missed} of {len(losses)} missed it" if missed else ""),
        f"{training.figure:.2f} s",
        f"{command:.2f} s",
    ]
    if theirs:
        times = Rounds([theirs[i % len(theirs)][1] for i in range(len(finishes))])
        ratio = times.over(training)
        cells += [f"{theirs[0][0]:.4f}", f"{times.figure.median:.1f} s", f"{ratio:.1f}"]
    else:
        cells += ["", "", ""]
    return " | ".join(cells)


if __name__ == "__main__":
    main()
