"""Whether a training that is killed again and again ends as one that never was.

    python benchmarks/crashes.py [--kills N] [--steps N] [--seed N]

A small transformer with dropout is trained undisturbed, on some of the names. Then the same
training is killed by SIGKILL, resumed, killed again, until it is at its end, and begun anew until
there were enough kills. It saves after every second step. Kills come at a random moment; or from
inside, at one of the system calls by which a save writes: in the middle of a write, before or after
fsync, rename, truncation or removal. A training that was killed before its first checkpoint is
begun again by the same command. Each session is a process of its own, forked from one that has
imported PyTorch.

Compared are the tensors of every checkpoint, byte for byte, and what they tell of themselves but
for the time; metrics.jsonl; and all that TensorBoard's own loader finds: scalars, histograms, text.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Any

import torch  # noqa: F401  once, for every session
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

import makemore.runs.files
import makemore.runs.run_recorder
from makemore.__main__ import main as makemore_command
from makemore.corpus.reading import embedded_names

FLAGS = ["--model", "transformer", "--n-layer", "1", "--n-embd", "16", "--dropout", "0.1"]
FLAGS += ["--batch-size", "16", "--eval-interval", "2", "--log-interval", "3"]
FLAGS += ["--diagnostics", "full", "--keep-checkpoints", "7", "--device", "cpu"]
CLOCKS = {"seconds", "characters_per_second"}
IN_A_SAVE, ANY_TIME, AT_ITS_START = "inside a save", "any time", "at its start"
TORN = b"killed in the middle of a write"
CALLS = 150
"""System calls of about three saves."""
FIRST_CALLS = 60
"""Of which about half come before the first checkpoint."""


class Session:
    """A process that runs `makemore` in some folder."""

    def __init__(self, arguments: list[str], folder: Path, fatal: int | None = None) -> None:
        """Start it; it kills itself at a save's system call number `fatal`."""
        self.said = folder / "said.txt"
        self.status: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os.chdir(folder)
            said = os.open(self.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(said, 1)
            os.dup2(said, 2)
            if fatal is not None:
                arm(fatal)
            sys.argv = ["makemore", *arguments]
            try:
                makemore_command()
            except SystemExit as end:
                sys.stdout.flush()
                os._exit(int(end.code or 0))
            os._exit(70)

    def wait(self, seconds: float = 600.0) -> bool:
        """Wait for its end, but no longer than this; tell whether it has ended."""
        end = time.perf_counter() + seconds
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.perf_counter() > end:
                return False
            else:
                time.sleep(0.001)
        return True

    def kill(self) -> None:
        """Kill it, unless it has ended."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()


def arm(fatal: int) -> None:
    """Let this process kill itself at one of the system calls to come by which a save writes."""
    calls = 0

    def is_due() -> bool:
        nonlocal calls
        calls += 1
        return calls == fatal

    def die_if_due() -> None:
        if is_due():
            os.kill(os.getpid(), signal.SIGKILL)

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            die_if_due()
            found = call(*arguments, **options)
            die_if_due()
            return found

        return called

    class Torn(FileIO):
        def write(self, content: Any) -> int:
            if is_due():
                super().write(memoryview(content)[: len(content) // 2])
                os.write(1, TORN)
                os.kill(os.getpid(), signal.SIGKILL)
            return super().write(content)

    usual = Path.open

    def open_torn(path: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if mode == "xb":  # as `write_whole` opens
            return BufferedWriter(Torn(path, "x"))
        return usual(path, mode, *rest, **options)

    for name in ("fsync", "replace", "truncate", "unlink", "mkdir"):
        setattr(os, name, around(getattr(os, name)))
    makemore.runs.files.FileIO = Torn  # type: ignore[attr-defined]
    Path.open = open_torn  # type: ignore[method-assign, assignment]


def kill_once(session: Session, how: str, last: Path, start: float, chance: random.Random) -> None:
    """Kill a session in some way, unless it ends before; `start` is how long its start takes."""
    if how == AT_ITS_START:
        session.wait(chance.uniform(0, 1.2 * start))
    elif how == ANY_TIME:
        saves, seen = chance.randint(1, 4), set[int]()
        while len(seen) < saves and not session.wait(0.001):
            if last.exists():
                seen.add(last.stat().st_mtime_ns)
        session.wait(chance.uniform(0, 0.05))
    else:
        session.wait()
    session.kill()


def contents(run: Path) -> dict[str, Any]:
    """Read all that a run holds but for what a clock has measured, by a name of each part."""
    found: dict[str, Any] = {}
    for path in (*run.glob("*.safetensors"), *run.glob("*/*.safetensors")):
        whole = path.read_bytes()
        length = int.from_bytes(whole[:8], "little")
        header = json.loads(whole[8 : 8 + length])
        told = header["__metadata__"]
        told["progress"] = {
            k: v for k, v in json.loads(told["progress"]).items() if k not in CLOCKS
        }
        found[path.name] = (header, whole[8 + length :])
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    found["metrics.jsonl"] = [{k: v for k, v in line.items() if k not in CLOCKS} for line in lines]
    everything = {"scalars": 0, "histograms": 0, "tensors": 0}
    events = EventAccumulator(str(run), everything, purge_orphaned_data=False)
    events.Reload()
    tags = events.Tags()
    for tag in set(tags["scalars"]) - CLOCKS:
        found[f"scalars {tag}"] = [(one.step, one.value) for one in events.Scalars(tag)]
    for tag in tags["histograms"]:
        found[f"histograms {tag}"] = [(e.step, e.histogram_value) for e in events.Histograms(tag)]
    for tag in tags["tensors"]:
        found[f"text {tag}"] = [
            (one.step, one.tensor_proto.string_val[0]) for one in events.Tensors(tag)
        ]
    strays = [path.name for path in run.rglob("*.partial")]
    return found | {f"stray {name}": None for name in strays}


def differences(whole: dict[str, Any], killed: dict[str, Any]) -> list[str]:
    """Name the parts in which two runs differ."""
    nothing = object()
    names = sorted(whole.keys() | killed.keys())
    return [name for name in names if whole.get(name, nothing) != killed.get(name, nothing)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=200, help="200 unless given")
    parser.add_argument("--steps", type=int, default=60, help="of a training; 60 unless given")
    parser.add_argument("--seed", type=int, default=0, help="of the moments; 0 unless given")
    given = parser.parse_args()
    chance, count, failures = random.Random(given.seed), Counter[str](), list[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        names = embedded_names().read_text().splitlines(keepends=True)
        (folder / "names.txt").write_text("".join(names[::20]))
        train = ["train", "--data", "names.txt", *FLAGS, "--max-steps", str(given.steps), "--out"]
        session, began = Session([*train, "whole"], folder), time.perf_counter()
        while not (folder / "whole" / "last.safetensors").exists() and not session.wait(0.01):
            pass
        start = time.perf_counter() - began
        if not session.wait() or session.status != 0:
            sys.exit(session.said.read_text())
        whole, killed = contents(folder / "whole"), 0
        while killed < given.kills:
            run = folder / f"killed-{count['trainings']}"
            count["trainings"] += 1
            finished = False
            while not finished:
                last = run / "last.safetensors"
                resumes = last.exists()
                command = (
                    ["train", "--resume", "--out", run.name] if resumes else [*train, run.name]
                )
                count["resumed"] += resumes
                count["begun again"] += run.exists() and not resumes
                how = chance.choice([IN_A_SAVE, IN_A_SAVE, ANY_TIME, AT_ITS_START])
                if killed == given.kills:
                    how = "not at all"
                calls = CALLS if resumes else FIRST_CALLS
                fatal = chance.randint(1, calls) if how == IN_A_SAVE else None
                session = Session(command, folder, fatal)
                kill_once(session, how, last, start, chance)
                if session.status == -signal.SIGKILL:
                    killed += 1
                    count[how] += 1
                    count["torn"] += TORN in session.said.read_bytes()
                    continue
                finished = True
                said = session.said.read_text()
                killed_at_its_end = resumes and f"{run.name} is at its end" in said
                if session.status != 0 and not killed_at_its_end:
                    failures.append(f"{' '.join(command)}: {said}")
                    continue
                for part in differences(whole, contents(run)):
                    failures.append(f"{run.name} differs in {part}")
    print("| what | number |")
    print("|---|---|")
    print(f"| kills | {killed:,} |")
    for how in (IN_A_SAVE, ANY_TIME, AT_ITS_START):
        print(f"| … {how} | {count[how]:,} |")
    print(f"| … in the middle of a write | {count['torn']:,} |")
    print(f"| resumed | {count['resumed']:,} |")
    print(f"| begun again, before a first checkpoint | {count['begun again']:,} |")
    print(f"| trainings brought to their end | {count['trainings']:,} |")
    print(f"| parts compared in each | {len(whole):,} |")
    print(f"| failures | {len(failures):,} |")
    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
