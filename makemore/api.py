"""What `import makemore` offers: train and load a `Maker`; check and compare models."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from makemore.checks.checkup import check_subject
from makemore.checks.finding import Findings
from makemore.checks.subject import Subject
from makemore.comparison import compare as comparing
from makemore.comparison.comparison import Comparison
from makemore.comparison.live import LiveTable
from makemore.comparison.recipes import read_recipes
from makemore.compute.devices import pick_device
from makemore.compute.randomness import own_random_numbers
from makemore.config import Config
from makemore.corpus.splits import Corpus
from makemore.diagnostics.lr_range import STEPS, LearningRateRange, find_lr_range
from makemore.display import visible
from makemore.errors import MakemoreWarning, UsageError
from makemore.maker import Maker
from makemore.pictures.figure import kind_of, save
from makemore.pictures.lr_range import draw
from makemore.runs.progress import Progress
from makemore.runs.recorder import MemoryRecorder, Recorder
from makemore.runs.run import claimed, create_run, find_run, reopen
from makemore.runs.settings import read_settings
from makemore.training.learner import Learner
from makemore.training.loop import best_of
from makemore.training.loop import train as run_loop
from makemore.training.status import StatusLine


def train(
    data: str | Path | None = None,
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
    """Train a model on a text file, one document a line or one long text.

    Args:
        data: the file; None takes the names that come with makemore.
        model: an architecture, or your own: `file.py:ClassName`; None: a transformer.
        out: directory of the run; None writes none, True makes one under `runs/`, named by the time
            and the model.
        config: TOML file with settings; those given here are stronger.
        trust: run the Python file of a model that `config` names, though you have not named it.
        show: show what was read, and a live line.
        watch: called with the progress before the first step and after every step.
        should_stop: asked before every step, and once before all.
        settings: any other setting by its name: `max_steps=500`, `n_embd=32`, `format="text"`.

    Returns:
        The maker with the weights of the lowest validation loss. What it has logged is its
        `metrics`, how far it has come its `progress`.

    Raises:
        UserError: a file can't be read or written, or the loss diverged.
        UsageError: a setting that can't be.
    """
    wanted = _read_settings(data, model, config, trust, settings)
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
        stack.enter_context(own_random_numbers(device))
        learner = Learner(config, corpus, device)
        recorder: Recorder = MemoryRecorder()
        if out:  # made once nothing is left that can be refused
            run = create_run(None if out is True else Path(out), config.name)
            stack.enter_context(claimed(run))
            recorder = RunRecorder(run)
        _hint(corpus)
        lines = [corpus.describe(), *_start_of(learner)] if show else []
        return _train(learner, corpus, recorder, lines, watch, should_stop)


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
        should_stop: asked before every step, and once before all.
        settings: those that may change: max_steps, epochs, eval_interval, log_interval, device;
            and model, where the file of your own has moved or changed.

    Returns:
        As `train`.

    Raises:
        UserError: there is no such run, it is at its end, its corpus has changed, or as `train`.
        UsageError: a setting would make another run of it.
    """
    from makemore.runs.run_recorder import RunRecorder

    found = find_run(None if run is None else Path(run))
    with ExitStack() as stack:
        stack.enter_context(claimed(found))  # so that no other process can write a checkpoint now
        config, checkpoint, corpus = reopen(found, settings, trusted=trust)
        device = pick_device(config.training.device)
        stack.enter_context(own_random_numbers(device))
        learner = Learner(config, corpus, device, checkpoint)
        lines = [corpus.describe(), f"resuming {found} at step {learner.progress.step:,}"]
        return _train(
            learner, corpus, RunRecorder(found), lines if show else [], watch, should_stop
        )


def _train(
    learner: Learner,
    corpus: Corpus,
    recorder: Recorder,
    lines: list[str],
    watch: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
) -> Maker:
    """Let a loop run; `lines` come before its live line, and where there are none it is silent."""
    with StatusLine() as status:
        for line in lines:
            status.say(line)

        def follow(progress: Progress) -> None:
            if lines:
                status.update(progress)
            if watch is not None:
                watch(progress)

        run_loop(learner, recorder, watch=follow, should_stop=should_stop or (lambda: False))
    return best_of(learner, recorder)


def _start_of(learner: Learner) -> list[str]:
    """Say in a line from which run another starts, if any."""
    start = learner.settings.init_from
    if start is None:
        return []
    new = f"; new to it: {visible(learner.new_characters)}" if learner.new_characters else ""
    return [f"starting from {start}{new}"]


def lr_range(
    data: str | Path | None = None,
    *,
    model: str | None = None,
    config: str | Path | None = None,
    steps: int = STEPS,
    plot: str | Path | None = None,
    trust: bool = False,
    show: bool = True,
    **settings: Any,
) -> LearningRateRange:
    """Find a learning rate: raise it at every step of a fresh model, and watch the loss.

    Args:
        data: as in `train`, and so are model, config and the settings.
        model: likewise.
        config: likewise.
        steps: of the sweep, at least 50; fewer where the loss bursts.
        plot: file to draw the curve into, PNG or SVG.
        trust: as in `train`.
        show: show what was read, and a live line.
        settings: any other setting by its name.

    Returns:
        The sweep: `rates`, `losses`, the `suggested` rate and `why`.

    Raises:
        UserError: a file can't be read or written.
        UsageError: a setting that can't be, or a model without a learning rate.
    """
    if plot is not None:
        kind_of(plot)
    wanted = _read_settings(data, model, config, trust, settings)
    return lr_range_config(wanted, steps, plot=plot, show=show)


