"""The n-gram as a baseline: its time, memory and perplexity beside KenLM's and nltk's.

    python benchmarks/ngrams.py [--order N] [--megabytes N ...] [--prune K] [--lmplz FILE]

First the names by the project's own split, predicted on its validation part. Then texts of random
words, which a Zipf distribution takes out of a million: so many megabytes are counted, and 100,000
characters more are predicted. Every row is a process of its own; its seconds are of the CPU, its
memory is the most that it held, in MiB. A perplexity is that of a character or of an end.

KenLM takes part where its `lmplz` is given, and its `query` stands beside it. It gets the
characters with spaces between them, and may sort in 2 GB. nltk takes part on the names where it is
installed; all of its discounts are one number, 0.1 unless told. It takes so long for a prediction
that it is given the first 20 names alone, and so is ours beside it.
"""

import argparse
import math
import re
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from side_by_side import Finished, natural, run

ORDER = 6
WORDS = 10**6
HELD_OUT = 10**5
FEW = 20
AT_A_TIME = 10**6
DISCOUNTS = (0.1, 0.75)
"""Of nltk: its default, and one that is usual in the literature."""


def write_text(folder: Path, megabytes: int) -> None:
    """Write ids of random words, a byte each: 1 is the space, the low letters are frequent."""
    random = np.random.default_rng(0)
    length = random.integers(1, 13, WORDS) + 1  # with the space
    starts = np.cumsum(length) - length
    letters = (2 + 26 * random.random(int(length.sum())) ** 2).astype(np.uint8)
    letters[starts] = 1
    share = (1 / np.arange(1, WORDS + 1)).cumsum()
    for name, left in [("train", megabytes * 10**6), ("val", HELD_OUT)]:
        with (folder / f"{name}.ids").open("wb") as file:
            while left:
                words = np.searchsorted(share, share[-1] * random.random(AT_A_TIME))
                n = length[words]
                places = np.arange(n.sum()) + np.repeat(starts[words] - n.cumsum() + n, n)
                left -= file.write(letters[places][:left].tobytes())


def spaced_text(folder: Path) -> None:
    """Write the same for KenLM: one line, with spaces between the characters."""
    for name in ("train", "val"):
        ids = np.memmap(folder / f"{name}.ids", np.uint8, "r")
        with (folder / name).open("wb") as file:
            for start in range(0, len(ids), AT_A_TIME):
                some = ids[start : start + AT_A_TIME] + np.uint8(96)
                file.write(np.stack([some, np.full_like(some, 32)], axis=1).tobytes())
            file.write(b"\n")


def spaced_names(folder: Path) -> None:
    """Write the names for KenLM and nltk: one a line, with spaces between the characters."""
    from makemore.corpus.loading import load_corpus

    names = load_corpus(None)
    for name, some in [("train", names.train), ("val", names.val), ("few", names.val[:FEW])]:
        (folder / name).write_text("".join(" ".join(one) + "\n" for one in some))


def ours(folder: Path, part: str, order: int, prune: int) -> None:
    """Count, and print the perplexity of a part."""
    from makemore.corpus.documents import Documents, Text
    from makemore.corpus.vocabulary import Vocabulary
    from makemore.evaluation.losses import evaluate
    from makemore.models.ngram import Ngram
    from makemore.models.settings import NgramSettings

    vocabulary = Vocabulary("abcdefghijklmnopqrstuvwxyz{")

    def read(name: str) -> Documents:
        if (folder / f"{name}.ids").exists():
            return Text(np.memmap(folder / f"{name}.ids", np.uint8, "r"))
        lines = (folder / name).read_text().replace(" ", "").split()
        return Vocabulary("abcdefghijklmnopqrstuvwxyz").encode_lines(lines)

    size = len(vocabulary) if (folder / "train.ids").exists() else len(vocabulary) - 1
    model = Ngram(size, NgramSettings(order=order, prune=prune))
    model.prepare(read("train"), read(part))
    print(evaluate(model, read(part)).perplexity)


