"""Every picture by its name, and how one is made.

Each is a file of this room, which is imported when its picture is asked for: `find(request)` finds
what is shown, and raises a UserError where a model hasn't what that needs; `draw(figure, found)`
draws it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from makemore.display import Grid, Shown
from makemore.errors import UsageError, UserError
from makemore.pictures.figure import Kind, Picture, kind_of, render, save

if TYPE_CHECKING:  # the names alone need no torch
    from makemore.maker import Maker
    from makemore.pictures.request import Request


@dataclass(frozen=True)
class Entry:
    """What is known of a picture before it is made.

    Attributes:
        help: what it shows, in a sentence.
        fewest: runs that it shows in one.
        most: likewise.
    """

    help: str
    fewest: int = 1
    most: int = 1

    def check(self, name: str, runs: int) -> None:
        """See that it shows so many runs.

        Raises:
            UsageError: it shows fewer, or more.
        """
        if runs < self.fewest:
            raise UsageError(f"{name} takes {self.fewest} runs or more: name them.")
        if runs > self.most:
            most = "one run" if self.most == 1 else f"{self.most} runs"
            raise UsageError(f"{name} shows {most}, not {runs}: name fewer.")


MANY = 100
PICTURES = {
    "bigram": Entry("how likely each character is after each single one", most=2),
    "embedding": Entry("the map of the characters"),
    "loss": Entry("train and val loss over the steps and seconds of the training", most=MANY),
    "word": Entry("what is likely next, all through one word"),
    "positions": Entry("loss by place in the document, and by character", most=MANY),
    "samples": Entry("lengths, letters and pairs of samples beside the real ones"),
    "splits": Entry("train, val and test loss against size and time", fewest=2, most=MANY),
    "activations": Entry("what each layer gives, as histograms, and the share saturated"),
    "saturation": Entry("units by examples, white where a unit has no slope; dead ones named"),
    "gradients": Entry("the gradient by layer, as histograms, and beside the weights"),
    "updates": Entry("how far steps move the weights: log10 of update to data"),
    "attention": Entry("whom each place of a word attends to, and what it would predict"),
    "logit-gradient": Entry("softmax minus one-hot, for a batch of predictions"),
    "receptive-field": Entry("which characters each layer sees, and how each moves the prediction"),
}
IMAGES = {".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".pdf"}
"""Suffixes by which a path is that of a file, not of a folder."""


class Found(Protocol):
    """What a picture shows, as numbers."""

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""


@dataclass(frozen=True)
class Plot:
    """One picture, found and not drawn yet; a notebook draws it.

    Attributes:
        name: of the picture.
        found: what it shows.
        picture: draws it.
        path: where it was saved; None: nowhere.
    """

    name: str
    found: Found
    picture: Picture
    path: Path | None = None

    def render(self, kind: Kind = "png") -> bytes:
        """Draw it."""
        return render(self.picture, kind)

    def figures(self) -> dict[str, Any]:
        """Name what it shows and where it was saved, as JSON can write it."""
        path = None if self.path is None else str(self.path)
        return {"picture": self.name, "file": path, "shows": self.found.figures()}

    def save(self, path: Path) -> "Plot":
        """Draw it into a file, as its suffix says, whose folder is made where there is none.

        Raises:
            UserError: it can't be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"Can't make {path.parent}: {error.strerror}.") from error
        save(path, self.picture)
        return replace(self, path=path)

    def _repr_png_(self) -> bytes:
        return self.render()


@dataclass(frozen=True)
class Missing:
    """A picture that does not fit, and why, in a sentence."""

    name: str
    why: str

    def figures(self) -> dict[str, Any]:
        """Name both, as JSON can write it."""
        return {"picture": self.name, "file": None, "why_not": self.why}


class Plots(Shown, list[Plot]):
    """Some pictures, in the order asked for, and those that don't fit.

    Attributes:
        missing: where all were asked for, those that don't fit.
    """

    def __init__(self, plots: Sequence[Plot] = (), missing: Sequence[Missing] = ()) -> None:
        super().__init__(plots)
        self.missing = list(missing)

    def grid(self) -> Grid:
        """Show where each is, or why there is none."""
        rows = [(one.name, str(one.path or "not saved")) for one in self]
        return Grid(rows + [(one.name, one.why) for one in self.missing], left=2)

    def figures(self) -> list[dict[str, Any]]:
        """Name what each shows, as JSON can write it."""
        return [one.figures() for one in (*self, *self.missing)]


def check_names(names: Sequence[str], runs: int) -> list[str]:
    """Put the names of pictures in order; none: all that show so many runs.

    Raises:
        UsageError: there is no such picture, or it shows fewer runs, or more.
    """
    for name in names:
        if name not in PICTURES:
            raise UsageError(f"There is no picture {name!r}: there are {', '.join(PICTURES)}.")
        PICTURES[name].check(name, runs)
    every = [name for name, entry in PICTURES.items() if entry.fewest <= runs <= entry.most]
    return list(dict.fromkeys(names)) or every


def make(name: str, request: "Request") -> Plot:
    """Find what a picture shows; it is drawn later.

    Args:
        name: one of `PICTURES`.
        request: of which runs, and what of them.

    Raises:
        UserError: a run hasn't what it takes.
    """
    room = import_module(f"makemore.pictures.{name.replace('-', '_')}")
    found = room.find(request)
    return Plot(name, found, lambda figure: room.draw(figure, found))


def make_all(names: Sequence[str], request: "Request") -> Iterator[Plot | Missing]:
    """Find what each shows; what doesn't fit is told, not raised."""
    for name in names:
        try:
            yield make(name, request)
        except UserError as error:
            yield Missing(name, str(error))


def folder_of(makers: "Sequence[Maker]") -> Path:
    """Choose a folder: in the directory of the run; that of several, or of none, is here."""
    run = makers[0].run if len(makers) == 1 else None
    return (run or Path()) / "pictures"


def read_out(
    out: str | Path | bool | None, kind: str | None, names: Sequence[str]
) -> tuple[Path | None, Kind]:
    """Tell the file to write, None where each goes to a folder, and what to draw as.

    Raises:
        UsageError: several pictures would go to one file, its name is that of another kind of
            image, or there is no such kind.
    """
    if kind not in (None, "png", "svg"):
        raise UsageError(f"--format takes png or svg, not {kind!r}.")
    if not isinstance(out, str | Path) or Path(out).suffix.lower() not in IMAGES:
        return None, "svg" if kind == "svg" else "png"
    written = kind_of(out, "--out")
    if kind not in (None, written):
        raise UsageError(f"--out {out} and --format {kind} don't go together: leave one out.")
    if len(names) > 1:
        raise UsageError(f"{out} holds one picture, not {len(names)}: give a folder to --out.")
    return Path(out), written
