"""What a person types and sees: read flags, call, print.

    train, sample, eval, …   a command each, thin over a function of the library
    flags                    every setting as a flag
    console                  what is printed
    surprise                 characters in the colour of their probability
    messages                 what is said on stderr
    streams                  standard output that is closed, or on a full disk
    paths                    none is empty
    usage                    a wrong one is a sentence
    completion               what a shell completes
    images                   pictures in a terminal

torch takes over a second to import, so nothing here imports it until a command computes. Then it
comes first: below too many calls, CPython 3.11 allocates the memory for frames again and again.
"""

from typing import Annotated

import typer

from makemore import __version__
from makemore.commands.cache import cache
from makemore.commands.check import check
from makemore.commands.compare import compare
from makemore.commands.eval import evaluate
from makemore.commands.explain import explain
from makemore.commands.lecture import lecture
from makemore.commands.lr_range import lr_range
from makemore.commands.moons import moons
from makemore.commands.paths import Command
from makemore.commands.plot import plot
from makemore.commands.replay import replay
from makemore.commands.report import report
from makemore.commands.runs import runs
from makemore.commands.sample import sample
from makemore.commands.score import score
from makemore.commands.train import train
from makemore.commands.usage import Commands

app = typer.Typer(
    cls=Commands,
    help="Train character-level language models on your text, and make more things like it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command(cls=Command)(train)
app.command(cls=Command)(sample)
app.command("eval", cls=Command)(evaluate)
app.command(cls=Command)(check)
app.command(cls=Command)(score)
app.command(cls=Command)(compare)
app.command(cls=Command)(runs)
app.command(cls=Command)(moons)
app.command(cls=Command)(explain)
app.command("lr-range", cls=Command)(lr_range)
app.command(cls=Command)(lecture)
app.command(cls=Command)(plot)
app.command(cls=Command)(report)
app.command(cls=Command)(replay)
app.command(cls=Command)(cache)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"makemore {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass
