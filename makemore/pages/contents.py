"""All that a report shows of some runs: measured, drawn from, and as pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from makemore.display import Grid, Shown, show_loss
from makemore.errors import UserError
from makemore.evaluation.losses import Evaluations
from makemore.evaluation.quality import Quality
from makemore.maker import Maker
from makemore.pages.recipe import command_of
from makemore.pages.replay import Replay, find_replay
from makemore.pictures import gallery
from makemore.pictures.request import Request
from makemore.sampling.samples import Samples

SAMPLES = 20
SAMPLES_MEASURED = 10_000
ROOM_FOR_PICTURES = 1_500_000
"""Bytes of all pictures as a page holds them, which leaves room for its text below 2 MB."""


@dataclass(frozen=True)
class Image:
    """A picture as it is put into a page.

    Attributes:
        name: of the picture.
        shows: in a sentence.
        image: a PNG.
    """

    name: str
    shows: str
    image: bytes


@dataclass(frozen=True)
class RunContents:
    """What a report shows of one run.

    Attributes:
        maker: the run's.
        name: of the run, unlike that of the others.
        evaluations: of each split.
        samples: with their places.
        quality: what samples show; None for one long text.
        replay: samples of each kept checkpoint; None where there are none, as `no_replay` says.
        no_replay: why.
        images: pictures that show this run alone.
        command: that trains it again.
    """

    maker: Maker
    name: str
    evaluations: Evaluations
    samples: Samples
    quality: Quality | None
    replay: Replay | None
    no_replay: str
    images: list[Image]
    command: str

    def figures(self) -> dict[str, Any]:
        """Name what is measured, as JSON can write it."""
        return {
            "run": str(self.maker.run),
            "checkpoint": str(self.maker.path),
            "model": self.maker.config.name,
            "parameters": self.maker.model.n_parameters,
            "step": self.maker.step,
            "seconds": self.maker.progress.seconds,
            "splits": self.evaluations.figures(),
            "samples": [one.figures() for one in self.samples],
            "quality": None if self.quality is None else self.quality.figures(),
            "replay": None if self.replay is None else self.replay.figures(),
            "pictures": [image.name for image in self.images],
            "command": self.command,
        }


@dataclass(frozen=True, repr=False)
class Report(Shown):
    """A report of one run or several.

    Attributes:
        runs: what is shown of each.
        images: pictures that show several runs together.
        left_out: pictures that are not on the page, and why.
        path: the page; None before it is written.
        size: of the page, in bytes.
    """

    runs: list[RunContents]
    images: list[Image]
    left_out: list[gallery.Missing]
    path: Path | None = None
    size: int = 0

    def written(self, path: Path, size: int) -> "Report":
        """Tell where the page is."""
        return replace(self, path=path, size=size)

    def grid(self) -> Grid:
        """Show what is on the page."""
        images = [*self.images, *(image for run in self.runs for image in run.images)]
        rows = [("page", f"{self.path}, {self.size / 1000:,.0f} kB")]
        rows += [("run", run.name) for run in self.runs]
        names = dict.fromkeys(image.name for image in images)
        rows.append(("pictures", ", ".join(names) or "none"))
        rows += [(f"no {one.name}", one.why) for one in self.left_out]
        return Grid(rows, left=2)

    def comparison(self) -> Grid:
        """Put the runs side by side, the best on validation first."""
        rows = []
        for run in sorted(self.runs, key=_val_loss):
            losses = (run.evaluations.get(split) for split in ("train", "val", "test"))
            rows.append(
                (
                    run.name,
                    f"{run.maker.model.n_parameters:,}",
                    f"{run.maker.step:,}",
                    f"{run.maker.progress.seconds:.1f}",
                    *("" if one is None else show_loss(one.loss) for one in losses),
                )
            )
        return Grid(rows, ["run", "parameters", "step", "seconds", "train", "val", "test"])

    def figures(self) -> dict[str, Any]:
        """Name the file and all that is on it, as JSON can write it."""
        return {
            "file": None if self.path is None else str(self.path),
            "bytes": self.size,
            "runs": [run.figures() for run in self.runs],
            "pictures": [image.name for image in self.images],
            "left_out": [{"picture": one.name, "why": one.why} for one in self.left_out],
        }


def _val_loss(run: RunContents) -> float:
    found = run.evaluations.get("val") or next(iter(run.evaluations.values()))
    return found.loss


def find_contents(makers: Sequence[Maker]) -> Report:
    """Measure runs, draw from them and make their pictures.

    Args:
        makers: at least one, each with its corpus.

    Raises:
        UserError: a corpus can't be read.
    """
    request, album = Request(makers), Album()
    images: list[Image] = []
    if len(makers) > 1:
        names = gallery.check_names([], len(makers))
        images = album.add(gallery.make_all(names, request))
    shown = {one.name for one in images}
    names = [name for name in gallery.check_names([], 1) if name not in shown]
    runs = [
        _find_run(maker, name, album.add(gallery.make_all(names, Request([maker]))))
        for name, maker in zip(request.names, makers, strict=True)
    ]
    return Report(runs, images, album.left_out)


def _find_run(maker: Maker, name: str, images: list[Image]) -> RunContents:
    replay, no_replay = None, ""
    try:
        replay = find_replay(maker)
    except UserError as error:
        no_replay = str(error)
    return RunContents(
        maker=maker,
        name=name,
        evaluations=maker.evaluate(),
        samples=maker.sample(None if maker.is_text else SAMPLES, seed=0),
        quality=None if maker.is_text else maker.sample_quality(SAMPLES_MEASURED),
        replay=replay,
        no_replay=no_replay,
        images=images,
        command=command_of(maker.config, maker.longest),
    )


def with_fewer_colours(png: bytes) -> bytes:
    """Give a PNG 256 colours, which takes a third of the bytes, and the eye sees no difference."""
    from PIL import Image as Pillow  # matplotlib writes its PNG with it

    smaller = BytesIO()
    with Pillow.open(BytesIO(png)) as image:
        palette = image.convert("RGB").quantize(256, dither=Pillow.Dither.NONE)
        palette.save(smaller, "png", optimize=True)
    return smaller.getvalue()


class Album:
    """Pictures for one page, as long as there is room.

    Attributes:
        left_out: those that don't fit, or for which there is no room.
    """

    def __init__(self, room: int = ROOM_FOR_PICTURES) -> None:
        self.left_out: list[gallery.Missing] = []
        self._room = room

    def add(self, plots: Iterable[gallery.Plot | gallery.Missing]) -> list[Image]:
        """Draw pictures as PNG, which hardly grows with what they show."""
        images = []
        for one in plots:
            if isinstance(one, gallery.Missing):
                self._leave_out(one)
                continue
            image = with_fewer_colours(one.render())
            size = len(image) * 4 // 3 + 4
            if size > self._room:
                why = f"the page is full; `makemore plot {one.name}` draws it."
                self._leave_out(gallery.Missing(one.name, why))
                continue
            self._room -= size
            images.append(Image(one.name, gallery.PICTURES[one.name].help, image))
        return images

    def _leave_out(self, one: gallery.Missing) -> None:
        if one not in self.left_out:
            self.left_out.append(one)
