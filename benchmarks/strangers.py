"""Does a file from a stranger do harm? Runs of all models are changed, and then used.

    python benchmarks/strangers.py [--files N] [--first N] [--processes N] [--only NUMBER]

Each file is a checkpoint, a config or a log of a small run with a change in it: of bytes, of the
header, of metadata, of tensors, cut off, put together from two. It is listed, loaded and sampled
from; one in a hundred is resumed. What may come of it is a result, or the one sentence of a
UserError. Everything else is a failure: another error, a warning, a second more than allowed,
256 MiB more than before, a look into a file that the run only names, code of its that runs.

The change follows from the number of the file, so that `--only` shows a failure again.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from makemore.models import ARCHITECTURES

MODELS = tuple(ARCHITECTURES)
SMALL: dict[str, dict[str, Any]] = {
    "ngram": {"order": 3},
    "mlp": {"n_hidden": 8, "n_embd": 4},
    "wavenet": {"n_hidden": 8, "n_embd": 4},
    "bow": {"n_hidden": 8, "n_embd": 8},
    "rnn": {"n_hidden": 8, "n_embd": 8},
    "lstm": {"n_hidden": 8, "n_embd": 8},
    "gru": {"n_hidden": 8, "n_embd": 8},
    "transformer": {"n_embd": 8, "n_head": 2},
}
WORDS = ["anna", "bob", "cara", "dan", "eva", "é漢🙂"] * 9
MEBIBYTE = 2**20
MOST_MEMORY = 256 * MEBIBYTE
EVIL = "\x1b]0;evil\x07\x1b[2J\u202e[red]<b>"
FORBIDDEN = ("private.txt", "evil.py")
Change = Callable[[random.Random, bytes, bytes], bytes]


class TooLongError(Exception):
    """A file has taken more seconds than it may."""


def values(chance: random.Random, folder: Path) -> Any:
    """Choose what no run would hold at some place."""
    deep: list[Any] = []
    for _ in range(chance.choice([3, 900])):
        deep = [deep]
    known: list[Any] = [
        None,
        True,
        False,
        -1,
        0,
        1,
        2,
        3,
        10**5,
        10**9,
        10**18,
        2**63,
        10**400,
        0.5,
        -1.5,
    ]
    known += [1e308, float("nan"), float("inf"), "", "x", "1", EVIL, "a" * 10_000, [], {}, deep]
    known += [[1], {"a": 1}, "\ud800", "gru", "mlp", "ngram", "transformer", "text", "-", "~/x"]
    known += [str(folder / "private.txt"), str(folder / "evil.py:Evil"), str(folder / "pipe")]
    known += ["/dev/zero", "/dev/stdin", "/proc", "..", "../../etc", [str(folder / "private.txt")]]
    return chance.choice(known)


def change_node(chance: random.Random, tree: Any, folder: Path) -> Any:
    """Change one node of a tree as JSON knows it: put another there, leave it out, double it."""
    if not isinstance(tree, dict | list) or not tree or chance.random() < 0.1:
        if isinstance(tree, int | float) and chance.random() < 0.5:
            return chance.choice([tree + 1, tree - 1, -tree, tree * 1000, str(tree)])
        return values(chance, folder)
    if isinstance(tree, list):
        place = chance.randrange(len(tree))
        return [change_node(chance, x, folder) if i == place else x for i, x in enumerate(tree)]
    key = chance.choice(list(tree))
    changed = dict(tree)
    match chance.randrange(8):
        case 0:
            del changed[key]
        case 1:
            changed[chance.choice(["more", EVIL, chance.choice(list(tree)) + "x"])] = tree[key]
        case 2:
            changed[key] = tree[chance.choice(list(tree))]
        case _:
            changed[key] = change_node(chance, tree[key], folder)
    return changed


def change_bytes(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Change, put in or leave out a few bytes, often among the first, where a header is."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        if not changed:
            break
        end = chance.choice([8, min(2000, len(changed)), len(changed)])
        place = chance.randrange(min(end, len(changed)))
        match chance.randrange(9):
            case 0:
                changed[place : place + chance.randint(1, 9)] = b""
            case 1:
                changed[place:place] = chance.randbytes(chance.randint(1, 9))
            case _:  # none is longer for it
                changed[place] = chance.choice([0, 255, 34, 44, 57, chance.randrange(256)])
    return bytes(changed)


def cut_off(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """End it somewhere, or let it go on."""
    if chance.random() < 0.2:
        return content + chance.randbytes(chance.choice([1, 8, 1000]))
    return content[: chance.randrange(len(content) + 1)]


def splice(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Take the beginning of one file and the end of another."""
    if chance.random() < 0.5 and len(content) > 8 < len(other):
        size = 8 + int.from_bytes(content[:8], "little")
        rest = 8 + int.from_bytes(other[:8], "little")
        return content[:size] + other[rest:]
    return content[: chance.randrange(len(content) + 1)] + other[chance.randrange(len(other)) :]


