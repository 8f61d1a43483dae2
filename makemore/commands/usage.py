"""A command line that can't be read is one sentence too, whatever the width of the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from makemore.commands.messages import say
from makemore.errors import UsageError

WRONG: type[Exception] = typer.BadParameter.__mro__[1]
"""What click raises for every wrong usage; each version of Typer keeps it in another place."""


class Commands(TyperGroup):
    """Commands whose usage errors are said as all others are."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what stands before the command; without any word, show the help."""
        if not args:
            return super().parse_args(ctx, args)
        with _saying_what_is_wrong(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _saying_what_is_wrong(ctx):
            return super().invoke(ctx)


@contextmanager
def _saying_what_is_wrong(ctx: Any) -> Iterator[None]:
    try:
        yield
    except WRONG as error:
        wrong: Any = error
        command = " ".join(filter(None, [ctx.command_path, ctx.invoked_subcommand]))
        sentence = wrong.format_message().replace("Value error, ", "")
        end = "" if sentence.endswith((".", "?")) else "."
        say(f"{sentence}{end} See `{command} --help`.")
        raise typer.Exit(UsageError.exit_status) from error
