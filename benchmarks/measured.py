"""Training as a user does it, by the commands: what the tables of the other files are made of."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from side_by_side import MAKEMORE, run

from makemore.runs.checkpoint import Checkpoint


@dataclass(frozen=True)
class Measured:
    """What a run has reached.

    Attributes:
        losses: exact, of the best checkpoint, by split, nats a character.
        parameters: of the model.
        seconds: of training, with its validations and checkpoints.
    """

    losses: dict[str, float]
    parameters: int
    seconds: float


def measure(*flags: str, splits: tuple[str, ...] = ("train", "val", "test")) -> Measured:
    """Run `makemore train` with these flags, then `makemore eval` on each of the splits."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        call("train", *flags, "--out", str(run))
        losses = {}
        for split in splits:
            shown = call("eval", "--run", str(run), "--split", split, "--json")
            losses[split] = json.loads(shown)["splits"][split]["loss"]
        last = Checkpoint.load(run / "last.safetensors")
        parameters = last.build(torch.device("cpu")).n_parameters
        return Measured(losses, parameters, last.progress.seconds)


def call(*arguments: str) -> str:
    """Run a command to its end, and give what it has printed; its errors are shown."""
    return run([*MAKEMORE, *arguments]).output
