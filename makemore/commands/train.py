"""`makemore train`."""

import signal
from typing import Any

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.commands.signals import stop_on_signals
from makemore.compute import torchrun
from makemore.errors import UsageError
from makemore.runs.settings import read_settings


@flags.with_setting_flags
@reports_errors
def train(
    model: flags.ModelOption = None,
    out: flags.OutOption = None,
    resume: flags.ResumeOption = False,
    config: flags.ConfigOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
    **settings: Any,
) -> None:
    """Train a model on a text file, one document a line or one long text, and make more."""
    if model is not None:
        settings["model"] = model
    if resume and config is not None:
        raise UsageError("--resume goes on with the run's own settings: leave out --config.")
    wanted = (
        None if resume else read_settings(config, settings, trusted=trust)
    )  # refused before torch is imported

    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.api import train as api
    from makemore.commands import console
    from makemore.training.summary import summarise

    with stop_on_signals() as stop:
        if wanted is None:
            maker = api.resume(out, trust=trust, show=not as_json, should_stop=stop, **settings)
        else:
            maker = api.train_config(wanted, out or True, show=not as_json, should_stop=stop)
    finished, first = maker.progress.finished, torchrun.rank() == 0
    summary = summarise(maker) if finished and first else None
    if not first:
        pass
    elif as_json:
        figures = summary.figures() if summary else {}
        console.print_json({"run": str(maker.run), "step": maker.progress.step, **figures})
    elif summary is not None:
        console.show_run(maker, summary)
    else:
        console.show_stop(maker)
    if not finished:
        raise typer.Exit(128 + (stop.signal or signal.SIGTERM))  # another process was asked
