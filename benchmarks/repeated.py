"""Whether a seed gives the same bits in every process: the nine models, on lines and on text.

    python benchmarks/repeated.py [--processes N] [--steps N] [--busy N] [--at-once N] [MODEL …]

Each model is trained for some steps in many fresh processes, on names and on a text.
A process prints a hash of every gradient, bit for bit, and of all that is trained in the end; the
bigram descends instead of counting. The second half of the processes runs beside `--busy` others
that keep the cores busy. `--at-once` runs so many together, which keeps the cores busy too.
"""

import argparse
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from side_by_side import busy

from makemore.models import ARCHITECTURES

if TYPE_CHECKING:
    from torch import Tensor

ROOT = Path(__file__).parent.parent
MODELS = tuple(ARCHITECTURES)
DATA = {"lines": ["data/names.txt"], "text": ["docs/lectures"]}
"""From the root of the repository; a text of many characters, of which few windows share a part."""


def bits(tensors: "list[Tensor]") -> str:
    """Hash the bytes of tensors."""
    of_all = blake2b(digest_size=8)
    for tensor in tensors:
        of_all.update(tensor.detach().contiguous().numpy().tobytes())
    return of_all.hexdigest()


def trained(steps: int, **settings: Any) -> str:
    """Train, and hash every gradient and the model in the end."""
    from makemore.training.learner import Learner

    found = []
    with Learner.of(max_steps=steps, **settings) as learner:
        learner.begin()
        while not learner.progress.finished:
            gradient = learner.gradient(learner.next_tables())
            found.append(bits([gradient.vector]))
            learner.descend(gradient)
        found.append(bits(list(learner.model.state_dict().values())))
    return blake2b("".join(found).encode(), digest_size=8).hexdigest()


def train_here(model: str, steps: int) -> None:
    """Print the hash of each kind of corpus."""
    more = {"fit": "gradient"} if model == "bigram" else {}
    for kind, files in DATA.items():
        data = [str(ROOT / file) for file in files]
        print(trained(steps, model=model, format=kind, data=data, **more), flush=True)


def train_there(model: str, steps: int) -> list[str]:
    """Give the hashes that a fresh process finds."""
    command = [sys.executable, __file__, "--steps", str(steps), "--child", model]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.split()


def main() -> None:
    """Print a table of how many results there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=MODELS, metavar="MODEL")
    parser.add_argument("--processes", type=int, default=300)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--busy", type=int, default=2)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--child", metavar="MODEL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        train_here(options.child, options.steps)
        return

    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    alone = options.processes // 2
    for n, n_busy in ((alone, 0), (options.processes - alone, options.busy)):
        models = list(islice(cycle(options.models), n))
        with busy(n_busy), ThreadPoolExecutor(options.at_once) as pool:
            of_each = pool.map(train_there, models, [options.steps] * n)
            for model, hashes in zip(models, of_each, strict=True):
                for kind, of_one in zip(DATA, hashes, strict=True):
                    found[model, kind].append(of_one)

    print("| model | trained on | processes | different results |")
    print("|---|---|---|---|")
    for (model, kind), hashes in found.items():
        print(f"| `{model}` | {kind} | {len(hashes)} | {len(set(hashes))} |")


if __name__ == "__main__":
    main()
