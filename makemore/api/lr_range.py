"""Find a learning rate."""

from functools import partial
from pathlib import Path
from typing import Any

from makemore.api.given import read_given, warn_of_the_format
from makemore.compute.devices import pick_device
from makemore.compute.randomness import own_random_numbers
from makemore.config import Config
from makemore.corpus.sources import Paths
from makemore.diagnostics.lr_range import STEPS, LearningRateRange, find_lr_range
from makemore.pictures.figure import kind_of, save
from makemore.pictures.lr_range import draw
from makemore.runs.progress import Progress
from makemore.training.learner import Learner
from makemore.training.status import StatusLine


def lr_range(
    data: Paths | None = None,
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
    wanted = read_given(data, model, config, trust, settings)
    return lr_range_config(wanted, steps, plot=plot, show=show)


def lr_range_config(
    config: Config, steps: int = STEPS, *, plot: str | Path | None = None, show: bool = True
) -> LearningRateRange:
    """Find a learning rate as `lr_range` does, where all settings are in one object already."""
    corpus, device = config.data.load(), pick_device(config.training.device)
    warn_of_the_format(corpus)
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
