"""Which learning rate the range test suggests, and which the recipes use.

    python benchmarks/lr_range.py [MODEL …] [--validate]

Prints one row for each model that is trained by gradient, on the names that come along: the rate of
its recipe, the rate that `makemore lr-range` suggests, and how many times that is too large or too
small. Then it tells how far each rule of reading a sweep is from the recipes, as a factor: e to the
root of the mean square of the logarithms of the ratios. `--validate` also trains each model with
both rates, and prints the two validation losses, nats a character.
"""

import argparse
import math
from typing import Any

from measured import measure

import makemore
from makemore.models import ARCHITECTURES

FLAGS = {"bigram": ["--fit", "gradient"]}
SETTINGS: dict[str, dict[str, Any]] = {"bigram": {"fit": "gradient"}}


def factor(ratios: list[float]) -> float:
    """Tell how far ratios are from 1, on the scale of their logarithms."""
    return math.exp(math.sqrt(sum(math.log(ratio) ** 2 for ratio in ratios) / len(ratios)))


def main() -> None:
    """Print the table, a row as soon as it is there, and then the rules."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="all, unless some are named")
    parser.add_argument("--validate", action="store_true", help="also train with both rates")
    arguments = parser.parse_args()
    models = arguments.models or [name for name in ARCHITECTURES if name != "ngram"]
    more = " val with the recipe's | val with the suggested |" if arguments.validate else ""
    print(f"| model | recipe | suggested | suggested / recipe |{more}")
    print("|---|---|---|---|" + "---|---|" * arguments.validate)
    ratios: dict[str, list[float]] = {}
    for model in models:
        found = makemore.lr_range(model=model, show=False, **SETTINGS.get(model, {}))
        assert found.suggested is not None, f"the loss of {model} doesn't fall"
        lowest = found.rates[found.suggestion.lowest]
        read = {
            "a third of the lowest": found.suggested,
            "a tenth of the lowest": lowest / 10,
            "the lowest": lowest,
            "the steepest": found.rates[found.suggestion.steepest],
        }
        for rule, rate in read.items():
            ratios.setdefault(rule, []).append(rate / found.recipe)
        row = f"| `{model}` | {found.recipe:g} | {found.suggested:.2g} | "
        row += f"{found.suggested / found.recipe:.2f} |"
        if arguments.validate:
            for rate in (found.recipe, found.suggested):
                flags = ["--model", model, *FLAGS.get(model, []), "--learning-rate", str(rate)]
                row += f" {measure(*flags, splits=('val',)).losses['val']:.4f} |"
        print(row, flush=True)
    print("\n| rule | suggested / recipe, geometric mean | from the recipes by a factor of |")
    print("|---|---|---|")
    for rule, of_rule in ratios.items():
        middle = math.exp(sum(map(math.log, of_rule)) / len(of_rule))
        print(f"| {rule} | {middle:.2f} | {factor(of_rule):.1f} |")


if __name__ == "__main__":
    main()
