"""How good several models are, against their size and the time that they took."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from makemore.corpus.splits import SPLITS, Split
from makemore.pictures.request import Request
from makemore.pictures.style import BLUE, FAINT, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOOKS: dict[Split, tuple[str, str]] = {
    "train": (FAINT, "o"),
    "val": (BLUE, "s"),
    "test": (ORANGE, "D"),
}


@dataclass(frozen=True)
class Losses:
    """What one run has reached.

    Attributes:
        name: of the run.
        parameters: of its model.
        seconds: that its training took; of a run on disk, until its best weights.
        losses: exact, of each split that holds a document, in nats a character.
    """

    name: str
    parameters: int
    seconds: float
    losses: dict[str, float]


@dataclass(frozen=True)
class Found:
    """What some runs have reached, the lowest val loss first."""

    runs: list[Losses]

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return asdict(self)


def find(request: Request) -> Found:
    """Measure every split of some runs.

    Raises:
        UserError: a corpus can't be read.
    """
    runs = [
        Losses(
            name,
            maker.model.n_parameters,
            maker.progress.seconds,
            {split: one.loss for split, one in maker.evaluate(request.split).items()},
        )
        for name, maker in zip(request.names, request.makers, strict=True)
    ]
    return Found(sorted(runs, key=lambda run: run.losses.get("val", 0.0)))


def draw(figure: "Figure", found: Found) -> None:
    """Draw the losses of each run above its parameters, and above its seconds."""
    figure.set_size_inches(10, 5)
    by_size, by_time = figure.subplots(1, 2, sharey=True)
    by_size.set(title="Loss of each split", xlabel="parameters", ylabel="loss (nats a character)")
    by_time.set_xlabel("seconds of training")
    _draw_runs(by_size, found, [run.parameters for run in found.runs])
    _draw_runs(by_time, found, [run.seconds for run in found.runs])
    by_size.legend(loc="best")


def _draw_runs(axes: "Axes", found: Found, places: list[float]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    axes.set_xscale("log")
    shown = [place for place in places if place > 0]
    apart = max(shown) / min(shown) if shown else 1.0
    if apart < 5:  # too near for three numbers a power of ten
        axes.xaxis.set_major_locator(MaxNLocator(4))
    else:
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if apart > 30 else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    for split in SPLITS:
        pairs = [
            (place, run.losses[split])
            for place, run in zip(places, found.runs, strict=True)
            if split in run.losses and place > 0
        ]
        if pairs:
            colour, marker = LOOKS[split]
            axes.plot(*zip(*pairs, strict=True), color=colour, marker=marker, ls="", label=split)
    for place, run in zip(places, found.runs, strict=True):
        if place <= 0 or not run.losses:
            continue
        low, high = min(run.losses.values()), max(run.losses.values())
        axes.plot([place, place], [low, high], color=FAINT, lw=1, zorder=1)
        axes.annotate(
            run.name,
            (place, high),
            (0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=10,
            parse_math=False,
        )
    axes.margins(x=0.15, y=0.12)