def lr_range_config(
    config: Config, steps: int = STEPS, *, plot: str | Path | None = None, show: bool = True
) -> LearningRateRange:
    """Find a learning rate as `lr_range` does, where all settings are in one object already."""
    corpus, device = config.data.load(), pick_device(config.training.device)
    with own_random_numbers(device), StatusLine() as status:

        def follow(progress: Progress) -> None:
            if show and progress.step == 0:  # nothing is left that can be refused
                status.say(corpus.describe())
            if show:
                status.update(progress)

        found = find_lr_range(Learner(config, corpus, device), steps, watch=follow)
    if plot is not None:
        save(plot, partial(draw, found=found))
    return found


def check(
    data: str | Path | None = None,
    *,
    model: str | None = None,
    run: str | Path | None = None,
    config: str | Path | None = None,
    trust: bool = False,
    **settings: Any,
) -> Findings:
    """Look for the most common mistakes in a model and its training, on real data, in seconds.

    Args:
        data: the file; None takes the names that come with makemore.
        model: an architecture, or your own: `file.py:ClassName`; None: a transformer.
        run: check the model of a run instead, with its settings and its weights.
        config: TOML file with settings; those given here are stronger.
        trust: run the Python file of a model that `config` or `run` names, though you have not
            named it.
        settings: any other setting by its name; with a run only `device`, and `model` where the
            file of your own has moved or changed.

    Returns:
        A finding for each check; `healthy` says whether none failed.

    Raises:
        UserError: a file can't be read, or the model can't be built or gives no logits.
        UsageError: a setting that can't be.
    """
    if run is None:
        return check_config(_read_settings(data, model, config, trust, settings))
    if data or (model and ".py:" not in model) or config or settings.keys() - {"device"}:
        raise UsageError("--run has settings of its own: leave out --config and those given here.")
    maker = Maker.load(run, settings.get("device", "auto"), model=model, trust=trust)
    with own_random_numbers(maker.model.device):
        return check_subject(Subject.of_run(maker))


def check_config(config: Config) -> Findings:
    """Check as `check` does, where all settings are in one object already."""
    device = pick_device(config.training.device)
    with own_random_numbers(device):
        return check_subject(Subject(config, config.data.load(), device))


def _read_settings(
    data: str | Path | None,
    model: str | None,
    config: str | Path | None,
    trust: bool,
    settings: dict[str, Any],
) -> Config:
    """Put all that is given into one object."""
    chosen = _chosen(data, {"model": model, **settings})
    return read_settings(None if config is None else Path(config), chosen, trusted=trust)


def compare(
    data: str | Path | None = None,
    *,
    models: str | Sequence[str] | None = None,
    show: bool = True,
    watch: Callable[[Comparison], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    **settings: Any,
) -> Comparison:
    """Train several models on a text file, each with its recipe, and tell which is the best.

    Beside them stand gzip, bzip2 and xz, on the same held-out text. Nothing is written, and the
    test split is not read.

    Args:
        data: the file; None takes the names that come with makemore.
        models: architectures, or your own: `file.py:ClassName`; None: all of them, and of a text
            those that don't take long.
        show: show what was read, and in a terminal or a notebook a table that fills in.
        watch: called with the comparison so far, after every step.
        should_stop: asked before every step; what is done is kept.
        settings: of data and training, by their names, for all models: `max_steps=500`,
            `format="text"`.

    Returns:
        The comparison, ordered by the validation loss.

    Raises:
        UserError: a file can't be read, there is no validation split, or no model can be trained.
        UsageError: a setting that can't be.
    """
    configs = read_recipes(models, _chosen(data, settings))
    return compare_configs(configs, show=show, watch=watch, should_stop=should_stop)


def compare_configs(
    configs: Sequence[Config],
    *,
    show: bool = True,
    watch: Callable[[Comparison], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Comparison:
    """Compare as `compare` does, where the settings of each model are in an object already."""
    corpus = configs[0].data.load()
    _hint(corpus)
    with LiveTable(show) as table:
        table.say(corpus.describe())

        def follow(comparison: Comparison) -> None:
            table.update(comparison)
            if watch is not None:
                watch(comparison)

        return comparing.compare(
            configs, corpus, watch=follow, should_stop=should_stop or (lambda: False)
        )


def _chosen(data: str | Path | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Name the settings that were given.

    Raises:
        UsageError: the data are no path.
    """
    if not (data is None or isinstance(data, str | Path)):
        raise UsageError(f"--data takes the path of a file, not {type(data).__name__}.")
    given = {"data": None if data is None else str(data), **settings}
    return {name: value for name, value in given.items() if value is not None}


def _hint(corpus: Corpus) -> None:
    """Warn where a file looks like the other kind of corpus."""
    hint = corpus.format_hint()
    if hint is not None:
        warnings.warn(hint, MakemoreWarning, stacklevel=4)


load = Maker.load
