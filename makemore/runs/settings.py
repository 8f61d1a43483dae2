"""The settings of a new run, over those of the run that it starts from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from makemore.config import Config, read_config


def read_settings(file: Path | None, flags: Mapping[str, Any], *, trusted: bool = False) -> Config:
    """Read a config as `read_config` does, over the settings of the run that `init_from` names.

    Raises:
        UserError: a file can't be read, or the file of settings holds a wrong one.
        UsageError: a flag is wrong.
    """
    return read_config(file, flags, trusted=trusted, start=_settings_of)


def _settings_of(run: str) -> dict[str, Any]:
    """Find what a new run takes over: not where the other's data was, nor how long its places."""
    # and torch with it, which nothing needs without a start
    from makemore.runs.checkpoint import Checkpoint
    from makemore.runs.run import find_checkpoint

    path = find_checkpoint(Path(run))
    checkpoint = Checkpoint.load(path)
    config = checkpoint.config
    kept = config.data.model_dump(
        include={"format", "separator", "keep_blanks"}
    ) | config.architecture.model_dump(exclude_none=True)
    training = config.training.model_dump(mode="json", exclude_none=True)
    unset = {name: value for name, value in kept.items() if name != "block_size"}
    by_default = Config.from_values({"model": config.model} | unset).resolve(checkpoint.longest)
    if by_default.architecture == config.architecture:
        kept = unset  # the block is as long as the longest document: let it grow with the new ones
    return {"model": config.model} | kept | training | {"init_from": str(path.absolute())}
