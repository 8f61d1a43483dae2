"""Train a model, go on with a run, load what was trained: each gives a `Maker`."""

import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from makemore.api.given import read_given, warn_of_the_format
from makemore.compute.conditions import Conditions
from makemore.compute.devices import pick_device
from makemore.compute.processes import processes_of_torchrun
from makemore.compute.randomness import own_random_numbers
from makemore.config import Config
from makemore.corpus.sources import Paths
from makemore.display import visible
from makemore.errors import MakemoreWarning
from makemore.maker import Maker
from makemore.runs.data import remember_corpus
from makemore.runs.new_run import new_run
from makemore.runs.progress import Progress
from makemore.runs.recorder import MemoryRecorder, Recorder
from makemore.runs.run import claimed, find_run, reopen
from makemore.training.learner import Learner
from makemore.training.loop import best_of, not_learned
from makemore.training.loop import train as run_loop
from makemore.training.status import StatusLine


def train(
    data: Paths | None = None,
    *,
    model: str | None = None,
    out: str | Path | bool | None = None,
    config: str | Path | None = None,
    trust: bool = False,
    show: bool = True,
    watch: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    **settings: Any,
) -> Maker:
    """Train a model on text files, one document a line or one long text.

    Args:
        data: a file or a folder, "-" for standard input, or a list of such, read in order; None
            takes the names that come with makemore.
        model: an architecture, or your own: `file.py:ClassName`; None: a transformer.
        out: directory of the run; None writes none, True makes one under `runs/`, named by the time
            and the model.
        config: TOML file with settings; those given here are stronger.
        trust: run the Python file of a model that `config` names, though you have not named it.
        show: show what was read, and a live line.
        watch: called with the progress before the first step and after every step.
        should_stop: asked before every step, and before every table of a validation.
        settings: any other setting by its name: `max_steps=500`, `n_embd=32`, `format="text"`.

    Returns:
        The maker with the weights of the lowest validation loss. What it has logged is its
        `metrics`, how far it has come its `progress`.

    Raises:
        UserError: a file can't be read or written, or the loss diverged; as `StoppedError`,
            `should_stop` said so before there was anything to keep.
        UsageError: a setting that can't be.
    """
    wanted = read_given(data, model, config, trust, settings)
    return train_config(wanted, out, show=show, watch=watch, should_stop=should_stop)


def train_config(
    config: Config,
    out: str | Path | bool | None = None,
    *,
    show: bool = True,
    watch: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Maker:
    """Train as `train` does, where all settings are in one object already."""
    if out:
        from makemore.runs.run_recorder import RunRecorder  # and TensorBoard, before a clock runs
    corpus, device = config.data.load(), pick_device(config.training.device)
    with ExitStack() as stack:
        processes = stack.enter_context(processes_of_torchrun())
        stack.enter_context(own_random_numbers(device))
        learner = Learner(config, corpus, device, processes=processes)
        recorder: Recorder = MemoryRecorder()
        if out and processes.leads:  # made once nothing is left that can be refused
            name = None if out is True else Path(out)
            recorder = RunRecorder(stack.enter_context(new_run(name, config.name)))
        warn_of_the_format(corpus)
        lines = [corpus.describe(), *_of_validation(learner), *_start_of(learner)] if show else []
        return _train(learner, recorder, lines, watch, should_stop)


def resume(
    run: str | Path | None = None,
    *,
    trust: bool = False,
    show: bool = True,
    watch: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    **settings: Any,
) -> Maker:
    """Go on with a run whose training was stopped, or make it longer.

    Args:
        run: its directory, or its name under `runs/`; None: the newest.
        trust: run the Python file that it names, though you have not named it, as it is now.
        show: show what was read, and a live line.
        watch: called with the progress before the first step and after every step.
        should_stop: asked before every step, and before every table of a validation.
        settings: those that may change: max_steps, epochs, eval_interval, log_interval,
            diagnostics, keep_checkpoints, device, deterministic; and model, where the file of your
            own has moved or changed.

    Returns:
        As `train`.

    Raises:
        UserError: there is no such run, it is at its end, its corpus has changed, or as `train`.
        UsageError: a setting would make another run of it.
    """
    from makemore.runs.run_recorder import RunRecorder

    found = find_run(None if run is None else Path(run))
    with ExitStack() as stack:
        processes = stack.enter_context(processes_of_torchrun())
        if processes.leads:  # so that no other process can write a checkpoint now
            stack.enter_context(claimed(found))
        config, checkpoint, corpus = reopen(found, settings, trusted=trust)
        device = pick_device(config.training.device)
        stack.enter_context(own_random_numbers(device))
        learner = Learner(config, corpus, device, checkpoint, processes=processes)
        _warn_of_other_conditions(learner, None if checkpoint is None else checkpoint.conditions)
        recorder: Recorder = RunRecorder(found) if processes.leads else MemoryRecorder()
        resuming = f"resuming {found} at step {learner.progress.step:,}"
        lines = [corpus.describe(), *_of_validation(learner), resuming]
        return _train(learner, recorder, lines if show else [], watch, should_stop)


def _train(
    learner: Learner,
    recorder: Recorder,
    lines: list[str],
    watch: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
) -> Maker:
    """Let a loop run; `lines` come before its live line, and where there are none it is silent.

    Of several processes only the first writes and speaks.
    """
    if not learner.processes.leads:
        lines = []
    remember_corpus(learner.maker.config.data, learner.maker.fingerprint)
    with StatusLine() as status:
        for line in lines:
            status.say(line)

        def follow(progress: Progress) -> None:
            if lines:
                status.update(progress)
            if watch is not None:
                watch(progress)

        def tell(what: str, share: float) -> None:
            if lines:
                status.tell(what, share)

        run_loop(
            learner, recorder, watch=follow, tell=tell, should_stop=should_stop or (lambda: False)
        )
    logged = [row.get("loss/train") for row in recorder.metrics()]
    problem = not_learned(learner, [loss for loss in logged if loss is not None])
    if problem is not None:
        warnings.warn(problem, MakemoreWarning, stacklevel=4)
    return best_of(learner, recorder)


def _warn_of_other_conditions(learner: Learner, before: Conditions | None) -> None:
    """Say where a run goes on that its last bits may be others; an old checkpoint can't tell."""
    difference = before and before.difference(learner.conditions)
    if difference:
        warnings.warn(
            f"The run has been trained with {visible(difference)}: from here on its weights may "
            f"differ by roundings from those of a run that was never interrupted.",
            MakemoreWarning,
            stacklevel=3,
        )


def _of_validation(learner: Learner) -> list[str]:
    """Say in a line how much of the validation split is measured, unless it is all."""
    if learner.validation.subset is None:
        return []
    some, whole = learner.validation.subset.predictions, learner.val_documents.predictions
    return [f"validating on {some:,} of {whole:,} predictions, always the same ones"]


def _start_of(learner: Learner) -> list[str]:
    """Say in a line from which run another starts, if any."""
    start = learner.settings.init_from
    if start is None:
        return []
    new = f"; new to it: {visible(learner.new_characters)}" if learner.new_characters else ""
    return [f"starting from {start}{new}"]


load = Maker.load
