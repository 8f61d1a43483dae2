"""`makemore check`."""

from typing import Any

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.errors import UsageError
from makemore.runs.settings import read_settings


@flags.with_setting_flags
@reports_errors
def check(
    model: flags.ModelOption = None,
    run: flags.ExplainedRunOption = None,
    config: flags.ConfigOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
    **settings: Any,
) -> None:
    """Look for the most common mistakes in a model and its training, on real data, in seconds."""
    settings |= {} if model is None else {"model": model}
    where_it_is = {"device", "data"} | ({"model"} if ".py:" in (model or "") else set())
    if run and (config or settings.keys() - where_it_is):
        raise UsageError("--run has settings of its own: leave out --config and those given here.")
    # refused before torch is imported
    wanted = None if run else read_settings(config, settings, trusted=trust)

    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.api import check as api
    from makemore.commands import console

    found = api.check_config(wanted) if wanted else api.check(run=run, trust=trust, **settings)
    if as_json:
        console.print_json(found.figures())
    else:
        console.say(f"{found.read}\n")
        console.show(found)
        console.say(f"\n{found.summary()}")
    if not found.healthy:
        raise typer.Exit(1)
