"""The command that makes a run again: all settings that differ from their defaults."""

import os
from pathlib import Path
from typing import Any

from makemore.config import FILES, Config, flag
from makemore.shell import quote

LEFT_OUT = {"device", "keep_checkpoints"}
"""Settings that change nothing of what is learned."""


def command_of(config: Config, longest: int) -> str:
    """Spell `makemore train` with the settings that differ from what it takes without them.

    Args:
        config: of the run, resolved.
        longest: length of the longest document of its corpus, in characters.
    """
    values = config.values()
    kind = {"model": config.model, "format": config.data.format}
    deciding = kind | {n: values[n] for n in ("optimizer", "epochs") if n in values}
    defaults = Config.from_values(deciding).resolve(longest).values()
    recipe = Config.from_values(kind).values()
    defaults |= {"format": "lines", "optimizer": recipe["optimizer"], "epochs": None}
    if "init_from" in values:  # its settings stand in for the defaults, so all are spelled
        defaults = {"model": config.model}
    given = {n: v for n, v in values.items() if n not in LEFT_OUT and defaults.get(n) != v}
    flags = [_spell(name, value) for name, value in given.items()]
    return " ".join([f"makemore train --model {_path(config.model)}", *flags])


def _spell(name: str, value: Any) -> str:
    if value is False:
        return "--no-" + flag(name).removeprefix("--")
    if value is True:
        return flag(name)
    if name in FILES or name == "init_from":
        paths = value if isinstance(value, list) else [value]
        return " ".join(f"{flag(name)} {_path(path)}" for path in paths)
    if isinstance(value, list):
        value = ",".join(map(str, value))
    return f"{flag(name)} {quote(str(value))}"


def _path(value: str) -> str:
    """Spell a path from here, where it lies below; the name of an architecture stays as it is."""
    here = Path.cwd()
    inside = Path(value).is_absolute() and Path(value).is_relative_to(here)
    return quote(os.path.relpath(value, here) if inside else value)
