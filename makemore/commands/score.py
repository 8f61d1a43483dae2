"""`makemore score`."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.corpus.reading import stream_lines
from makemore.errors import UsageError

LIKELIEST = 3
"""Characters that are named in the place of another."""


@reports_errors
def score(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Such as emma.", show_default="standard input, one a line"),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="A file of them instead, one a line.")] = None,
    run: flags.RunOption = None,
    sort: Annotated[
        Literal["worst", "best"] | None,
        typer.Option(help="By bits a character.", show_default="the order given"),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Each character, and what was expected in its place.")
    ] = False,
    device: flags.DeviceOption = "auto",
    model: flags.OwnModelOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
) -> None:
    """Tell how likely a trained model thinks words are, character by character."""
    if words and data:
        raise UsageError("Give words to score, or a file of them with --data, not both.")
    if not words and data is None and sys.stdin.isatty():
        raise UsageError("Give words to score, such as: makemore score emma.")
    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.commands import console, surprise
    from makemore.maker import Maker

    maker = Maker.load(run, device, model=model, trust=trust)
    likeliest = LIKELIEST if verbose or as_json else 0
    given: Iterable[str] | None = words or None
    if given is None and data is None:
        given = [sys.stdin.read()] if maker.is_text else stream_lines(sys.stdin.buffer, "The input")
    scores = maker.scores(given, data=data, likeliest=likeliest, sort=sort)
    if as_json:
        for one in scores:
            console.print_json(one.figures())
    else:
        surprise.show_scores(scores, maker, verbose)
