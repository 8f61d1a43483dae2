"""What the moons' training costs number by number, and in PyTorch.

    python benchmarks/moons.py [--rounds N] [--steps N]

The same steps, from the same parameters, with micrograd's `Value`s and with PyTorch in float64,
each on one core. They take turns; a row tells the time of a step, and how many times PyTorch's it
is.
"""

import argparse
import gc
import time
from collections.abc import Callable, Iterator
from functools import partial

from side_by_side import in_turn, natural

from makemore.compute.threads import one_thread
from makemore.lectures.moons import WARM_UP, train_in_torch
from makemore.micrograd.moons import Moons, Step, make_moons, make_network, train

VALUES, PYTORCH = "micrograd", "PyTorch"


def milliseconds(training: Callable[..., Iterator[Step]], moons: Moons, steps: int) -> float:
    """Train from the start, and give the time of a step."""
    network = make_network()
    start = time.perf_counter()
    for _ in training(network, moons, steps=steps):
        pass
    return 1e3 * (time.perf_counter() - start) / steps


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=natural, default=5, help="of each; 5 unless given")
    parser.add_argument("--steps", type=natural, default=20, help="in a round; 20 unless given")
    arguments = parser.parse_args()
    gc.set_threshold(100_000)  # as the command line has it
    ways = {VALUES: train, PYTORCH: train_in_torch}
    moons = make_moons()
    with one_thread():  # two would take no less for so little, and wait for each other
        list(train_in_torch(make_network(), moons, WARM_UP))
        measured = in_turn(
            arguments.rounds,
            {
                way: partial(milliseconds, training, moons, arguments.steps)
                for way, training in ways.items()
            },
        )
    print("| with | ms a step | times PyTorch's |")
    print("|---|---|---|")
    for way, ms in measured.items():
        print(f"| {way} | {ms.figure:.3g} | {ms.over(measured[PYTORCH]):.3g} |")


if __name__ == "__main__":
    main()
