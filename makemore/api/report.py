"""A run on one page, and how it learned."""

from collections.abc import Sequence
from pathlib import Path

from makemore.comparison.comparison import Comparison
from makemore.corpus.sources import Paths
from makemore.errors import UsageError
from makemore.maker import Maker
from makemore.pages.contents import Report, find_contents
from makemore.pages.page import make_page
from makemore.pages.replay import Replay, find_replay
from makemore.runs.files import make_directory, write_whole


def report(
    run: str | Path | Maker | Sequence[str | Path | Maker] | Comparison | None = None,
    *,
    out: str | Path | None = None,
    data: Paths | None = None,
    device: str = "auto",
    model: str | None = None,
    trust: bool = False,
) -> Report:
    """Write one HTML page about a run, or several side by side, that needs no other file.

    Args:
        run: a maker, or what `Maker.load` takes; several, or a comparison: side by side; None: the
            newest.
        out: file to write, .html; None: `report.html` in the directory of the run, or here for
            several runs.
        data: as in `Maker.load`.
        device: where to compute: auto, cpu, cuda or mps.
        model: as in `Maker.load`.
        trust: likewise.

    Returns:
        What is on the page, and its `path`.

    Raises:
        UserError: a run or its corpus can't be read, or the page can't be written.
        UsageError: `out` has another suffix than .html, or a run is named twice.
    """
    if out is not None and Path(out).suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out takes a file like report.html, not {out}.")
    if isinstance(run, Comparison):
        run = [one.maker for one in run.models if one.maker is not None]
    runs = [run] if run is None or isinstance(run, str | Path | Maker) else list(run)
    if not runs:
        raise UsageError("report takes at least one run.")
    makers = [
        one
        if isinstance(one, Maker)
        else Maker.load(one, device, data=data, model=model, trust=trust)
        for one in runs
    ]
    paths = [maker.path for maker in makers if maker.path is not None]
    if len(set(paths)) < len(paths):
        raise UsageError("A run is named twice: name each once.")
    directory = makers[0].run if len(makers) == 1 else None
    path = (directory or Path()) / "report.html" if out is None else Path(out)
    found = find_contents(makers)
    page = make_page(found).encode()
    make_directory(path.parent)
    write_whole(path, page)
    return found.written(path, len(page))


def replay(
    run: str | Path | Maker | None = None,
    n: int | None = None,
    *,
    seed: int = 0,
    device: str = "auto",
    model: str | None = None,
    trust: bool = False,
) -> Replay:
    """Watch a run learn: what the same random numbers draw at every checkpoint that it kept.

    Args:
        run: a maker, or what `Maker.load` takes; None: the newest.
        n: how many samples; None: as many as fit side by side, of a text one.
        seed: of the random numbers.
        device: where to compute: auto, cpu, cuda or mps.
        model: as in `Maker.load`.
        trust: likewise.

    Returns:
        The samples of each kept step, in `frames`.

    Raises:
        UserError: the run can't be read, or kept no checkpoints.
        UsageError: an n or a seed that can't be.
    """
    if not isinstance(run, Maker):
        run = Maker.load(run, device, model=model, trust=trust)
    return find_replay(run, n, seed)
