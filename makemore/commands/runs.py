"""`makemore runs`."""

from pathlib import Path
from typing import Annotated

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors

FolderArgument = Annotated[
    Path | None, typer.Argument(help="Folder of the runs.", show_default="runs/")
]


@reports_errors
def runs(folder: FolderArgument = None, as_json: flags.JsonOption = False) -> None:
    """List every run, the best first: model, steps, losses, time, and what it was trained on."""
    from makemore.commands import console
    from makemore.runs.listing import list_runs

    found = list_runs(folder)
    if as_json:
        for one in found:
            console.print_json(one.figures())
        return
    console.show(found)
    for one in found:
        if one.error is not None:
            console.say(one.error)