def with_header(content: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """Change the header of a safetensors file."""
    size = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(change(json.loads(content[8:size]))).encode()
    return len(header).to_bytes(8, "little") + header + content[size:]


def change_header(folder: Path) -> Change:
    """Change names, types, shapes and offsets of tensors, or what stands beside them."""

    def change(chance: random.Random, content: bytes, other: bytes) -> bytes:
        def edit(header: dict[str, Any]) -> Any:
            name = chance.choice(list(header))
            match chance.randrange(6):
                case 0:
                    return change_node(chance, header, folder)
                case 1 if "dtype" in header[name]:
                    types = ["F64", "F32", "F16", "BF16", "I64", "I32", "U8", "BOOL", "F8_E4M3"]
                    header[name]["dtype"] = chance.choice([*types, "C64", "F4", "I16", "U64"])
                case 2 if "shape" in header[name]:
                    shape = header[name]["shape"]
                    header[name]["shape"] = chance.choice([shape[::-1], [*shape, 1], shape[1:], []])
                case 3:
                    another = chance.choice(list(header))
                    header[name], header[another] = header[another], header[name]
                case _:
                    header[name] = change_node(chance, header[name], folder)
            return header

        return with_header(content, edit)

    return change


def change_metadata(folder: Path) -> Change:
    """Change what stands in the metadata, as JSON in JSON."""

    def change(chance: random.Random, content: bytes, other: bytes) -> bytes:
        def edit(header: dict[str, Any]) -> Any:
            metadata = header["__metadata__"]
            name = chance.choice([*metadata, "config", "config", "corpus", "progress"])
            if name == "format":
                metadata[name] = EVIL
                return header
            for _ in range(chance.choice([1, 1, 2])):
                changed = change_node(chance, json.loads(metadata[name]), folder)
                metadata[name] = json.dumps(changed)
            if chance.random() < 0.05:
                metadata[name] = metadata[name][:-1] + ', "step": 3, "step": "x"}'
            return header

        return with_header(content, edit)

    return change


def change_tensors(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Write the tensors once more, one of them with other numbers, or of another shape or type."""
    import safetensors.torch
    import torch

    size = 8 + int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8:size])["__metadata__"]
    tensors = safetensors.torch.load(content)
    name = chance.choice(list(tensors))
    one = tensors[name]
    number = chance.choice(
        [0, 1, -1, 10**6, 2**31, 1e30, float("nan"), float("inf"), -float("inf")]
    )
    match chance.randrange(9):
        case 0:
            del tensors[name]
        case 1:
            tensors[name + "x"] = one.clone()
        case 2:
            tensors[name] = one[:-1].clone() if one.dim() else one[None].clone()
        case 3:
            tensors[name] = one.flatten()[torch.randperm(one.numel())].view(one.shape).clone()
        case 4:
            kinds = [torch.float64, torch.float16, torch.int64, torch.bool, torch.float8_e4m3fn]
            tensors[name] = one.to(chance.choice(kinds))
        case 5 if one.is_floating_point():
            tensors[name] = torch.full_like(one, float(number))
        case 6 if one.is_floating_point():
            tensors[name] = one * chance.choice([1e30, -1e30, 1e10, 0.0])
        case 7 if one.numel() and not one.is_floating_point():
            tensors[name] = one + chance.choice([-1, 1, 10**6, -(10**6)])
        case _ if one.numel():
            flat = one.flatten().clone()
            changed = number if one.is_floating_point() else chance.choice([-1, 0, 1, 7, 255])
            flat[chance.randrange(len(flat))] = changed
            tensors[name] = flat.view(one.shape)
    return safetensors.torch.save(tensors, metadata)


def change_toml(folder: Path) -> Change:
    """Change a value of a config."""

    def change(chance: random.Random, content: bytes, other: bytes) -> bytes:
        import tomllib

        import tomli_w

        try:
            changed = change_node(chance, tomllib.loads(content.decode()), folder)
            return tomli_w.dumps(changed).encode(errors="surrogatepass")
        except (TypeError, ValueError, AttributeError, RecursionError):  # TOML has no null
            return change_bytes(chance, content, other)

    return change


def change_log(folder: Path) -> Change:
    """Change a value in a line of a log."""

    def change(chance: random.Random, content: bytes, other: bytes) -> bytes:
        lines = content.splitlines()
        place = chance.randrange(len(lines))
        lines[place] = json.dumps(change_node(chance, json.loads(lines[place]), folder)).encode()
        return b"\n".join(lines) + b"\n" * chance.randrange(2)

    return change


def train_all(folder: Path) -> None:
    """Train a small run of every model, and put the bait beside them."""
    import makemore

    (folder / "data.txt").write_text("\n".join(WORDS))
    for model in MODELS:
        steps: dict[str, Any] = {} if model in ("bigram", "ngram") else {"max_steps": 2}
        chosen = SMALL.get(model, {}) | steps | {"log_interval": 1, "keep_checkpoints": 2}
        makemore.train(
            folder / "data.txt", model=model, out=folder / "runs" / model, show=False, **chosen
        )
    (folder / "private.txt").write_text("secret\n")
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\n")
    os.mkfifo(folder / "pipe")


def use(run: Path, resumed: bool) -> None:
    """Do with a run what its receiver does first: list it, load it, sample, look at its curve."""
    import makemore
    from makemore.config import read_config
    from makemore.pages.replay import find_replay
    from makemore.runs.listing import list_runs
    from makemore.runs.run import Run

    listed = list_runs(run.parent)
    json.dumps([listed.grid().rows, *(one.figures() for one in listed)])
    json.dumps(Run(run).read_metrics())
    if not any(run.glob("*.safetensors")):
        read_config(run / "config.toml", {})
        return
    if resumed:
        makemore.resume(run, show=False, max_steps=3)
    maker = makemore.load(run)
    maker.sample(2, seed=1)
    maker.probabilities("")
    maker.grid()
    if resumed:
        find_replay(maker, 1).grid()


def try_file(number: int, folder: Path, seconds: float) -> tuple[str, str]:
    """Change a file and use it: what it was, and what came of it."""
    import torch

    from makemore.display import visible
    from makemore.errors import MakemoreWarning, UserError

    chance = random.Random(number)
    model, other = chance.choice(MODELS), chance.choice(MODELS)
    run = folder / f"used-{os.getpid()}" / "run"
    whole, resumed = folder / "runs" / model, number % 100 == 0
    shutil.rmtree(run.parent, ignore_errors=True)
    if resumed:
        shutil.copytree(whole, run)
    else:
        run.mkdir(parents=True)
        for name in ("best.safetensors", "config.toml", "metrics.jsonl"):
            shutil.copyfile(whole / name, run / name)
    checkpoint: dict[str, Change] = {
        "bytes": change_bytes,
        "cut off": cut_off,
        "two in one": splice,
        "header": change_header(folder),
        "metadata": change_metadata(folder),
        "tensors": change_tensors,
    }
    kind = chance.choice([*checkpoint, "metadata", "config.toml", "metrics.jsonl"])
    if kind in checkpoint:
        name = "last.safetensors" if resumed else "best.safetensors"
        change = checkpoint[kind]
    else:
        name = kind
        change = {"config.toml": change_toml, "metrics.jsonl": change_log}[kind](folder)
        change = chance.choice([change, change, change_bytes, cut_off])
    if kind == "config.toml":
        for path in run.glob("*.safetensors"):
            path.unlink()
    contents = [(folder / "runs" / one / name).read_bytes() for one in (model, other)]
    torch.manual_seed(number)
    (run / name).write_bytes(change(chance, *contents))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", MakemoreWarning)
            use(run, resumed)
        found = "used"
    except UserError as error:
        found, said = "refused", str(error)
        if not (said.strip() and visible(said).replace(" ", "").isprintable()):
            found = f"a sentence that is none: {said!r}"
    except BaseException:  # whatever it is, it is what is looked for
        found = traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    if grown > MOST_MEMORY:
        found = f"it took {grown / MEBIBYTE:,.0f} MiB"
    if (folder / "ran").exists():
        (folder / "ran").unlink()
        found = "its code has run"
    if looked := seen.copy():
        seen.clear()
        if found in ("used", "refused") and not resumed:
            found = f"it looked into {', '.join(looked)}"
    return kind, found


seen: set[str] = set()


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Note each look into what a run may only name."""
    if event == "open" and str(arguments[0]).endswith(FORBIDDEN):
        seen.add(str(arguments[0]))


def try_share(folder: Path, numbers: range, seconds: float) -> dict[str, Any]:
    """Try some files in this process."""
    import torch

    from makemore.errors import MakemoreWarning

    torch.set_num_threads(1)
    os.environ["XDG_STATE_HOME"] = str(folder / "another")  # of a user who has trained none of it

    def stop(*_: object) -> None:
        raise TooLongError(f"it took more than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    sys.addaudithook(watch)
    warnings.simplefilter("ignore", MakemoreWarning)
    for model in MODELS:  # what is imported late is imported now
        shutil.copytree(folder / "runs" / model, folder / f"used-{os.getpid()}" / model)
        use(folder / f"used-{os.getpid()}" / model, model == "mlp")
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 8 * MOST_MEMORY,) * 2)
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts: Counter[str] = Counter()
    failures: dict[int, str] = {}
    for number in numbers:
        kind, found = try_file(number, folder, seconds)
        good = found in ("used", "refused")
        counts[f"{kind}/{found if good else 'failed'}"] += 1
        if not good:
            failures[number] = found
    shutil.rmtree(folder / f"used-{os.getpid()}", ignore_errors=True)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) / 1024
    return {"counts": counts, "failures": failures, "grown": grown}


