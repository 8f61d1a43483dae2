"""What several tests share: documents, tables spelled out, models with random weights, runs."""

import json
import os
import pty
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor
from typer.testing import Result

from makemore.config import Config
from makemore.contexts.prefixes import PrefixTable
from makemore.contexts.tables import Table
from makemore.contexts.windows import WindowTable
from makemore.corpus.documents import Lines
from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.models import ARCHITECTURES, build_model
from makemore.models.base import Model
from makemore.models.bigram import Bigram
from makemore.models.mlp import MLP
from makemore.models.settings import BigramSettings
from makemore.models.wavenet import WaveNet
from makemore.models.window import WindowModel
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.progress import Progress
from makemore.runs.run import Run
from makemore.runs.run_recorder import RunRecorder
from makemore.sampling.samples import Sample
from makemore.training.learner import Learner
from makemore.training.loop import train

Runner = Callable[..., Result]
Count = Counter[tuple[tuple[int, ...], int]]
"""How often each context is followed by each character."""
PYTHON = [sys.executable, "-m", "makemore"]
CONFIG_FOLDER = Path(__file__).parent.parent / "configs"
PLAY = (
    "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\n" * 9
)
"""The beginning of a play, as one long text."""
mixed_documents = st.lists(st.text("abcé漢🙂", min_size=1, max_size=9), min_size=1, max_size=9)
"""Lists of documents with an accent, a Chinese character and an emoji among their letters."""
few_characters = st.lists(st.text("ab", min_size=1, max_size=7), min_size=1, max_size=12)
"""Lists of documents that share many beginnings."""
many_characters = st.lists(
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4F80), min_size=1, max_size=6),
    min_size=1,
    max_size=12,
)
"""Lists of documents that hardly ever share a character."""
SMALL: dict[str, dict[str, Any]] = {
    "bigram": {"fit": "gradient"},
    "transformer": {"n_layer": 2, "n_embd": 16, "dropout": 0.2},
}
"""Settings of some models in `small_config`."""


