"""How fast a training step is.

    python benchmarks/step.py [--peer DIR] [--rounds N] [--steps N] [--model MODEL] [--busy]

A step of ours is one at a model's defaults on the names that come along, as `makemore train` takes
it; none of those that are timed logs, validates or saves. A step of the peer is one at its
defaults, with 32 names. It times single steps itself, one in ten, and leaves out what it prints and
evaluates. A round's figure is the median of its steps.

The two batches are not alike, so the sides are compared by the characters that they learn from in a
second: all predictions of a batch, each name's end among them.

For the transformer a second table tells how much arithmetic a step does, and the share of the rate
that it reaches at which this machine multiplies matrices of 2048 x 2048 in fp32 with all of
PyTorch's threads, in the same round. There are two readings.

- What the model needs: 6 FLOPs for each weight of a linear map and each distinct context, which are
  a multiplication and an addition each for the output, for the gradient of the weights and for that
  of the input. Attention, the optimizer and all that is no product count for nothing.
- All products that are done: those, and attention's and Muon's. Attention goes over K packs of W
  slots, empty and invisible ones too: 2 products forward (scores, values) and 5 backward (the
  scores again, and the gradients of values, weights, queries and keys), each of 2 K W W n_embd
  FLOPs a layer. Muon's are those of its Newton-Schulz steps, counted as they are done.

The share depends on the processor: with wider vectors products take less of a step, and what waits
for memory as much as before. MKL_ENABLE_INSTRUCTIONS=AVX2 and ATEN_CPU_CAPABILITY=avx2 in the
environment let one with AVX-512 compute as one without.

`--busy` adds rounds beside another process that keeps one core busy, and tells how much longer a
step takes there.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from side_by_side import (
    PEER_BATCH,
    Peer,
    Rounds,
    busy,
    command_line,
    in_turn,
    natural,
    run,
    step_time,
)
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from makemore.compute.devices import keep_memory
from makemore.config import DEFAULT_MODEL
from makemore.contexts.packs import PackedTable
from makemore.contexts.tables import Table
from makemore.models import ARCHITECTURES
from makemore.models.transformer import Transformer
from makemore.training.learner import Learner
from makemore.training.optimizers import orthogonalise

WARM_UP = 3
"""Steps of ours before those of a round."""
PEER_STEPS = 400
"""In a round; it prints the time of every tenth, and the first half of them is left out."""
PEER_MODELS = ("mlp", "bow", "rnn", "gru", "transformer")
SIDE, PRODUCTS = 2048, 10
NEVER = 10**9
CPU = torch.device("cpu")
OURS, THEIRS, RATE = "ours", "theirs", "GFLOPs a second"
BESIDE = {OURS: "ours, busy", THEIRS: "theirs, busy"}


@dataclass(frozen=True)
class Work:
    """What a step goes through, in the mean over some steps.

    Attributes:
        characters: predictions.
        contexts: distinct ones, of each part of the batch by itself.
        pairs: slots of packs times the slots of the same pack; 0 where there are no packs.
    """

    characters: float
    contexts: float
    pairs: float


def work_of(steps: Sequence[Sequence[Table]]) -> Work:
    """Count what steps go through, each in one or several tables."""
    tables = [table for step in steps for table in step]
    packs = [table.packs for table in tables if isinstance(table, PackedTable)]
    return Work(
        characters=sum(table.predictions for table in tables) / len(steps),
        contexts=sum(int(table.rows.max()) + 1 for table in tables) / len(steps),
        pairs=sum(pack.numel() * pack.shape[1] for pack in packs) / len(steps),
    )


def model_flops(model: nn.Module, contexts: float) -> float:
    """Count what a model needs for the gradient of so many contexts."""
    maps = [module for module in model.modules() if isinstance(module, nn.Linear)]
    return 6 * contexts * sum(linear.weight.numel() for linear in maps)


def attention_flops(n_layer: int, n_embd: int, pairs: float) -> float:
    """Count the products of attention, there and back, with the scores computed twice."""
    return n_layer * (2 + 5) * 2 * pairs * n_embd


def muon_flops(matrices: Sequence[Tensor]) -> int:
    """Count the products that orthogonalise the updates of some matrices."""
    with FlopCounterMode(display=False) as counter:
        orthogonalise([torch.zeros_like(matrix).unsqueeze(0) for matrix in matrices])
    return int(counter.get_total_flops())


@contextmanager
def learner_of(model: str) -> Iterator[Learner]:
    """Make ready to train a model at its defaults, without an end."""
    keep_memory()
    with Learner.of(model=model, max_steps=NEVER, device="cpu") as learner:
        learner.begin()
        yield learner


def per_second(ms: Rounds, n: float) -> Rounds:
    """Give how many it is a second, at so many a step."""
    return ms.map(lambda ms: 1e3 * n / ms)


def time_steps(learner: Learner, steps: int) -> float:
    """Take some steps, and give the median time of one, ms."""
    for _ in range(WARM_UP):
        learner.step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        learner.step()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def time_peer(peer: Peer, model: str) -> float:
    """Let the peer take some steps, and give the median time of one, ms."""
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--type", model, "--max-steps", str(PEER_STEPS), "--work-dir", folder]
        return step_time(run(peer.command(*flags)).output)


def product_rate(threads: int) -> float:
    """Multiply large matrices, and give the median rate, GFLOPs a second."""
    usual = torch.get_num_threads()
    torch.set_num_threads(threads)
    a, b = torch.randn(2, SIDE, SIDE)
    times = []
    for _ in range(PRODUCTS):
        start = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - start)
    torch.set_num_threads(usual)
    return 2e-9 * SIDE**3 / statistics.median(times)


def beside_busy(measure: Callable[[], float]) -> float:
    """Measure while another process keeps a core busy."""
    with busy(1):
        return measure()


def print_speeds(measured: Mapping[str, Rounds], batches: Mapping[str, tuple[int, float]]) -> None:
    """Print how fast each side is, whose batch has so many documents and characters."""
    print("| a step | ms | documents a second | characters a second |")
    print("|---|---|---|---|")
    speeds = {}
    for side, (documents, characters) in batches.items():
        ms = measured[side]
        speeds[side] = per_second(ms, characters)
        cells = f"{per_second(ms, documents).figure.median:,.0f} | {speeds[side].figure:,.0f}"
        print(f"| {side}, {documents:,} documents | {ms.figure:.1f} | {cells} |")
    if THEIRS in speeds:
        print(f"| ours / theirs | | | {speeds[OURS].over(speeds[THEIRS]):.2f} |")


def print_shares(learner: Learner, work: Work, measured: Mapping[str, Rounds]) -> None:
    """Print which share of the rate of products the transformer's step reaches."""
    model = learner.model
    assert isinstance(model, Transformer)
    needed = model_flops(model, work.contexts)
    done = needed + attention_flops(len(model.blocks), model.n_embd, work.pairs)
    if learner.settings.optimizer == "muon":
        done += muon_flops(model.hidden_matrices())
    rate = measured[RATE]
    print()
    print("| products | GFLOPs a step | GFLOPs a second | share |")
    print("|---|---|---|---|")
    for reading, flops in {"what the model needs": needed, "all that are done": done}.items():
        reached = per_second(measured[OURS], flops / 1e9)
        cells = f"{flops / 1e9:.2f} | {reached.figure:.1f} | {reached.over(rate):.1%}"
        print(f"| {reading} | {cells} |")
    print(f"| {SIDE} x {SIDE} | | {rate.figure:.1f} | |")


