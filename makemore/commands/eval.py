"""`makemore eval`."""

import json

import typer

from makemore.commands.flags import DataOption, DeviceOption, JsonOption, RunOption, SplitOption
from makemore.commands.messages import reports_errors
from makemore.errors import UsageError


@reports_errors
def evaluate(
    run: RunOption = None,
    split: SplitOption = None,
    data: DataOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Measure a trained model: exact losses over whole splits, or over another file."""
    if split and data:
        raise UsageError("--split is a part of the run's own data: leave it out with --data.")
    from makemore import api
    from makemore.commands import console

    maker = api.load(run, device)
    found = maker.evaluate(split, data)
    if as_json:
        typer.echo(json.dumps({"checkpoint": str(maker.path), "splits": found.figures()}))
    else:
        console.say(f"{maker.path}: {maker.config.name}, step {maker.step:,}")
        console.show(found)