def start_makemore(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    return subprocess.Popen(
        [*PYTHON, *arguments],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def in_terminal(*arguments: str, cwd: Path) -> str:
    """Run a command in a terminal of its own, and give what it has shown, without the colours."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen([*PYTHON, *arguments], cwd=cwd, stdout=follower, env=environment)
    os.close(follower)
    shown = b"".join(_read(leader)).decode()
    assert process.wait() == 0
    assert "\x1b[" in shown
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)


def _read(terminal: int) -> Iterator[bytes]:
    try:
        while block := os.read(terminal, 4096):
            yield block
    except OSError:  # a terminal ends so on Linux
        os.close(terminal)


def contexts_of(table: Table) -> list[tuple[int, ...]]:
    """Spell out the context of each row of a table."""
    if isinstance(table, WindowTable):
        return [tuple(context) for context in table.contexts.tolist()]
    assert isinstance(table, PrefixTable)
    contexts: list[tuple[int, ...]] = []
    for token, parent in zip(table.tokens.tolist(), table.parents.tolist(), strict=True):
        contexts.append((*(contexts[parent] if parent >= 0 else ()), token))
    return contexts


def count_of(table: Table) -> Count:
    """Count each context and the character after it, and see that the table is in order."""
    contexts = contexts_of(table)
    assert len(set(contexts)) == len(contexts), "a context stands in two rows"
    rows, targets, counts = table.rows.tolist(), table.targets.tolist(), table.counts.tolist()
    assert rows == sorted(rows)
    assert table.predictions == sum(counts)
    return Counter({(contexts[r], t): n for r, t, n in zip(rows, targets, counts, strict=True)})


def random_documents(vocab_size: int, n: int = 40) -> Lines:
    """Make documents of random characters."""
    random = np.random.default_rng(0)
    lengths = random.integers(1, 9, size=n)
    ids = random.integers(1, vocab_size, size=lengths.sum()).astype(np.int32)
    return Lines(ids, np.concatenate([[0], np.cumsum(lengths)]))


def random_model(name: str, vocab_size: int, longest: int = 15, **settings: object) -> Model:
    """Build a registered model whose every weight is random, so that no zero hides a mistake."""
    chosen = ARCHITECTURES[name](**settings).resolve(longest)
    torch.manual_seed(1)
    model = build_model(name, chosen, vocab_size)
    if model.closed_form:
        model.prepare(random_documents(vocab_size), random_documents(vocab_size, 3))
    with torch.no_grad():
        for parameter in model.parameters():
            # no larger in a wide matrix, where a recurrence would blow rounding up
            scale = min(0.2, parameter.shape[-1] ** -0.5)
            parameter.add_(scale * torch.randn_like(parameter))
        for buffer_name, buffer in model.named_buffers():
            if "running" in buffer_name:  # of batch normalisation
                buffer.mul_(0.5 + torch.rand_like(buffer)).add_(0.2 * torch.rand_like(buffer))
    return model.eval()


def write_file(path: Path, content: str | bytes) -> Path:
    """Write a file, and give its path."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def encode_spread(documents: list[str]) -> tuple[Lines, int]:
    """Encode documents, and give the size of their vocabulary; ids of many characters pass 255."""
    vocabulary = Vocabulary("".join(sorted(set("".join(documents)))))
    # ids spread out, so that they also pass 255, where a byte no longer holds one
    spread = 1 if documents[0] < "一" else 97
    encoded = vocabulary.encode_lines(documents)
    return Lines(encoded.ids * spread, encoded.offsets), len(vocabulary) * spread


def predictions_in(documents: Lines) -> list[tuple[list[int], int, int]]:
    """All tokens of a document, a position and the token after it, one prediction after another."""
    found = []
    for start, end in zip(documents.offsets[:-1], documents.offsets[1:], strict=True):
        tokens = [BOUNDARY, *documents.ids[start:end].tolist()]
        for position in range(len(tokens)):
            target = tokens[position + 1] if position + 1 < len(tokens) else BOUNDARY
            found.append((tokens, position, target))
    return found


def count_prefixes(documents: Lines, block_size: int | None) -> Count:
    """Count each prefix and the character after it, one prediction after another."""
    counted: Count = Counter()
    for tokens, position, target in predictions_in(documents):
        start = 0
        if block_size is not None and position >= block_size:
            half = max(1, block_size // 2)
            start = ((position - block_size) // half + 1) * half
            assert half <= position - start + 1 <= block_size
        counted[tuple(tokens[start : position + 1]), target] += 1
    return counted


def pair_counts(documents: Sequence[str], vocabulary: Vocabulary) -> Tensor:
    """Count each pair of characters, from one boundary to the other: (V, V)."""
    counts = torch.zeros(len(vocabulary), len(vocabulary), dtype=torch.float64)
    for document in documents:
        ids = [BOUNDARY, *vocabulary.encode(document), BOUNDARY]
        for one, other in pairwise(ids):
            counts[one, other] += 1
    return counts


def fit_bigram(train: Sequence[str], val: Sequence[str], **settings: Any) -> Bigram:
    """Fit a bigram to documents, whose characters are its vocabulary."""
    vocabulary = Vocabulary("".join(sorted(set("".join([*train, *val])))))
    model = Bigram(len(vocabulary), BigramSettings(**settings))
    model.prepare(vocabulary.encode_lines(train), vocabulary.encode_lines(val))
    return model


def plain_predictions(model: WindowModel, windows: Tensor) -> Tensor:
    """The lecture's stack of layers, every row by itself: (N, block_size) -> (N, V)."""
    if isinstance(model, MLP):
        return model.predict(windows)
    assert isinstance(model, WaveNet)
    x = model.embedding(windows)  # (N, block_size, n_embd)
    for fuse in model.layers:
        x = x.reshape(len(x), x.shape[1] // 2, -1)  # FlattenConsecutive(2)
        x = torch.tanh(fuse.norm(fuse.linear(x)))  # type: ignore[operator]
    logits: Tensor = model.output(x[:, 0])
    return logits


def chi_square_p(observed: Tensor, expected: Tensor, degrees: int) -> float:
    """Probability of a chi-square statistic at least as large, were the draws from `expected`."""
    statistic = ((observed - expected) ** 2 / expected).sum()
    half = torch.tensor(degrees / 2, dtype=torch.float64)
    return float(torch.special.gammaincc(half, statistic / 2))


def with_ends(samples: Iterable[Sample]) -> list[tuple[str, bool]]:
    """Give all that a sample says, where two are compared: as a string it is but its text."""
    return [(one, one.finished) for one in samples]


def small_config(model: str, **settings: Any) -> Config:
    """Make a config of a few quick steps."""
    values = {"model": model, **SMALL.get(model, {}), "batch_size": 32, "max_steps": 24}
    values |= {"eval_interval": 5, "log_interval": 4, "warmup_steps": 3, **settings}
    return Config.from_values(values).resolve(15)


def run_training(
    config: Config, corpus: Corpus, run: Run, stop_after: int | None = None
) -> Progress:
    """Train from the run's last checkpoint, if there is one, until some step."""
    resumed = Checkpoint.load(run.last) if run.last.exists() else None
    learner = Learner(config, corpus, torch.device("cpu"), resumed)
    seen: list[int] = []
    train(
        learner,
        RunRecorder(run),
        watch=lambda progress: seen.append(progress.step),
        should_stop=lambda: bool(seen) and seen[-1] == stop_after,
    )
    return learner.progress


def assert_same_weights(one: Run, other: Run) -> None:
    """Compare the checkpoints of two runs bit for bit."""
    for name in ("last.safetensors", "best.safetensors"):
        first, second = load_file(one.directory / name), load_file(other.directory / name)
        assert first.keys() == second.keys()
        for key in first:
            assert torch.equal(first[key], second[key]), (name, key)


def metrics_of(run: Run) -> list[dict[str, float]]:
    """Read the logged numbers of a run, without those that a clock has measured."""
    lines = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    for line in lines:
        line.pop("characters_per_second", None)
        line.pop("seconds", None)
    return lines


def measured_losses(run_makemore: Runner, run: str) -> list[float]:
    """Measure a run by command: its losses on train, val and test."""
    measured = json.loads(run_makemore("eval", "--run", run, "--json").stdout)["splits"]
    return [measured[split]["loss"] for split in ("train", "val", "test")]
