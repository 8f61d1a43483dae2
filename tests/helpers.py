"""What several tests share: models with weights worth testing, tables spelled out, processes."""

import os
import pty
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from typer.testing import Result

from makemore.contexts.prefixes import PrefixTable
from makemore.contexts.tables import Table
from makemore.contexts.windows import WindowTable
from makemore.corpus.documents import Lines
from makemore.models import ARCHITECTURES, build_model
from makemore.models.base import Model

Runner = Callable[..., Result]
Count = Counter[tuple[tuple[int, ...], int]]
"""How often each context is followed by each character."""
PYTHON = [sys.executable, "-m", "makemore"]
CONFIG_FOLDER = Path(__file__).parent.parent / "configs"


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
