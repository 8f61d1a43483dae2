"""How memory grows with a corpus whose ids are on disk: hardly, but for what is mapped.

    python benchmarks/growth.py [--megabytes 1 10 100]

For texts and for lines of 7 characters or so, made of random ids, a byte each, in a memory map: the
most anonymous memory (`RssAnon` of Linux, which leaves out what is mapped from files) that a
process holds while it takes three steps of the default batch, and while it measures a tenth of the
corpus. Each is a process of its own. A transformer has one layer of 16 channels here, so that it
gets through in time; what grows with a corpus doesn't depend on that.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

MODELS = ("mlp", "transformer")
FORMATS = ("text", "lines")
STEPS = 3
CHARACTERS = 65
AT_A_TIME = 2**22
SMALL = {"transformer": {"n_layer": 1, "n_embd": 16}}


def write_corpus(folder: Path, megabytes: int) -> None:
    """Write random ids, the low ones the more frequent, and where lines of 3 to 11 end."""
    random = np.random.default_rng(0)
    with (folder / "ids").open("wb") as file:
        for start in range(0, megabytes * 10**6, AT_A_TIME):
            n = min(AT_A_TIME, megabytes * 10**6 - start)
            file.write((1 + CHARACTERS * random.random(n) ** 3).astype(np.uint8).tobytes())
    with (folder / "offsets").open("wb") as file:
        end, ends = 0, np.zeros(1, dtype=np.int64)
        while end < megabytes * 10**6:
            file.write(ends.tobytes())
            ends = end + np.cumsum(random.integers(3, 12, AT_A_TIME // 8))
            ends = ends[ends <= megabytes * 10**6]
            end = int(ends[-1]) if len(ends) else megabytes * 10**6


def anonymous() -> float:
    """Read how much anonymous memory this process holds, MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("The kernel doesn't tell RssAnon: this is for Linux.")


class Watch:
    """Sees how much memory is held, again and again."""

    def __init__(self) -> None:
        self.most = 0.0
        self.going = True

    @contextmanager
    def most_memory(self) -> Iterator[None]:
        """Look every few milliseconds, within `with`."""
        self.most, self.going = anonymous(), True
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield
        finally:
            self.going = False
            thread.join()

    def _look(self) -> None:
        while self.going:
            self.most = max(self.most, anonymous())
            time.sleep(0.005)


def measure(folder: Path, name: str, format: str) -> None:
    """Print the memory of a model's steps and of its evaluation, and their seconds."""
    import torch

    from makemore.corpus.documents import Documents, Lines, Text
    from makemore.evaluation.losses import evaluate
    from makemore.models import ARCHITECTURES, build_model
    from makemore.recipe import TrainingSettings
    from makemore.training.batches import Batches
    from makemore.training.gradients import gradient, mean

    ids = np.memmap(folder / "ids", np.uint8, "r")
    held_out = len(ids) // 10
    train: Documents = Text(ids[held_out:])
    val: Documents = Text(ids[:held_out])
    if format == "lines":
        offsets = np.memmap(folder / "offsets", np.int64, "r")
        n = len(offsets) // 10
        train, val = Lines(ids, offsets[n:]), Lines(ids[: offsets[n]], offsets[: n + 1])
    architecture = ARCHITECTURES[name]
    recipe = architecture.recipe | (architecture.text_recipe if format == "text" else {})
    settings = architecture(**SMALL.get(name, {})).resolve(train.longest, format == "text")
    model = build_model(name, settings, CHARACTERS + 1)
    batches = Batches(model, train, TrainingSettings(**recipe))
    watch, figures = Watch(), []
    with watch.most_memory():
        batches.prepared  # noqa: B018
        for step in range(STEPS):
            start = time.perf_counter()
            parts = [gradient(model, t, list(model.parameters())) for t in batches.tables(step)]
            assert torch.isfinite(mean(parts).loss)
    figures += [watch.most, 1e3 * (time.perf_counter() - start)]
    start = time.perf_counter()
    with watch.most_memory():
        evaluate(model, val)
    print(*figures, watch.most, time.perf_counter() - start)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        folder, name, format = arguments.child
        measure(Path(folder), name, format)
        return
    print("| corpus | model | MiB in steps | ms of the last step | MiB in evaluation | s |")
    print("|---|---|---|---|---|---|")
    for megabytes in arguments.megabytes:
        with tempfile.TemporaryDirectory() as folder:
            write_corpus(Path(folder), megabytes)
            for format in FORMATS:
                for name in MODELS:
                    command = [sys.executable, __file__, "--child", folder, name, format]
                    shown = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                    held, step, held_then, seconds = map(float, shown.stdout.split())
                    print(
                        f"| {megabytes} MB, {format} | {name} | {held:,.0f} | {step:,.0f} "
                        f"| {held_then:,.0f} | {seconds:,.1f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
