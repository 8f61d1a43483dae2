"""`makemore check`."""

from typing import Any

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.config import read_config
from makemore.errors import UsageError


@flags.with_setting_flags
@reports_errors
def check(
    model: flags.ModelOption = None,
    run: flags.ExplainedRunOption = None,
    config: flags.ConfigOption = None,
    as_json: flags.JsonOption = False,
    **settings: Any,
) -> None:
    """Look for the most common mistakes in a model and its training, on real data, in seconds."""
    settings |= {} if model is None else {"model": model}
    if run and (config or settings.keys() - {"device"}):
        raise UsageError("--run has settings of its own: leave out --config and those given here.")
    wanted = None if run else read_config(config, settings)  # refused before torch is imported

    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore import api
    from makemore.commands import console

    found = api.check_config(wanted) if wanted else api.check(run=run, **settings)
    if as_json:
        console.print_json(found.figures())
    else:
        console.show(found)
        console.say(f"\n{found.summary()}")
    if not found.healthy:
        raise typer.Exit(1)
