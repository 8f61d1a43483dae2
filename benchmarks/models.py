"""What each idea of the last 25 years is worth: every model's default run on the names.

    python benchmarks/models.py [MODEL …]

Prints one row for each, as `makemore compare` finds it: parameters, the time of training with its
validations, and the exact losses of the best weights, in nats a character, on the splits by hash.
The test split, which `compare` leaves alone, is measured here at the end.
"""

import argparse

import makemore
from makemore.models import ARCHITECTURES


def main() -> None:
    """Print the table, in the order in which the models were trained."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="all, unless some are named")
    models = parser.parse_args().models or list(ARCHITECTURES)
    compared = makemore.compare(models=models, show=False)
    print("| model | parameters | training | train | val | test |")
    print("|---|---|---|---|---|---|")
    for one in sorted(compared.models, key=lambda one: models.index(one.model)):
        assert one.maker is not None, f"{one.model} was trained"
        test = one.maker.evaluate("test")["test"].loss
        losses = " | ".join(f"{loss:.4f}" for loss in (one.train_loss, one.val_loss, test))
        seconds = f"{one.progress.seconds:.1f} s"
        print(f"| `{one.model}` | {one.n_parameters:,} | {seconds} | {losses} |")


if __name__ == "__main__":
    main()
