"""Several processes train as one: the same batches, the same steps, one that writes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from makemore.compute.processes import ALONE, Processes
from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.training.learner import Learner
from tests.helpers import small_config

CPU = torch.device("cpu")

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
    start = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(n), "-m"]
    return [sys.executable, "-m", *(start if n > 1 else []), "makemore", "train", *arguments]


def train(folder: Path, n: int, *arguments: str) -> Path:
    """Train by n processes in a folder, and give the directory of the run."""
    found = subprocess.run(
        command(n, "--out", "run", *arguments),
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.count("val loss") == 1, "one process speaks"
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


@pytest.mark.parametrize(
    ("model", "tags", "more"),
    [
        ("transformer", ["loss/train", "loss/val", "gradient_norm"], []),
        pytest.param(
            "mlp",
            ["loss/train", "loss/val", "loss/val_error"],
            ["--eval-predictions", "2000"],
            marks=pytest.mark.campaign,
        ),
    ],
)
def test_two_processes_lose_what_one_loses(
    tmp_path: Path, model: str, tags: list[str], more: list[str]
) -> None:
    folders = [tmp_path / str(n) for n in (1, 2)]
    for folder in folders:
        folder.mkdir()
    one, two = (
        train(folder, n, *SETTINGS, "--model", model, *more) for n, folder in enumerate(folders, 1)
    )
    for tag in tags:
        found, expected = losses(two, tag), losses(one, tag)
        assert found
        assert found[0] == pytest.approx(expected[0], abs=1e-6)
        assert found == pytest.approx(expected, abs=2e-4)  # what is rounded grows from step to step
    weights = load_file(two / "last.safetensors")
    for name, tensor in load_file(one / "last.safetensors").items():
        if "random" not in name:
            torch.testing.assert_close(weights[name], tensor, atol=2e-3, rtol=2e-2)


def test_a_process_that_dies_ends_all_and_the_run_goes_on_with_another_number(
    tmp_path: Path,
) -> None:
    """Rank 1 kills itself; the other one says what that means; one process, then two, go on."""
    watched = subprocess.Popen(
        command(2, "--out", "run", *SETTINGS, "--max-steps", "100000"),
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watched.stdout is not None
    for line in watched.stdout:
        if line.startswith("step 6/"):
            break
    children = Path(f"/proc/{watched.pid}/task/{watched.pid}/children").read_text().split()
    ranks = {rank_of(pid): int(pid) for pid in children}
    os.kill(ranks["1"], signal.SIGKILL)
    _, said = watched.communicate(timeout=60)
    assert watched.returncode != 0
    assert "Process 1 of 2 has lost the others" in said or "SIGTERM" in said
    assert (tmp_path / "run" / "last.safetensors").exists()

    steps = losses(tmp_path / "run", "step")
    more = ["--max-steps", str(int(steps[-1]) + 12)]
    train(tmp_path, 1, "--resume", *more)
    more = ["--max-steps", str(int(steps[-1]) + 24)]
    run = train(tmp_path, 2, "--resume", *more)
    steps = losses(run, "loss/train")
    assert len(steps) == int(more[1])


def rank_of(pid: str) -> str | None:
    """Read the rank of a process that torchrun has started."""
    pairs = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair).get("RANK")


def test_a_model_that_normalises_over_the_batch_is_refused(corpus: Corpus) -> None:
    for settings in ({"model": "wavenet"}, {"model": "mlp", "norm": "batch"}):
        name = settings.pop("model")
        with pytest.raises(UserError, match="give it --norm layer"):
            Learner(small_config(name, **settings), corpus, CPU, processes=Processes(0, 2))
    assert Learner(small_config("mlp"), corpus, CPU).model.separable
