"""Several processes train as one: the same batches, the same steps, one that writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from makemore.compute.processes import ALONE, Processes

SETTINGS = [
    "--max-steps",
    "12",
    "--batch-size",
    "32",
    "--eval-interval",
    "6",
    "--log-interval",
    "1",
]


def command(n: int, *arguments: str) -> list[str]:
    start = (
        ["torch.distributed.run", "--standalone", "--nproc-per-node", str(n), "-m"] if n > 1 else []
    )
    return [sys.executable, "-m", *start, "makemore", *arguments]


def train(folder: Path, n: int, *arguments: str, steps: int = 12) -> Path:
    """Train by n processes in a folder, and give the directory of the run."""
    found = subprocess.run(
        command(n, "train", "--out", "run", *SETTINGS, *arguments),
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.count("parameters") == 1, "one process speaks"
    return folder / "run"


def losses(run: Path, tag: str) -> list[float]:
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [row[tag] for row in rows if tag in row]


def test_alone_all_is_its_own() -> None:
    assert ALONE.leads
    assert ALONE.share(range(5)) == range(5)
    assert ALONE.add_numbers(1.5, 2.0) == [1.5, 2.0]
    assert [ALONE.agree(asked) for asked in (False, True, False)] == [False, True, False]


@pytest.mark.parametrize("n", [1, 2, 3, 8])
@pytest.mark.parametrize("items", [0, 1, 5, 8, 16])
def test_shares_are_all_items_in_their_order(n: int, items: int) -> None:
    shares = [list(Processes(rank, n).share(range(items))) for rank in range(n)]
    assert [item for share in shares for item in share] == list(range(items))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("model", ["transformer", "mlp"])
def test_two_processes_lose_what_one_loses(tmp_path: Path, model: str) -> None:
    folders = [tmp_path / str(n) for n in (1, 2)]
    for folder in folders:
        folder.mkdir()
    one, two = (train(folder, n, "--model", model) for n, folder in enumerate(folders, 1))
    for tag in ("loss/train", "loss/val", "gradient_norm"):
        assert losses(two, tag) == pytest.approx(losses(one, tag), abs=2e-5)
    weights = load_file(two / "last.safetensors")
    for name, tensor in load_file(one / "last.safetensors").items():
        if not name.startswith("learner.random"):
            torch.testing.assert_close(weights[name], tensor, atol=2e-4, rtol=2e-3)
