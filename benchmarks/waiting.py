"""How threads should wait for each other: a step with one thread, and with all of PyTorch's.

    python benchmarks/waiting.py [--rounds N] [--steps N] [--busy N] [MODEL …]

All threads either look again and again whether the others are done, as the OpenMP library of
PyTorch does unless it is told otherwise, or sleep until then (OMP_WAIT_POLICY=PASSIVE). Each way is
a process of its own, which takes its steps when its turn comes; between its turns it sleeps.
`--busy` keeps so many other processes busy all the while.
"""

import argparse
import os
import subprocess
import sys
import time
from contextlib import ExitStack

from side_by_side import ask, busy, in_turn, natural

WAYS = {
    "one thread": {"OMP_NUM_THREADS": "1"},
    "all, which look again": {"OMP_WAIT_POLICY": "ACTIVE", "GOMP_SPINCOUNT": "300000"},
    "all, which sleep": {"OMP_WAIT_POLICY": "PASSIVE"},
}
"""What the environment of each says; 300,000 looks are the library's own number."""
WARM_UP = 3


class Steps:
    """A process that takes so many steps of a model whenever it is asked to."""

    def __init__(self, model: str, steps: int, environment: dict[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if "OMP_" not in name}
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--steps", str(steps), "--child", model],
            env=kept | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self) -> float:
        """Give the mean time of a step, ms."""
        return ask(self.process)


def take_steps(model: str, steps: int) -> None:
    """Take steps for each line of standard input, and print the mean time of one, ms."""
    import torch

    from makemore.training.learner import Learner

    threads = torch.get_num_threads()
    with Learner.of(model=model, max_steps=10**9) as learner:
        if learner.workers.n == 1:
            torch.set_num_threads(threads)  # also where the learner would take one
        learner.begin()
        for _ in range(WARM_UP):
            learner.step()
        for _ in sys.stdin:
            start = time.perf_counter()
            for _ in range(steps):
                learner.step()
            print(1e3 * (time.perf_counter() - start) / steps, flush=True)


def main() -> None:
    """Print a table for each model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="mlp and wavenet unless named")
    parser.add_argument("--rounds", type=natural, default=15, help="of each; 15 unless given")
    parser.add_argument("--steps", type=natural, default=10, help="in a round; 10 unless given")
    parser.add_argument("--busy", type=int, default=0, help="other processes; none unless given")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        take_steps(arguments.child, arguments.steps)
        return
    for model in arguments.models or ("mlp", "wavenet"):
        with ExitStack() as stack:
            ways = {way: Steps(model, arguments.steps, told) for way, told in WAYS.items()}
            for steps in ways.values():
                stack.callback(steps.process.wait)
                stack.callback(steps.process.kill)
            stack.enter_context(busy(arguments.busy))
            in_turn(1, ways)  # until each has warmed up
            measured = in_turn(arguments.rounds, ways)
        print(f"| {model} | ms a step | over one thread |\n|---|---|---|")
        for way, found in measured.items():
            print(f"| {way} | {found.figure:.1f} | {found.over(measured['one thread']):.2f} |")
        print(flush=True)


if __name__ == "__main__":
    main()
