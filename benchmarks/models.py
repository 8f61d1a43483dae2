"""What each idea of the last 25 years is worth: every model's default run on the names.

    python benchmarks/models.py [MODEL …]

Prints one row for each: parameters, the time of training with its validations and checkpoints,
and the exact losses of the best checkpoint, in nats a character, on the splits by hash.
"""

import argparse

from measured import measure

from makemore.models import ARCHITECTURES


def main() -> None:
    """Print the table, a row as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="all, unless some are named")
    models = parser.parse_args().models or list(ARCHITECTURES)
    print("| model | parameters | training | train | val | test |")
    print("|---|---|---|---|---|---|")
    for model in models:
        found = measure("--model", model)
        losses = " | ".join(f"{loss:.4f}" for loss in found.losses.values())
        seconds = f"{found.seconds:.1f} s"
        print(f"| `{model}` | {found.parameters:,} | {seconds} | {losses} |", flush=True)


if __name__ == "__main__":
    main()
