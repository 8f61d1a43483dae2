"""Ours and theirs on the same cores, in turn: what the benchmarks of speed are made of.

A machine's pace changes from one minute to the next, so that two figures taken one after the other
say little. Here the sides take turns, round by round; a ratio is that of their medians, and beside
it stand the lowest and the highest of the rounds' own ratios.

The peer is the original makemore, a checkout with its `makemore.py` and `names.txt`, at its
defaults but for `--num-workers 0`: it loads its batches itself, which is faster for it than the 4
processes of its default.

A process that has imported torch can't tell how much memory its children take: a child's peak
counts what its parent held when it was started. So nothing here imports it.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

MAKEMORE = [sys.executable, "-m", "makemore"]

PEER_BATCH = 32
PEER_FIRST_SAVE = 500
"""The step at which the peer evaluates for the first time, and saves its weights."""
PEER_WARM_UP = 20
"""The first step times that it prints, one in ten steps, are left out."""


BUSY = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"
"""A program that keeps a core busy, but never outlives who has started it."""


@contextmanager
def busy(n: int) -> Iterator[None]:
    """Keep so many cores busy within `with`."""
    with ExitStack() as stack:
        for _ in range(n):
            process = subprocess.Popen([sys.executable, "-c", BUSY, str(os.getpid())])
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield


def ask(child: "subprocess.Popen[str]") -> float:
    """Ask a process that waits for it to measure once: it reads a line, and prints a number."""
    asked, answers = child.stdin, child.stdout
    assert asked, "a pipe"
    assert answers, "a pipe"
    print(file=asked, flush=True)
    return float(answers.readline())


@dataclass(frozen=True)
class Figure:
    """A figure of several rounds, and how far the rounds are apart."""

    median: float
    lowest: float
    highest: float

    def __format__(self, spec: str) -> str:
        return f"{self.median:{spec}} ({self.lowest:{spec}} to {self.highest:{spec}})"


@dataclass(frozen=True)
class Rounds:
    """What was measured, a value a round."""

    values: list[float] = field(default_factory=list)

    @property
    def figure(self) -> Figure:
        """The median of the rounds."""
        return Figure(statistics.median(self.values), min(self.values), max(self.values))

    def map(self, function: Callable[[float], float]) -> "Rounds":
        """Compute something from each round."""
        return Rounds([function(value) for value in self.values])

    def minus(self, other: "Rounds") -> "Rounds":
        """Subtract round by round."""
        return Rounds([a - b for a, b in zip(self.values, other.values, strict=True)])

    def over(self, other: "Rounds") -> Figure:
        """Give the ratio of the medians, between the lowest and the highest ratio of a round.

        Where the sides' medians are of different rounds it may lie outside of them.
        """
        ratios = [a / b for a, b in zip(self.values, other.values, strict=True)]
        ratio = self.figure.median / other.figure.median
        return Figure(ratio, min(ratios), max(ratios))


def in_turn(rounds: int, measures: Mapping[str, Callable[[], float]]) -> dict[str, Rounds]:
    """Call all the measures, one after the other, as many times as there are rounds."""
    measured = {name: Rounds() for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            measured[name].values.append(measure())
    return measured


@dataclass(frozen=True)
class Finished:
    """A process that has ended.

    Attributes:
        output: what it has printed.
        seconds: from its start to its end, by the clock on the wall.
        peak: the most memory that it held at once, MiB, or what its parent held when it started
            it, if that was more.
        cpu: seconds of all its cores.
    """

    output: str
    seconds: float
    peak: float
    cpu: float


def run(command: list[str]) -> Finished:
    """Run a command to its end; its errors are shown.

    Raises:
        CalledProcessError: it failed.
    """
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "it has a pipe"
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    units = 2**20 if sys.platform == "darwin" else 2**10  # bytes on a Mac, KiB elsewhere
    return Finished(output, seconds, usage.ru_maxrss / units, usage.ru_utime + usage.ru_stime)


@dataclass(frozen=True)
class Peer:
    """A checkout of the original makemore."""

    directory: Path

    @property
    def script(self) -> Path:
        """Its program."""
        return self.directory / "makemore.py"

    @property
    def names(self) -> Path:
        """Its names, one a line."""
        return self.directory / "names.txt"

    @property
    def characters_a_name(self) -> float:
        """How many predictions a name stands for in the mean: its characters and its end."""
        names = self.names.read_text(encoding="utf-8").split()
        return statistics.mean(len(name) + 1 for name in names)

    def command(self, *flags: str) -> list[str]:
        """Run it on its names, without its warnings."""
        program = [sys.executable, "-W", "ignore", str(self.script)]
        return [*program, "--input-file", str(self.names), "--num-workers", "0", *flags]

    def train(self, folder: str) -> None:
        """Train it until it saves its weights, as `model.pt` in a folder."""
        run(self.command("--work-dir", folder, "--max-steps", str(PEER_FIRST_SAVE + 1)))


def step_times(printed: str) -> list[float]:
    """Read the times of single steps, ms, from what the peer has printed."""
    return [float(found) for found in re.findall(r"^step .*step time ([\d.]+)ms", printed, re.M)]


def step_time(printed: str) -> float:
    """Give the median time of the peer's steps, ms, once it is warm."""
    return statistics.median(step_times(printed)[PEER_WARM_UP:])


def checkout(directory: str) -> Peer:
    """Read the argument of `--peer`."""
    peer = Peer(Path(directory).absolute())
    for file in (peer.script, peer.names):
        if not file.is_file():
            raise argparse.ArgumentTypeError(f"there is no {file}")
    return peer


def natural(number: str) -> int:
    """Read a count from 1 on."""
    if not (number.isdecimal() and int(number)):
        raise argparse.ArgumentTypeError(f"{number} is no whole number above 0")
    return int(number)


def command_line(documentation: str | None, rounds: int) -> argparse.ArgumentParser:
    """Make the parser of a benchmark: `--peer`, and `--rounds` with this default."""
    parser = argparse.ArgumentParser(
        description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peer",
        type=checkout,
        metavar="DIR",
        help="a checkout of the original makemore, to run in turn; without it ours runs alone",
    )
    parser.add_argument(
        "--rounds", type=natural, default=rounds, help=f"of each; {rounds} unless given"
    )
    return parser
