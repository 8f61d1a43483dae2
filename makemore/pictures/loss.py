"""The loss as the training goes on: over its steps and over its seconds, one run or several."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from makemore.diagnostics.lr_range import smooth
from makemore.errors import UserError
from makemore.maker import Maker
from makemore.pictures.request import Request
from makemore.pictures.style import COLOURS
from makemore.runs.run import Metrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMOOTHED_OVER = 0.02
"""Each loss is averaged with this share of all that were logged, on either side."""


@dataclass(frozen=True)
class Series:
    """A loss, in nats a character, each time that it was logged.

    Attributes:
        steps: of the training, at which it was logged.
        seconds: of the training, likewise; None where the run has not logged them.
        losses: likewise.
    """

    steps: list[int]
    seconds: list[float] | None
    losses: list[float]


@dataclass(frozen=True)
class Curves:
    """The losses of one run.

    Attributes:
        name: of the run.
        train: the mean over the batches since the last time; of a counted model, exact.
        smoothed: the same, averaged with its neighbours.
        val: exact, of the validation split.
    """

    name: str
    train: Series
    smoothed: list[float]
    val: Series

    @property
    def at_once(self) -> bool:
        """Whether it was fitted by counting, and has one loss and no curve."""
        return set(self.train.steps + self.val.steps) <= {0}


@dataclass(frozen=True)
class Found:
    """The losses of some runs."""

    runs: list[Curves]

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return asdict(self)


def find(request: Request) -> Found:
    """Find the curves of some runs.

    Raises:
        UserError: a run has logged nothing, or none has a curve.
    """
    named = zip(request.names, request.makers, strict=True)
    runs = [curves_of(name, _metrics_of(maker)) for name, maker in named]
    for run in runs:
        if not (run.train.losses or run.val.losses):
            raise UserError(f"{run.name} has logged no loss that is a number.")
    if all(run.at_once for run in runs):
        raise UserError(f"{runs[0].name} is fitted by counting: it has one loss and no curve.")
    return Found(runs)


def _metrics_of(maker: Maker) -> Metrics:
    if not maker.metrics:
        where = maker.path or "the model"
        raise UserError(f"{where} has no metrics.jsonl beside it, which holds the losses.")
    return maker.metrics


def curves_of(name: str, metrics: Metrics) -> Curves:
    """Take the curves out of what a run has logged; what was not finite is left out."""
    train, val = _series(metrics, "loss/train"), _series(metrics, "loss/val")
    return Curves(name, train, smooth(train.losses, round(SMOOTHED_OVER * len(train.losses))), val)


def _series(metrics: Metrics, tag: str) -> Series:
    rows = [row for row in metrics if row.get(tag) is not None]
    timed = all(row.get("seconds") is not None for row in rows)
    return Series(
        [int(row["step"] or 0) for row in rows],
        [float(row["seconds"] or 0) for row in rows] if timed else None,
        [float(row[tag] or 0) for row in rows],
    )


def draw(figure: "Figure", found: Found) -> None:
    """Draw train faint, train smoothed, and val with a dot where it was measured."""
    timed = [run for run in found.runs if None not in (run.train.seconds, run.val.seconds)]
    timed = [run for run in timed if not run.at_once]
    panels = 2 if timed else 1
    figure.set_size_inches(4.2 + 4.2 * (panels - 1) + 1.4, 4.4)
    over_steps, *over_seconds = figure.subplots(1, panels, sharey=True, squeeze=False)[0]
    over_steps.set_xlabel("steps")
    over_steps.set_ylabel("loss (nats a character)")
    over_steps.set_title("Loss in the training")
    for number, run in enumerate(found.runs):
        colour = COLOURS[number % len(COLOURS)]
        _draw_run(over_steps, run, run.train.steps, run.val.steps, colour)
        for axes in over_seconds:
            _draw_run(axes, run, run.train.seconds, run.val.seconds, colour)
    for axes in over_seconds:
        axes.set_xlabel("seconds of training")
    over_steps.set_ylim(*_limits(found))
    over_steps.legend(loc="upper right")


def _draw_run(
    axes: "Axes",
    run: Curves,
    train_at: Sequence[float] | None,
    val_at: Sequence[float] | None,
    colour: str,
) -> None:
    if run.at_once:
        losses = run.val.losses or run.train.losses
        axes.axhline(losses[-1], color=colour, lw=1.2, ls=":", label=f"{run.name}, counted")
    elif train_at is not None and val_at is not None:
        axes.plot(train_at, run.train.losses, color=colour, lw=0.8, alpha=0.35)
        axes.plot(train_at, run.smoothed, color=colour, lw=1.4, label=f"{run.name}, train")
        if run.val.losses:
            style: dict[str, Any] = {"marker": "o", "markersize": 3.5, "ls": "--", "lw": 1.2}
            axes.plot(val_at, run.val.losses, color=colour, label=f"{run.name}, val", **style)


def _limits(found: Found) -> tuple[float, float]:
    """Choose from where to where losses are shown: a first loss far above all others is cut off."""
    losses = [loss for run in found.runs for loss in (*run.smoothed, *run.val.losses)]
    low, high = min(losses), max(losses)
    for run in found.runs:
        if len(run.val.losses) > 1:
            high = min(high, max(run.val.losses[0], run.val.losses[1] * 2))
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room
