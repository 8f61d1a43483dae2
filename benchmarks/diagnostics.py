"""How much of a training's time diagnostics take.

    python benchmarks/diagnostics.py [MODEL …] [--rounds N]

Each model is trained at its defaults on the names that come along, three times: with diagnostics
off, light and full. All three log every ten steps into a run directory of their own, and they take
turns: in a round each takes ten steps, the last of which logs. What that one takes longer with
diagnostics than without, in the median, is what ten steps take longer. To that comes what layers
show, once in the hundred steps from one validation to the next.

Times are those of the processor, on one thread: a step of half a millisecond beside other programs
can't be measured by the clock on the wall. What validations and checkpoints take counts for
nothing.
"""

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from side_by_side import Rounds, natural

from makemore.compute.devices import keep_memory
from makemore.models import ARCHITECTURES
from makemore.runs.run import Run
from makemore.runs.run_recorder import RunRecorder
from makemore.training.learner import Learner
from makemore.training.loop import Session

INTERVAL, VALIDATION = 10, 100
"""Steps between two that log, and between two validations, as by default."""
NEVER = 10**9
SETTINGS: dict[str, dict[str, Any]] = {"bigram": {"fit": "gradient"}}
OFF, LIGHT, FULL = "off", "light", "full"


def start(model: str, diagnostics: str, folder: Path, stack: ExitStack) -> Session:
    """Start a training that never ends; it logs into a directory of its own."""
    settings = {"max_steps": NEVER, "eval_interval": NEVER, "device": "cpu"}
    settings |= {"log_interval": INTERVAL, "diagnostics": diagnostics, **SETTINGS.get(model, {})}
    learner = stack.enter_context(Learner.of(model=model, **settings))
    run = Run(folder / diagnostics)
    run.directory.mkdir()
    recorder = RunRecorder(run)
    recorder.open(learner.maker.config, NEVER, None)
    stack.callback(recorder.close)
    learner.begin()
    learner.progress.start_pace()
    return Session(learner, recorder)


def time_steps(session: Session) -> list[float]:
    """Take ten steps, and give the time of each, ms."""
    times = []
    for _ in range(INTERVAL):
        began = time.process_time()
        session.step()
        times.append(1e3 * (time.process_time() - began))
    return times


def time_layers(session: Session) -> float:
    """Watch the layers as a validation does, and give the time that takes, ms."""
    began = time.process_time()
    session.watch_layers()
    return 1e3 * (time.process_time() - began)


def main() -> None:
    """Print the table, a row as soon as it is there."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="all, unless some are named")
    parser.add_argument("--rounds", type=natural, default=25, help="25 unless given")
    arguments = parser.parse_args()
    models = arguments.models or [name for name in ARCHITECTURES if name != "ngram"]
    keep_memory()
    torch.set_num_threads(1)
    print("| model | ms a step | light, ms in 100 steps | full | light, share | full |")
    print("|---|---|---|---|---|---|")
    for model in models:
        plain, logging = Rounds(), {side: Rounds() for side in (OFF, LIGHT, FULL)}
        layers = {side: Rounds() for side in logging}
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            sides = {side: start(model, side, Path(folder), stack) for side in logging}
            for session in sides.values():
                time_steps(session)
                time_layers(session)
            for _ in range(arguments.rounds):
                for side, session in sides.items():
                    *others, last = time_steps(session)
                    plain.values.extend(others)
                    logging[side].values.append(last)
                    layers[side].values.append(time_layers(session))
        step, off = plain.figure.median, logging[OFF].figure.median
        more = [
            VALIDATION // INTERVAL * (logging[side].figure.median - off)
            + layers[side].figure.median
            for side in (LIGHT, FULL)
        ]
        cells = [f"{step:.2f}", *(f"{ms:.1f}" for ms in more)]
        cells += [f"{ms / (VALIDATION * step):.1%}" for ms in more]
        print(f"| `{model}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
