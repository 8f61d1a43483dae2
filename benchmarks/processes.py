"""What a second process brings, and what the network between two takes.

    python benchmarks/processes.py [--steps N] [--megabits R ...] [--milliseconds D ...]

Trains the default transformer and a larger one with one process and with two, one thread each, by
`torchrun` on this machine; all batches are the same. Of each step it times the whole, and by itself
the sum over the network of a vector as long as the gradient. Two processes share two cores: beside
other work the figures mean little.

A slower network is made by Linux in a name space of its own (`unshare -n`, root alone may): its
loopback device is held to R megabits a second, or each packet waits D milliseconds. A small model
then says what to expect from n processes:

    step(n)  = step(1) * (1 / n + w) + sum(n)
    sum(n)   = 2 (n - 1) / n * bytes / rate + 2 (n - 1) * delay + c

where rate is what each process has to send by (here two share one device, so each has half), c what
a sum takes without any of that, and w the work that is done twice since prefixes are no longer
shared. A sum by gloo goes around a ring, and so does NCCL's (Patarasuk & Yuan 2009,
https://doi.org/10.1016/j.jpdc.2008.09.002): each process sends 2 (n - 1) / n of the vector.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

MODELS: dict[str, dict[str, Any]] = {
    "default": {},
    "larger": {"n_layer": 4, "n_embd": 192, "n_head": 6, "batch_size": 512},
}
WARM_UP = 3
BITS = 8
SENDERS = 2
"""Processes that share the loopback device."""


def child(model: str, steps: int) -> None:
    """Take steps as one of the processes; the first prints what it has timed."""
    import torch

    from makemore.compute.devices import pick_device
    from makemore.compute.processes import processes_of_torchrun
    from makemore.runs.settings import read_settings
    from makemore.training.learner import Learner

    config = read_settings(None, {"max_steps": 1000, **MODELS[model]})
    with processes_of_torchrun() as processes:
        learner = Learner(
            config, config.data.load(), pick_device("cpu"), tried=False, processes=processes
        )
        with learner:
            learner.begin()
            whole = [timed(learner.step) for _ in range(WARM_UP + steps)][WARM_UP:]
            vector = torch.zeros_like(learner.optimizer.vector)
            alone = [0.0]
            if processes.n > 1:
                alone = [
                    timed(lambda: processes.add_up(vector, as_type=vector.dtype))
                    for _ in range(WARM_UP + steps)
                ][WARM_UP:]
        if processes.leads:
            found = {
                "megabytes": vector.nbytes / 1e6,
                "step": statistics.median(whole),
                "sum": statistics.median(alone),
            }
            print(json.dumps(found), flush=True)


def timed(call: Any) -> float:
    """Time a call, in seconds."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(model: str, n: int, steps: int, slow_down: str = "") -> dict[str, float]:
    """Let n processes take steps, over a network that is slowed down."""
    start = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(n)]
    command = [sys.executable, *(start if n > 1 else []), __file__, "--child", model]
    command += ["--steps", str(steps)]
    if slow_down:
        prepare = f'ip link set lo up && tc qdisc add dev lo root {slow_down} && exec "$@"'
        command = ["unshare", "-n", "sh", "-c", prepare, "sh", *command]
    root = str(Path(__file__).parents[1])
    paths = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{done.stderr[-500:]}\n{' '.join(command[:8])} … failed.")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print a table of what was measured and what the model says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--megabits", type=float, nargs="*", default=[1000, 200])
    parser.add_argument("--milliseconds", type=float, nargs="*", default=[])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--child", choices=MODELS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.steps)
        return
    slow = {f"{r:g} Mbit/s": f"tbf rate {r}mbit burst 256kb latency 400ms" for r in given.megabits}
    slow |= {f"{d:g} ms": f"netem delay {d}ms" for d in given.milliseconds}
    print("| model | gradient | processes | network | step | sum | expected sum |")
    print("|---|---|---|---|---|---|---|")
    for model in given.models:
        one = measure(model, 1, given.steps)
        row(model, one, 1, "", None)
        two = measure(model, 2, given.steps)
        row(model, two, 2, "this machine's", None)
        for (name, how), limit in zip(
            slow.items(), [*given.megabits, *given.milliseconds], strict=True
        ):
            by_rate = two["megabytes"] * BITS * SENDERS / limit
            seconds = by_rate if "bit" in name else 2e-3 * limit
            row(model, measure(model, 2, given.steps, how), 2, name, two["sum"] + seconds)


def row(model: str, found: dict[str, float], n: int, network: str, expected: float | None) -> None:
    """Print a row of the table, times in milliseconds."""
    told = "" if expected is None else f"{1e3 * expected:.1f} ms"
    alone = "" if n == 1 else f"{1e3 * found['sum']:.1f} ms"
    print(
        f"| {model} | {found['megabytes']:.1f} MB | {n} | {network} | "
        f"{1e3 * found['step']:.1f} ms | {alone} | {told} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
