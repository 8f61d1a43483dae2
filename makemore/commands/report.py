"""`makemore report`."""

from pathlib import Path
from typing import Annotated

import typer

from makemore.commands import flags
from makemore.commands.completion import complete_run
from makemore.commands.messages import reports_errors
from makemore.errors import UsageError

RunsArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[RUN]...",
        help="Run directory, its name under runs/, or a .safetensors file; several are compared.",
        autocompletion=complete_run,
        show_default="the newest run",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.html",
        help="File to write.",
        show_default="report.html in the run's directory; here for several runs",
    ),
]


@reports_errors
def report(
    runs: RunsArgument = None,
    out: OutOption = None,
    data: flags.SameDataOption = None,
    device: flags.DeviceOption = "auto",
    model: flags.OwnModelOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
) -> None:
    """Write one HTML page about a run, or several side by side, that needs no other file."""
    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out takes a file like report.html, not {out}.")

    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.api import report as api
    from makemore.commands import console

    found = api.report(runs or None, out=out, data=data, device=device, model=model, trust=trust)
    if as_json:
        console.print_json(found.figures())
    else:
        console.show(found)