def nltk(folder: Path, part: str, order: int, discount: float) -> None:
    """Count, and print the perplexity of a part; a start is given, an end is predicted."""
    from nltk.lm import KneserNeyInterpolated, Vocabulary  # type: ignore[import-not-found]
    from nltk.util import everygrams  # type: ignore[import-not-found]

    def read(name: str) -> list[list[str]]:
        lines = (folder / name).read_text().splitlines()
        return [["<s>"] * (order - 1) + line.split() + ["</s>"] for line in lines]

    train = read("train")
    model = KneserNeyInterpolated(order, discount=discount)
    grams = (list(everygrams(line, max_len=order)) for line in train)
    model.fit(grams, Vocabulary([character for line in train for character in line]))
    losses = [
        -model.logscore(line[end], line[end - order + 1 : end]) * math.log(2)
        for line in read(part)
        for end in range(order - 1, len(line))
    ]
    print(math.exp(sum(losses) / len(losses)))


def row(what: str, who: str, perplexity: float, *runs: Finished) -> str:
    """Make a row of the table: the seconds of all runs, and the most memory of one."""
    seconds, peak = sum(one.cpu for one in runs), max(one.peak for one in runs)
    return f"| {what} | {who} | {seconds:,.1f} | {peak:,.0f} | {perplexity:.4f} |"


def child(who: str, folder: Path, part: str, order: int, extra: float) -> tuple[float, Finished]:
    """Measure one of `ours` and `nltk` in a process of its own."""
    command = [sys.executable, __file__, "--child", who, str(folder), part, str(order), str(extra)]
    done = run(command)
    return float(done.output), done


def kenlm(lmplz: Path, folder: Path, order: int, prune: int) -> tuple[float, Finished, Finished]:
    """Count by KenLM, and let it predict the validation part."""
    pruned = ["--prune", "0", "0", str(prune)] if prune and order > 2 else []
    counting = [str(lmplz), "-o", str(order), "-S", "2G", "-T", str(folder), "--text"]
    counting += [str(folder / "train"), "--arpa", str(folder / "arpa"), "--discount_fallback"]
    counted = run([*counting, *pruned])
    query = [str(lmplz.parent / "query"), "-v", "summary", str(folder / "arpa")]
    predicted = run(["sh", "-c", '"$@" < "$0"', str(folder / "val"), *query])
    found = re.search(r"Perplexity including OOVs:\s*(\S+)", predicted.output)
    assert found is not None, "a summary has it"
    return float(found[1]), counted, predicted


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--order", type=natural, default=ORDER)
    parser.add_argument("--megabytes", type=natural, nargs="*", default=[1, 10, 100])
    parser.add_argument("--prune", type=int, default=0)
    parser.add_argument("--lmplz", type=Path, help="KenLM's program")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        who, folder, part, order, extra = arguments.child
        if who == "ours":
            ours(Path(folder), part, int(order), int(float(extra)))
        else:
            nltk(Path(folder), part, int(order), float(extra))
        return
    order, prune, lmplz = arguments.order, arguments.prune, arguments.lmplz
    print("| counted | by | CPU s | MiB at most | perplexity |")
    print("|---|---|---|---|---|")
    for what in ["names", *(f"{n:,} MB" for n in arguments.megabytes)]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if what == "names":
                spaced_names(folder)
            else:
                write_text(folder, int(what.split()[0].replace(",", "")))
            perplexity, done = child("ours", folder, "val", order, prune)
            print(row(what, "makemore", perplexity, done), flush=True)
            if lmplz:
                if what != "names":
                    spaced_text(folder)
                perplexity, *runs = kenlm(lmplz, folder, order, prune)
                print(row(what, "KenLM", perplexity, *runs), flush=True)
            if what == "names" and find_spec("nltk"):
                few = f"names, the first {FEW}"
                perplexity, done = child("ours", folder, "few", order, prune)
                print(row(few, "makemore", perplexity, done), flush=True)
                for discount in DISCOUNTS:
                    perplexity, done = child("nltk", folder, "few", order, discount)
                    print(row(few, f"nltk, discount {discount}", perplexity, done), flush=True)
    if not lmplz:
        print("\nWithout KenLM: give its --lmplz.")
    if not find_spec("nltk"):
        print("\nWithout nltk: it is not installed.")


if __name__ == "__main__":
    main()
