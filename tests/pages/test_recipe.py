"""The command that is printed makes the same run."""

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from makemore.commands import app
from makemore.config import Config
from makemore.models import ARCHITECTURES
from makemore.pages.recipe import command_of
from makemore.runs import settings as run_settings

KINDS: list[dict[str, Any]] = [
    *({"model": name} for name in ARCHITECTURES),
    *({"model": name, "format": "text"} for name in ("mlp", "transformer", "bigram")),
    {"model": "mlp", "epochs": 2.5, "n_embd": 7, "seed": 3},
    {"model": "mlp", "optimizer": "sgd", "decay": "step", "drop_at": 0.75},
    {"model": "mlp", "optimizer": "sgd", "learning_rate": 0.02},
    {"model": "mlp", "optimizer": "muon", "learning_rate": 0.5, "split": [0.5, 0.25, 0.25]},
    {"model": "transformer", "norm_gain": False, "dropout": 0.25, "block_size": 9},
    {"model": "bigram", "fit": "gradient", "keep_blanks": True, "separator": "blank"},
    {"model": "gru", "data": ["a b.txt", "c&d.txt"], "val_data": "v.txt", "column": "first name"},
]


@pytest.mark.parametrize("values", KINDS, ids=str)
def test_the_command_has_the_settings_of_the_run(
    values: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = Config.from_values(values).resolve(15)
    read: list[Config] = []

    def take(*arguments: Any, **options: Any) -> Config:
        read.append(run_settings.read_settings(*arguments, **options))
        raise KeyboardInterrupt  # before it trains

    monkeypatch.setattr(sys.modules["makemore.commands.train"], "read_settings", take)
    words = shlex.split(command_of(wanted, 15))
    assert words[0] == "makemore"
    CliRunner().invoke(app, words[1:])
    assert read[0].resolve(15) == wanted


def test_what_is_by_default_is_left_out() -> None:
    wanted = Config.from_values({"model": "mlp", "max_steps": 77, "keep_checkpoints": 3})
    assert command_of(wanted.resolve(15), 15) == "makemore train --model mlp --max-steps 77"
