"""`makemore replay`."""

from pathlib import Path
from typing import Annotated

import typer

from makemore.commands import flags
from makemore.commands.completion import complete_run
from makemore.commands.messages import reports_errors

RunArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[RUN]",
        help="Run directory, or its name under runs/.",
        autocompletion=complete_run,
        show_default="the newest run",
    ),
]
CountOption = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--num-samples",
        min=1,
        max=10_000,
        help="How many samples.",
        show_default="as many as fit side by side; 1 of a text",
    ),
]
SeedOption = Annotated[
    int, typer.Option(min=0, max=2**63 - 1, help="Of the random numbers that all steps share.")
]


@reports_errors
def replay(
    run: RunArgument = None,
    n: CountOption = None,
    seed: SeedOption = 0,
    device: flags.DeviceOption = "auto",
    model: flags.OwnModelOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
) -> None:
    """Watch a run learn: what the same random numbers draw at every checkpoint that it kept."""
    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.api import report as api
    from makemore.commands import console

    found = api.replay(run, n, seed=seed, device=device, model=model, trust=trust)
    if as_json:
        console.print_json(found.figures())
    else:
        console.show_replay(found)
