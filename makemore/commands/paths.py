"""No path on the command line is empty: it would be the current folder, in silence."""

import inspect
from pathlib import Path
from typing import Any, get_args

import typer
from typer.core import TyperCommand


class Command(TyperCommand):
    """A command that refuses an empty path, such as that of a shell variable that isn't set."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments.

        Raises:
            typer.BadParameter: a path is empty.
        """
        assert self.callback is not None
        annotations = inspect.signature(self.callback).parameters
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))  # as it was typed
        options: list[Any] = list(self.params)
        for option in options:
            value = given.get(option.name)
            several = value if isinstance(value, list | tuple) else [value]
            if "" in several and _takes_a_path(annotations[option.name].annotation):
                raise typer.BadParameter("A path can't be empty.", ctx=ctx, param=option)
        return super().parse_args(ctx, args)


def _takes_a_path(annotation: Any) -> bool:
    return annotation is Path or any(map(_takes_a_path, get_args(annotation)))
