"""What grows with a corpus: memory and time, from a megabyte to a gigabyte, of lines and of text.

    python benchmarks/scale.py [--sizes 1,10,100,1000] [--formats lines,text] [--folder DIR]

A corpus is drawn from a bigram of the names, always the same: lines, each a name; or one long text
of such names as words, 1,023 characters a line. Each measurement is a process of its own, or
several, in a cache of its own: seconds by the clock; in brackets those that cores have worked,
which other work on the machine changes less; and the most memory that it holds of its own at once
(RssAnon of it and its children, without the pages of files, which the system takes back at will).
The growth exponent is the slope of log(working seconds) against log(size) between the two largest
sizes.

What is measured beyond the corpus itself is a row of `MEASUREMENTS`.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import makemore

MB = 10**6
ROW = 1024
"""Characters that one chain writes."""
LOOK_EVERY = 0.01
"""Seconds between two looks at the memory of a process."""
IMPORT = "import makemore.corpus.settings as s"
LOAD = "c = s.DataSettings(data=sys.argv[1], format=sys.argv[2]).load(); print(c.fingerprint)"


@dataclass(frozen=True)
class Cost:
    """What a process has cost.

    Attributes:
        seconds: by the clock.
        busy: seconds of all cores together, its children's too.
        mib: of memory at most, of its own and its children's.
    """

    seconds: float
    busy: float
    mib: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.busy:.1f}), {self.mib:,.0f} MiB"


def measure(program: str, *arguments: str, cache: Path) -> Cost:
    """Run a Python program in a process of its own."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    begun, most = time.perf_counter(), 0
    with subprocess.Popen(
        [sys.executable, "-c", f"import sys; {program}", *arguments],
        stdout=subprocess.DEVNULL,
        env=environment,
    ) as process:
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            most = max(most, sum(map(own_memory, family(process.pid))))
            time.sleep(LOOK_EVERY)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return Cost(seconds, usage.ru_utime + usage.ru_stime, most / 2**10)


def family(pid: int) -> Iterable[int]:
    """Name a process and all that it has started."""
    yield pid
    with suppress(OSError):
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in path.read_text().split():
                yield from family(int(child))


def own_memory(pid: int) -> int:
    """Tell a process's own memory in KiB, without the pages of files."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0


def packing(file: Path, format: str, cache: Path) -> Cost:
    """Read a corpus for the first time."""
    return measure(f"{IMPORT}; {LOAD}", str(file), format, cache=cache)


def opening(file: Path, format: str, cache: Path) -> Cost:
    """Read it again."""
    return measure(f"{IMPORT}; {LOAD}", str(file), format, cache=cache)


MEASUREMENTS: dict[str, Callable[[Path, str, Path], Cost]] = {
    "reading, the first time": packing,
    "reading again": opening,
}
"""By the name of their rows, in the order in which they are taken, with one cache."""


def write_corpus(path: Path, size: int, format: str) -> None:
    """Draw a corpus of so many bytes from a bigram of the names, with a seed of its own."""
    maker = makemore.train(model="bigram", show=False)
    characters = ["", *maker.vocabulary.characters]
    rows = [maker.probabilities(character) for character in characters]
    chances = np.array([[row.get(c, 0) for c in characters] for row in rows])  # (V, V)
    steps = 2**12
    edges = np.rint(chances.cumsum(1) * steps).astype(int)
    edges[:, -1] = steps
    following = np.array([np.searchsorted(row, np.arange(steps), side="right") for row in edges])
    spelled = np.frombuffer(("\n" if format == "lines" else " ").encode(), np.uint8)
    spelled = np.append(spelled, np.frombuffer("".join(characters).encode(), np.uint8))
    random = np.random.default_rng(0)
    with path.open("wb") as file:
        while size > 0:
            text = np.empty((min(4096, -(-size // ROW)), ROW), np.uint8)
            state = np.zeros(len(text), np.int64)
            for place in range(ROW - 1):
                state = following[state, random.integers(steps, size=len(state))]
                text[:, place] = spelled[state]
            text[:, -1] = ord("\n")
            file.write(text.tobytes()[:size])
            size -= text.size


def exponent(costs: dict[int, Cost]) -> float:
    """Tell how seconds grow with the size, between the two largest."""
    if len(costs) < 2:
        return math.nan
    small, large = sorted(costs)[-2:]
    return math.log(costs[large].busy / costs[small].busy) / math.log(large / small)


def main() -> None:
    """Print a table for each format."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default="1,10,100,1000", help="in millions of bytes")
    parser.add_argument("--formats", default="lines,text")
    parser.add_argument("--folder", help="where there is room for three times the largest")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    for format in arguments.formats.split(","):
        found: dict[str, dict[int, Cost]] = {name: {} for name in MEASUREMENTS}
        for size in sizes:
            with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
                file = Path(folder) / "corpus.txt"
                write_corpus(file, size * MB, format)
                for name, function in MEASUREMENTS.items():
                    found[name][size] = function(file, format, Path(folder) / "cache")
        print(f"| {format} | {' | '.join(f'{size:,} MB' for size in sizes)} | exponent |")
        print(f"|---|{'---|' * len(sizes)}---|")
        for name, costs in found.items():
            cells = [str(costs[size]) for size in sizes]
            print(f"| {name} | {' | '.join(cells)} | {exponent(costs):.2f} |")
        print()


if __name__ == "__main__":
    main()
