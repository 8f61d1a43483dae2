"""`makemore train`."""

import json
import shlex
from typing import Any

import typer

from makemore.commands.flags import (
    ConfigOption,
    JsonOption,
    ModelOption,
    OutOption,
    ResumeOption,
    with_setting_flags,
)
from makemore.commands.messages import reports_errors
from makemore.commands.signals import stop_on_signals
from makemore.config import read_config
from makemore.errors import UsageError


@with_setting_flags
@reports_errors
def train(
    model: ModelOption = None,
    out: OutOption = None,
    resume: ResumeOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    **settings: Any,
) -> None:
    """Train a model on a text file, one document a line or one long text, and make more."""
    if model is not None:
        settings["model"] = model
    if resume and config is not None:
        raise UsageError("--resume goes on with the run's own settings: leave out --config.")
    wanted = None if resume else read_config(config, settings)  # refused before torch is imported

    from makemore import api
    from makemore.commands import console
    from makemore.training.summary import summarise

    with stop_on_signals() as stop:
        if wanted is None:
            maker = api.resume(out, show=not as_json, should_stop=stop, **settings)
        else:
            maker = api.train_config(wanted, out or True, show=not as_json, should_stop=stop)
    assert maker.path is not None, "a command trains a run"
    run, progress = maker.path.parent, maker.progress
    if progress.finished:
        summary = summarise(maker)
        if not as_json:
            console.show_run(maker, summary, run)
        figures = summary.figures()
    else:
        figures = {}
        if not as_json:
            console.say(f"\nStopped at step {progress.step:,}; all is saved. Go on with:")
            console.say(f"makemore train --resume --out {shlex.quote(str(run))}", "bold")
    if as_json:
        typer.echo(json.dumps({"run": str(run), "step": progress.step, **figures}))
    if not progress.finished:
        raise typer.Exit(128 + (stop.signal or 0))