def print_busy(measured: Mapping[str, Rounds], sides: Iterable[str]) -> None:
    """Print how much longer a step takes beside a busy process."""
    print()
    print("| beside a busy process | ms | busy / alone |")
    print("|---|---|---|")
    for side in sides:
        busy = measured[BESIDE[side]]
        print(f"| {side} | {busy.figure:.1f} | {busy.over(measured[side]):.2f} |")


def main() -> None:
    """Print the tables."""
    parser = command_line(__doc__, rounds=5)
    parser.add_argument(
        "--steps", type=natural, default=40, help="of ours, timed in a round; 40 unless given"
    )
    parser.add_argument(
        "--model", choices=ARCHITECTURES, default=DEFAULT_MODEL, metavar="MODEL", help="ours"
    )
    parser.add_argument("--busy", action="store_true", help="also beside a busy process")
    arguments = parser.parse_args()
    model: str = arguments.model
    steps: int = arguments.steps
    peer: Peer | None = arguments.peer
    if peer and model not in PEER_MODELS:
        parser.error(f"--peer goes with {', '.join(PEER_MODELS)}: it has no other to train")
    threads = torch.get_num_threads()
    with learner_of(model) as learner:
        if learner.model.closed_form:
            parser.error(f"{model} takes no steps: it is counted")
        measures: dict[str, Callable[[], float]] = {}
        if isinstance(learner.model, Transformer):
            measures[RATE] = lambda: product_rate(threads)
        sides: dict[str, Callable[[], float]] = {OURS: lambda: time_steps(learner, steps)}
        if peer:
            sides[THEIRS] = lambda: time_peer(peer, model)
        measures |= sides
        if arguments.busy:
            measures |= {
                BESIDE[side]: partial(beside_busy, measure) for side, measure in sides.items()
            }
        measured = in_turn(arguments.rounds, measures)
        timed = range(WARM_UP, WARM_UP + steps)
        work = work_of([list(learner.batches.tables(step)) for step in timed])

    batches = {OURS: (learner.batches.size, work.characters)}
    if peer:
        batches[THEIRS] = (PEER_BATCH, PEER_BATCH * peer.characters_a_name)
    print_speeds(measured, batches)
    if RATE in measured:
        print_shares(learner, work, measured)
    if arguments.busy:
        print_busy(measured, sides)


if __name__ == "__main__":
    main()
