"""How much of the rate of matrix products a step of the last lecture's GPT reaches.

    python benchmarks/large.py [--peer-nanogpt DIR] [--rounds N] [--batch-size N] [--dropout P]
                               [--n-layer N]

6 layers of 384 channels and 6 heads, blocks of 256 characters, GELU, biases and LayerNorm: 10.7
million parameters, as nanoGPT's model has them. The steps are on windows of random characters, with
gradients clipped. Ours is timed with AdamW, as nanoGPT, and with Muon. They take turns, a step a
round, each in a process of its own with one thread, beside products of 2048 x 2048.

The clock is that of the processor (CPU seconds), which a busy machine disturbs less than one on the
wall. The share is that of what the model needs: 6 FLOPs for each weight of a linear map and each
character; attention, the optimizer and all that is no product count for nothing.

The peer's attention drops weights too, which ours does not: compare them with `--dropout 0` also.
"""

import argparse
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, redirect_stdout
from pathlib import Path

from side_by_side import Rounds, ask, in_turn, natural

SIDE, BLOCK, N_EMBD, N_HEAD = 2048, 256, 384, 6
RATE, PEER = "products", "nanoGPT"
OPTIMIZERS = {"ours, AdamW": "adamw", "ours, Muon": "muon"}
CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:!?'-&$3\n"
V = len(CHARACTERS) + 1
"""With the boundary."""


def flops(n_layer: int, batch_size: int) -> float:
    """Count what a step of the model needs."""
    weights = n_layer * 12 * N_EMBD**2 + V * N_EMBD
    return 6 * weights * batch_size * BLOCK


def products() -> Callable[[], object]:
    """Make ready to multiply large matrices."""
    import torch

    a, b = torch.randn(2, SIDE, SIDE)
    return lambda: a @ b


def ours(optimizer: str, arguments: argparse.Namespace) -> Callable[[], object]:
    """Make ready to take steps of ours."""
    from makemore.training.learner import Learner

    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text"
        text.write_text("".join(random.Random(0).choices(CHARACTERS, k=200 * BLOCK)))
        learner = Learner.of(
            model="transformer",
            data=text,
            format="text",
            block_size=BLOCK,
            n_layer=arguments.n_layer,
            n_head=N_HEAD,
            n_embd=N_EMBD,
            n_hidden=4 * N_EMBD,
            dropout=arguments.dropout,
            norm="layer",
            norm_gain=True,
            positions="learned",
            activation="gelu",
            qk_norm=False,
            bias=True,
            zero_init=False,
            optimizer=optimizer,
            learning_rate=1e-4,
            batch_size=arguments.batch_size,
            max_steps=10**9,
            device="cpu",
        )
    learner.begin()
    return learner.step


def theirs(arguments: argparse.Namespace) -> Callable[[], object]:
    """Make ready to take steps of the peer's, as its `train.py` takes them."""
    import torch

    spec = importlib.util.spec_from_file_location("peer", arguments.peer_nanogpt / "model.py")
    assert spec is not None, "it is a Python file"
    assert spec.loader is not None, "it is a Python file"
    peer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peer)
    sizes = {"n_layer": arguments.n_layer, "n_head": N_HEAD, "n_embd": N_EMBD, "vocab_size": V}
    with redirect_stdout(sys.stderr):
        config = peer.GPTConfig(block_size=BLOCK, dropout=arguments.dropout, **sizes)
        model = peer.GPT(config)
        optimizer = model.configure_optimizers(0.1, 1e-4, (0.9, 0.99), "cpu")
    data = torch.randint(V, (200 * BLOCK,))

    def step() -> None:
        starts = torch.randint(len(data) - BLOCK, (arguments.batch_size,))
        inputs = torch.stack([data[start : start + BLOCK] for start in starts])
        targets = torch.stack([data[start + 1 : start + BLOCK + 1] for start in starts])
        model(inputs, targets)[1].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def take_steps(arguments: argparse.Namespace) -> None:
    """Take a step for each line of standard input, and print its CPU seconds."""
    if arguments.child in OPTIMIZERS:
        step = ours(OPTIMIZERS[arguments.child], arguments)
    else:
        step = products() if arguments.child == RATE else theirs(arguments)
    step()
    for _ in sys.stdin:
        start = time.process_time()
        step()
        print(time.process_time() - start, flush=True)


class Child:
    """A process that takes a step of one side whenever it is asked to."""

    def __init__(self, side: str, stack: ExitStack) -> None:
        one_thread = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        self.process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, *sys.argv, "--child", side],
                env=os.environ | one_thread,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        stack.callback(self.process.kill)

    def __call__(self) -> float:
        """Give the CPU seconds of a step."""
        return ask(self.process)


def print_table(measured: Mapping[str, Rounds], needed: float, title: str) -> None:
    """Print the CPU seconds of each side, and the share of the rate that it reaches."""
    rate = measured[RATE].map(lambda seconds: 2e-9 * SIDE**3 / seconds)
    print(f"| {title} | CPU seconds a step | share of the rate |")
    print("|---|---|---|")
    for side, seconds in measured.items():
        if side != RATE:
            reached = seconds.map(lambda seconds: needed / 1e9 / seconds)
            print(f"| {side} | {seconds.figure:.2f} | {reached.over(rate):.0%} |")
    print(f"| GFLOPs a CPU second of {SIDE} x {SIDE} | | {rate.figure:.0f} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer-nanogpt", type=Path, metavar="DIR", help="a checkout of nanoGPT")
    parser.add_argument("--rounds", type=natural, default=7, help="of each; 7 unless given")
    parser.add_argument("--batch-size", type=natural, default=4, help="windows; 4 unless given")
    parser.add_argument("--dropout", type=float, default=0.2, help="share; 0.2 unless given")
    parser.add_argument("--n-layer", type=natural, default=6, help="layers; 6 unless given")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        take_steps(arguments)
        return
    sides = [RATE, *([PEER] if arguments.peer_nanogpt else []), *OPTIMIZERS]
    with ExitStack() as stack:
        measured = in_turn(arguments.rounds, {side: Child(side, stack) for side in sides})
    title = f"batch of {arguments.batch_size}, dropout {arguments.dropout:g}"
    print_table(measured, flops(arguments.n_layer, arguments.batch_size), title)


if __name__ == "__main__":
    main()
