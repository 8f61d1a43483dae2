"""See what a model has learned, as pictures."""

from collections.abc import Sequence
from pathlib import Path

from makemore.comparison.comparison import Comparison
from makemore.corpus.sources import Paths
from makemore.corpus.splits import Split
from makemore.maker import Maker
from makemore.pictures import gallery
from makemore.pictures.figure import Kind
from makemore.pictures.request import Request, check_split


def plot(
    run: str | Path | Maker | Sequence[str | Path | Maker] | Comparison | None = None,
    pictures: str | Sequence[str] = (),
    *,
    out: str | Path | bool | None = None,
    format: Kind | None = None,
    word: str | None = None,
    split: Split | None = None,
    data: Paths | None = None,
    device: str = "auto",
    model: str | None = None,
    trust: bool = False,
) -> gallery.Plots:
    """Show what a model has learned, as pictures; those of some kinds show several runs in one.

    Args:
        run: a maker, or what `Maker.load` takes; several, or a comparison: those that are shown
            together; None: the newest.
        pictures: one name or several of `gallery.PICTURES`; none: all that fit.
        out: folder for a file each, or the .png or .svg file of one picture; True: `pictures/` in
            the directory of the run, or where one stands if there are several; None writes none.
        format: png or svg; None: as `out` says, or png.
        word: for the pictures that show one; None: the first of the split.
        split: for those that show one; None: val.
        data: the documents of the runs, where they have moved.
        device: where to compute: auto, cpu, cuda or mps.
        model: as in `Maker.load`.
        trust: likewise.

    Returns:
        The pictures, each of which a notebook draws; `figures()` names what they show. Where all
        were asked for, `missing` tells which don't fit and why.

    Raises:
        UserError: a run can't be read or hasn't what a picture needs, or a file can't be written.
        UsageError: there is no such picture, split or format.
    """
    if isinstance(run, Comparison):
        run = [one.maker for one in run.models if one.maker is not None]
    runs = [run] if run is None or isinstance(run, str | Path | Maker) else list(run)
    given = [pictures] if isinstance(pictures, str) else list(pictures)
    names = gallery.check_names(given, len(runs))
    check_split(split)
    file, kind = gallery.read_out(out, format, names)
    makers = [
        one
        if isinstance(one, Maker)
        else Maker.load(one, device, data=data, model=model, trust=trust)
        for one in runs
    ]
    request = Request(makers, word, split)
    made = gallery.make_all(names, request)
    if given:
        made = (gallery.make(name, request) for name in names)
    folder = gallery.folder_of(makers) if out in (None, True, False) else Path(str(out))
    found = gallery.Plots()
    for one in made:
        if isinstance(one, gallery.Missing):
            found.missing.append(one)
        elif out:
            found.append(one.save(file or folder / f"{one.name}.{kind}"))
        else:
            found.append(one)
    return found
