"""Write `docs/commands.md`, every command's help, from the commands themselves.

    python docs/commands.py

A test fails where the page is stale.
"""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from typer.models import ArgumentInfo, OptionInfo

from makemore.commands import app

PAGE = Path(__file__).with_suffix(".md")
HEAD = """\
# The commands

What `makemore COMMAND --help` shows, on one page. It is written by `python docs/commands.py`.

A setting of `train` is a flag here, a line in a TOML file for `--config`, and a keyword of
`makemore.train` ([python.md](python.md)): `--n-embd 64`, `n_embd = 64`, `n_embd=64`. `check`,
`explain` and `lr-range` take the same flags, `compare` those of data and training but for `--from`.
"""
KINDS = {str: "text", int: "whole number", float: "number", Path: "path"}


def page() -> str:
    """Write the page."""
    parts = [HEAD]
    told: set[str] = set()  # the settings, which stand below the first command that has them
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        parts += [f"## makemore {name}\n", f"{inspect.getdoc(command.callback)}\n"]
        for panel, rows in panels(command.callback).items():
            if panel and told.issuperset(rows):
                continue
            if panel:
                told.update(rows)
                parts.append(f"**{panel}**\n")
            parts.append("| option | what it does |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def panels(command: Callable[..., Any]) -> dict[str, list[str]]:
    """Give a row for each option of a command, by the panel that they stand in."""
    found: dict[str, list[str]] = {}
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        kind, option = get_args(parameter.annotation)
        assert isinstance(option, OptionInfo | ArgumentInfo)
        # in an annotation the first spelling stands where a default value would
        given = [option.default, *(option.param_decls or ())]
        spellings = [one for text in given if isinstance(text, str) for one in text.split("/")]
        if isinstance(option, ArgumentInfo):
            spellings = [parameter.name.upper()]
        spellings = spellings or [f"--{parameter.name.replace('_', '-')}"]
        left = [", ".join(f"`{spelling}`" for spelling in spellings), *values(kind)]
        right = [*help_of(option, parameter.default)]
        row = f"| {' '.join(left)} | {' '.join(right)} |"
        found.setdefault(option.rich_help_panel or "", []).append(row)
    return found


def values(kind: Any) -> Iterator[str]:
    """Say what an option takes: one of some words, or a kind of value; a flag takes nothing."""
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (part for part in get_args(kind) if part is not NoneType)
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is list:
        (kind,) = get_args(kind)
    if get_origin(kind) is Literal:
        yield " or ".join(f"`{choice}`" for choice in get_args(kind))
    elif kind is not bool:
        yield KINDS[kind]


def help_of(option: OptionInfo | ArgumentInfo, default: object) -> Iterator[str]:
    """Give the help of an option, and its default where the help doesn't tell it."""
    yield str(option.help).replace("\\[", "[").replace("|", "\\|").replace("<", "\\<")
    if isinstance(option.show_default, str):
        yield f"[default: {option.show_default}]".replace("<", "\\<")
    elif default not in (None, "", False):
        yield f"[default: {default}]"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