def main() -> None:
    """Print the table, and each failure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1000, help="how many; 1000 unless given")
    parser.add_argument("--first", type=int, default=0, help="number of the first; 0 unless given")
    parser.add_argument("--processes", type=int, default=2, help="side by side; 2 unless given")
    parser.add_argument("--seconds", type=float, default=30, help="for a file; 30 unless given")
    parser.add_argument("--only", type=int, help="the number of one file, to see it again")
    parser.add_argument("--share", nargs=3, help=argparse.SUPPRESS)  # folder, first, step
    arguments = parser.parse_args()
    if arguments.share:
        folder, first, step = Path(arguments.share[0]), *map(int, arguments.share[1:])
        found = try_share(
            folder, range(first, arguments.first + arguments.files, step), arguments.seconds
        )
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        train_all(folder)
        start = time.perf_counter()
        first, files, processes = arguments.first, arguments.files, arguments.processes
        if arguments.only is not None:
            first, files, processes = arguments.only, 1, 1
        shares = [(first + number, processes) for number in range(processes)]
        told = ["--first", str(first), "--files", str(files)]
        told += ["--seconds", str(arguments.seconds), "--share", str(folder)]
        command = [sys.executable, __file__, *told]
        processes = [
            subprocess.Popen([*command, str(first), str(step)], stdout=subprocess.PIPE, text=True)
            for first, step in shares
        ]
        results = []
        for process in processes:
            out, _ = process.communicate()
            if process.returncode:
                sys.exit(f"a process ended with status {process.returncode}")
            results.append(json.loads(out))
        taken = time.perf_counter() - start
    counts: Counter[str] = sum((Counter(one["counts"]) for one in results), Counter())
    print("| changed | files | used | refused | failed |\n|---|---|---|---|---|")
    kinds = sorted({name.partition("/")[0] for name in counts})
    for kind in kinds:
        used, refused, failed = (counts[f"{kind}/{x}"] for x in ("used", "refused", "failed"))
        print(f"| {kind} | {used + refused + failed:,} | {used:,} | {refused:,} | {failed:,} |")
    sums = [
        sum(n for k, n in counts.items() if k.endswith("/" + x))
        for x in ("used", "refused", "failed")
    ]
    print(f"| all | {sum(sums):,} | {sums[0]:,} | {sums[1]:,} | {sums[2]:,} |")
    grown = max(one["grown"] for one in results)
    print(f"\n{taken:,.0f} s in {len(shares)} processes, which grew by {grown:,.0f} MiB at most.")
    for one in results:
        for number, found in one["failures"].items():
            print(f"\n{number}: {found}")
    sys.exit(1 if sums[2] else 0)


if __name__ == "__main__":
    main()
