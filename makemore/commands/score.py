"""`makemore score`."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.corpus.sources import STDIN
from makemore.errors import UsageError

LIKELIEST = 3
"""Characters that are named in the place of another."""


@reports_errors
def score(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Such as emma.", show_default="standard input"),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A file or folder of them instead, read as the run's own."),
    ] = None,
    skip_unknown: flags.SkipUnknownOption = False,
    column: flags.OtherColumnOption = None,
    encoding: flags.OtherEncodingOption = None,
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
    if not words and not data and sys.stdin.isatty():
        raise UsageError("Give words to score, such as: makemore score emma.")
    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.commands import console, surprise
    from makemore.maker import Maker

    maker = Maker.load(run, device, model=model, trust=trust)
    scores = maker.scores(
        map(maker.vocabulary.typed, words) if words else None,
        data=None if words else data or STDIN,
        likeliest=LIKELIEST if verbose or as_json else 0,
        sort=sort,
        skip_unknown=skip_unknown,
        column=column,
        encoding=encoding,
    )
    if as_json:
        for one in scores:
            console.print_json(one.figures())
    else:
        surprise.show_scores(scores, maker, verbose)
