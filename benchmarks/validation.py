"""What share of a training its validations take: on a part of the split, as by default, and on all.

    python benchmarks/validation.py [--models transformer mlp] [--data FILE] [--format text]

Each model trains by its recipe. Three times, in turn: a validation of the part that is measured by
default, one of the whole split, and some steps, from which the time between two validations is
reckoned. It is time of the processor, by one thread, and medians are shown.
"""

import argparse
import statistics
import time
from itertools import pairwise

import torch

from makemore.training.learner import Learner

ROUNDS = 3
STEPS = 5


def measure(model: str, settings: dict[str, object]) -> str:
    """Measure one model: a row of the table."""
    took: list[tuple[float, float, float]] = []
    with (
        Learner.of(model=model, **settings) as some,
        Learner.of(model=model, eval_predictions=0, **settings) as whole,
    ):
        some.begin()
        whole.begin()
        for learner in (some, whole):  # the first of each makes its tables
            for _ in range(2):
                learner.step()
            found = learner.validate()
            assert found is not None, "there is a validation split"
        for _ in range(ROUNDS):
            times = [time.process_time()]
            for work in (some.validate, whole.validate):
                work()
                times.append(time.process_time())
            for _ in range(STEPS):
                some.step()
            times.append(time.process_time())
            part, all_of_it, steps = (b - a for a, b in pairwise(times))
            took.append((part, all_of_it, steps / STEPS * some.settings.eval_interval))
        n = some.progress.val_predictions or some.val_documents.predictions
        predictions = some.val_documents.predictions
    part, all_of_it, steps = (statistics.median(column) for column in zip(*took, strict=True))
    shares = (
        f"{seconds:.2f} s | {seconds / (seconds + steps):.1%}" for seconds in (part, all_of_it)
    )
    return f"| {model} | {steps:.1f} s | {n:,} | {' | '.join(shares)} | {predictions:,} |"


def main() -> None:
    """Print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=["transformer", "mlp"])
    parser.add_argument("--data")
    parser.add_argument("--format", default="lines")
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings: dict[str, object] = {"format": options.format}
    if options.data:
        settings["data"] = options.data
    print("| model | steps between | predictions | takes | share | all take | share | of all |")
    print("|---|---|---|---|---|---|---|---|")
    for model in options.models:
        print(measure(model, settings), flush=True)


if __name__ == "__main__":
    main()
