"""`makemore lr-range`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.runs.settings import read_settings

StepsOption = Annotated[int, typer.Option("--steps", min=50, max=10**6, help="Steps of the sweep.")]
PlotOption = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Also draw the curve, as FILE.png or FILE.svg."),
]


@flags.with_setting_flags
@reports_errors
def lr_range(
    model: flags.ModelOption = None,
    config: flags.ConfigOption = None,
    steps: StepsOption = 200,
    plot: PlotOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
    **settings: Any,
) -> None:
    """Find a learning rate: raise it at every step of a fresh model, and watch the loss."""
    from makemore.pictures.figure import kind_of

    if model is not None:
        settings["model"] = model
    if plot is not None:
        kind_of(plot)
    wanted = read_settings(config, settings, trusted=trust)  # refused before torch is imported

    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.api import lr_range as api
    from makemore.commands import console
    from makemore.pictures.lr_range import to_text

    found = api.lr_range_config(wanted, steps, plot=plot, show=not as_json)
    if as_json:
        console.print_json(found.figures())
        return
    console.say(f"\n{to_text(found, min(console.console.width, 80))}\n")
    console.show(found)
    console.say(f"\n{found.why}")
