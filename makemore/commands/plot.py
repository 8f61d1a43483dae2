"""`makemore plot`."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer

from makemore.commands import flags
from makemore.commands.completion import complete_run, complete_run_or_picture
from makemore.commands.images import COLUMNS, Show, shower_of
from makemore.commands.messages import reports_errors
from makemore.errors import UsageError
from makemore.pictures.gallery import PICTURES, check_names, read_out

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[RUN]... [PICTURE]...",
        autocompletion=complete_run_or_picture,
        help=f"Pictures: {', '.join(PICTURES)}. Any other word is a run, as with --run.",
        show_default="the newest run; all pictures that fit",
    ),
]
RunsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--run",
        help="Run directory, its name under runs/, or a .safetensors file; again for another run.",
        autocompletion=complete_run,
        show_default="the newest run",
    ),
]
WordOption = Annotated[
    str | None,
    typer.Option(help="For a picture that shows one word.", show_default="the first of the split"),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder, or the .png or .svg file of one picture.",
        show_default="pictures/ in the run's directory; here for several runs",
    ),
]
FormatOption = Annotated[
    Literal["png", "svg"] | None,
    typer.Option(help="What to draw as.", show_default="png, or as --out says"),
]
ShowOption = Annotated[
    bool, typer.Option("--show", help="Show them too, in kitty, iTerm2 or a terminal with sixel.")
]


@reports_errors
def plot(
    names: NamesArgument = None,
    run: RunsOption = None,
    out: OutOption = None,
    format: FormatOption = None,
    word: WordOption = None,
    split: flags.SplitOption = None,
    show: ShowOption = False,
    data: flags.SameDataOption = None,
    device: flags.DeviceOption = "auto",
    model: flags.OwnModelOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
) -> None:
    """Show what a model has learned, as pictures: PNG or SVG."""
    pictures = [name for name in names or [] if name in PICTURES]
    runs = [*(run or []), *_runs_among(names or [])]
    read_out(out, format, check_names(pictures, max(1, len(runs))))  # before torch is imported
    shower = _shower(as_json) if show else None

    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.api.plot import plot as find
    from makemore.commands import console

    found = find(
        runs or None,
        pictures,
        out=True if out is None else out,
        format=format,
        word=word,
        split=split,
        data=data,
        device=device,
        model=model,
        trust=trust,
    )
    if as_json:
        for figures in found.figures():
            console.print_json(figures)
    else:
        console.show(found)
    if shower is not None:
        for one in found:
            console.say(f"\n{one.name}", "bold")
            sys.stdout.write(shower(one.render(), min(console.console.width, COLUMNS)) + "\n")
    if not found:
        raise typer.Exit(1)


def _runs_among(names: Iterable[str]) -> list[Path]:
    """Give the words that are no picture; each has to be there, as a run is."""
    runs = [Path(name) for name in names if name not in PICTURES]
    for path in runs:
        if not (_is_there(path) or _is_there(Path("runs", path))):
            known = ", ".join(PICTURES)
            raise UsageError(f"{path} is neither a run nor a picture; pictures are {known}.")
    return runs


def _is_there(path: Path) -> bool:
    with suppress(OSError, ValueError):  # a name that no file system takes
        return path.exists()
    return False


def _shower(as_json: bool) -> Show:
    shower = shower_of(os.environ)
    if as_json or shower is None or not sys.stdout.isatty():
        raise UsageError(
            "--show takes kitty, iTerm2 or a terminal with sixel, and neither --json nor a pipe: "
            "leave it out, and open the files."
        )
    return shower
