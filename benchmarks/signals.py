"""What a signal at any instant leaves of a training: its exit status, its folder, its last bytes.

    python benchmarks/signals.py [--signals N] [--seed S]

A training runs undisturbed first, and is timed. Then real trainings of the same settings get a
SIGINT, a SIGTERM or a SIGHUP at a random instant of that time, from the start of the process on.
What has a folder then is resumed until its end, and compared with the undisturbed training: the
tensors of both checkpoints, bit for bit, and the logged numbers. What has none is started again
under the same name.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import torch
from safetensors.torch import load_file
from side_by_side import MAKEMORE

FLAGS = ["--model", "mlp", "--max-steps", "400", "--eval-interval", "20", "--log-interval", "10"]
KINDS = ("SIGINT", "SIGTERM", "SIGHUP")
BEFORE_MAIN = "python itself"
"""The signal came while the interpreter started, before any line of ours."""


def train(out: Path, *flags: str) -> "subprocess.Popen[str]":
    """Start a training."""
    command = [*MAKEMORE, "train", "--out", str(out), *flags]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=out.parent
    )


def numbers(run: Path) -> list[dict[str, float]]:
    """Read what a run has logged, without what a clock has measured."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    clock = {"seconds", "characters_per_second"}
    return [{tag: value for tag, value in row.items() if tag not in clock} for row in rows]


def same(one: Path, other: Path) -> bool:
    """Compare two runs: the tensors of their checkpoints, and what they have logged."""
    for name in ("last.safetensors", "best.safetensors"):
        first, second = load_file(one / name), load_file(other / name)
        if first.keys() != second.keys():
            return False
        if not all(torch.equal(first[key], second[key]) for key in first):
            return False
    return numbers(one) == numbers(other)


def try_one(kind: str, delay: float, whole: Path, run: Path) -> tuple[str, str]:
    """Signal a training after a delay, and tell how it has ended and what was left of it."""
    process = train(run, *FLAGS)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.send_signal(getattr(signal, kind))
    _, error = process.communicate()
    status = str(process.returncode)
    early = "KeyboardInterrupt" in error and "makemore" not in error
    if process.returncode < 0 or early:
        status = BEFORE_MAIN
    elif error:
        status += f", and on standard error: {error.splitlines()[-1]}"
    left, flags = ("a folder", ["--resume"]) if run.exists() else ("no folder", FLAGS)
    again = train(run, *flags)
    _, error = again.communicate()
    if "is at its end" in error:
        left = "a folder at its last step"
    elif again.returncode != 0:
        return status, f"{left} that can't go on: {error.strip()}"
    return status, f"{left}; in the end {'the same' if same(whole, run) else 'ANOTHER'}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "whole")
        start = time.perf_counter()
        _, error = train(whole, *FLAGS).communicate()
        seconds = time.perf_counter() - start
        assert not error, error
        counts: Counter[tuple[str, str, str]] = Counter()
        for number in range(arguments.signals):
            kind = KINDS[number % len(KINDS)]
            run = Path(folder, f"run-{number}")
            status, left = try_one(kind, chance.uniform(0, seconds), whole, run)
            counts[kind, status, left] += 1
            print(f"{number + 1}: {kind}, {status}, {left}", file=sys.stderr)
    print("| signal | exit status | what was left | times |")
    print("|---|---|---|---|")
    for (kind, status, left), times in sorted(counts.items()):
        print(f"| {kind} | {status} | {left} | {times} |")


if __name__ == "__main__":
    main()
