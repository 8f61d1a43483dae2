"""`makemore train`."""

import signal
from typing import Any

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.compute import torchrun
from makemore.errors import UsageError
from makemore.runs.settings import read_settings
from makemore.signals import SIGNALS


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
    from makemore.training.status import StatusLine
    from makemore.training.summary import summarise

    show, should_stop = not as_json, SIGNALS.should_stop
    if wanted is None:
        maker = api.resume(out, trust=trust, show=show, should_stop=should_stop, **settings)
    else:
        maker = api.train_config(wanted, out or True, show=show, should_stop=should_stop)
    stopped = should_stop() or not maker.progress.finished
    if torchrun.rank() > 0:  # the first process writes and speaks
        raise typer.Exit(128 + signal.SIGTERM if stopped else 0)
    with StatusLine(transient=True) as status:
        tell = status.tell if show else lambda what, share: None
        summary = None if stopped else summarise(maker, tell=tell)
    if as_json:
        figures = summary.figures() if summary else {}
        console.print_json({"run": str(maker.run), "step": maker.progress.step, **figures})
    elif summary is not None:
        console.show_run(maker, summary)
    else:
        console.show_stop(maker)
    if stopped and not should_stop():  # another process was asked
        raise typer.Exit(128 + signal.SIGTERM)
