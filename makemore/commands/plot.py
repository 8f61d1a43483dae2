"""`makemore plot`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.errors import UsageError
from makemore.pictures.gallery import PICTURES, check_names, read_out

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[RUN]... [PICTURE]...",
        help=f"Names of pictures: {', '.join(PICTURES)}. Anything else is a run, as in --run.",
        show_default="the newest run; all pictures that fit",
    ),
]
RunsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--run",
        help="Run directory, its name under runs/, or a .safetensors file; again for another run.",
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


@reports_errors
def plot(
    names: NamesArgument = None,
    run: RunsOption = None,
    out: OutOption = None,
    format: FormatOption = None,
    word: WordOption = None,
    split: flags.SplitOption = None,
    device: flags.DeviceOption = "auto",
    model: flags.OwnModelOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
) -> None:
    """Show what a model has learned, as pictures: PNG or SVG."""
    pictures = [name for name in names or [] if name in PICTURES]
    runs = [*(run or []), *(Path(name) for name in names or [] if name not in PICTURES)]
    for name in names or []:
        if name not in PICTURES and not any(Path(at, name).exists() for at in (".", "runs")):
            known = ", ".join(PICTURES)
            raise UsageError(f"{name} is neither a run nor a picture: there are {known}.")
    read_out(out, format, check_names(pictures, max(1, len(runs))))  # before torch is imported

    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore import api
    from makemore.commands import console

    found = api.plot(
        runs or None,
        pictures,
        out=True if out is None else out,
        format=format,
        word=word,
        split=split,
        device=device,
        model=model,
        trust=trust,
    )
    if as_json:
        for one in found.figures():
            console.print_json(one)
    else:
        console.show(found)
    if not found:
        raise typer.Exit(1)
