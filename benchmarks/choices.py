"""What each choice of the transformer's block is worth, at equal size and steps.

    python benchmarks/choices.py [--seeds N]

Trains the default transformer on the names, then the same with one choice made another way, then
with all of the classic or of the later ones, each with several seeds. Prints the mean validation
loss, nats a character, how much worse that is, and the time of training as a ratio of medians.
"""

import argparse
import statistics

from measured import Measured, measure

CHOICES = {
    "as it is": [],
    "GELU, not SwiGLU": ["--activation", "gelu"],
    "squared ReLU, not SwiGLU": ["--activation", "relu2"],
    "biases": ["--bias"],
    "RMSNorm, not LayerNorm": ["--norm", "rms"],
    "rotary positions, not learned": ["--positions", "rotary"],
    "QK-norm": ["--qk-norm"],
    "projections that start at zero": ["--zero-init"],
    "dropout 0.1": ["--dropout", "0.1"],
    "AdamW alone, not Muon": ["--optimizer", "adamw"],
    "GPT-2's block (GELU and biases)": ["--activation", "gelu", "--bias"],
    "all that is later": [
        *("--norm", "rms", "--positions", "rotary", "--qk-norm", "--zero-init"),
    ],
}


def main() -> None:
    """Print the table, a row as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=3, help="runs of each; 3 unless given")
    seeds = parser.parse_args().seeds
    print("| block | parameters | val | worse by | time |")
    print("|---|---|---|---|---|")
    reference: list[Measured] = []
    for choice, flags in CHOICES.items():
        runs = [
            measure("--model", "transformer", *flags, "--seed", str(seed), splits=("val",))
            for seed in range(seeds)
        ]
        reference = reference or runs
        loss, best = (statistics.mean(one.losses["val"] for one in r) for r in (runs, reference))
        time, usual = (statistics.median(one.seconds for one in r) for r in (runs, reference))
        worse = f"{loss - best:+.4f} | {time / usual:.2f}"
        print(f"| {choice} | {runs[0].parameters:,} | {loss:.4f} | {worse} |", flush=True)


if __name__ == "__main__":
    main()
