"""What a command prints: colour in a terminal, plain lines in a pipe or a file."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from makemore.corpus.reading import LINES, HowToRead
from makemore.display import Grid, Shown, show_loss, visible
from makemore.shell import quote

if TYPE_CHECKING:  # the list of lectures is shown without torch
    from makemore.comparison.comparison import Comparison
    from makemore.diagnostics.explanation import Explanation
    from makemore.maker import Maker
    from makemore.pages.replay import Replay
    from makemore.sampling.samples import Sample
    from makemore.training.summary import Summary

STYLES = {"train": "dim", "val": "yellow", "test": "yellow", "new": "green"}
BETWEEN = "-" * 16
"""What stands between two samples of several lines in a terminal."""
WIDEST = 40
"""Characters of a sample behind which its place still stands in a column."""

console = Console(highlight=False)


def in_terminal() -> bool:
    """Tell whether a person looks at standard output."""
    return console.file.isatty()


def say(line: str = "", style: str = "") -> None:
    """Print one line whatever its length, spelling out what a terminal would obey."""
    console.print(Text(visible(line, but="\n"), style), soft_wrap=True)


def follow(lines: Iterable[str]) -> None:
    """Show lines as they come, in a terminal each in the place of the one before."""
    if not in_terminal():
        for line in lines:
            say(line)
        return
    with Live(console=console, auto_refresh=False) as live:
        console.show_cursor()  # also a process that is killed leaves it there
        for line in lines:
            live.update(Text(visible(line)), refresh=True)


def show(thing: Shown) -> None:
    """Print a small table; a line is as long as it is where no terminal would break it."""
    if in_terminal():
        console.print(thing)
    else:
        say(repr(thing))


def print_json(figures: Mapping[str, Any]) -> None:
    """Print one JSON object in a line."""
    console.file.write(json.dumps(figures) + "\n")


def show_explanation(found: "Explanation") -> None:
    """Show all predictions of a word, one of them whole, and the weights that moved it most."""
    show(found.predictions)
    say()
    for line in found.lines():
        say(line)
    if found.moved:
        say()
        show(found.moved)


def show_stop(maker: "Maker") -> None:
    """Say that a run was stopped, and how it goes on."""
    assert maker.run is not None, "a command trains a run"
    if maker.progress.finished and maker.progress.validated:
        say("\nStopped after the last step; all is saved. Make more with:")
        say(f"makemore sample --run {quote(maker.run)}", "bold")
        return
    say(f"\nStopped at step {maker.progress.step:,}; all is saved. Go on with:")
    say(f"makemore train --resume --out {quote(maker.run)}", "bold")


def show_run(maker: "Maker", summary: "Summary") -> None:
    """Show what a finished run has reached, some samples, and the commands to run next."""
    say()
    show(summary)
    say()
    if maker.is_text:
        show_texts(summary.samples)
    else:
        show_samples(summary.samples, maker.longest, maker.config.data.how)
    say()
    assert maker.run is not None, "a command trains a run"
    name, parent = quote(maker.run), quote(maker.run.parent)
    commands = {
        f"makemore sample{'' if maker.is_text else ' -n 20'} --run {name}": "make more",
        f"makemore eval --run {name}": "measure it on train, val and test",
        f"tensorboard --logdir {parent}": "see the curves",
    }
    width = max(map(len, commands))
    for command, purpose in commands.items():
        line = Text(f"{visible(command).ljust(width)}  ", "bold")
        console.print(line.append(purpose, "not bold dim"), soft_wrap=True)


def show_comparison(found: "Comparison") -> None:
    """Show models and compressors, what was not trained, and samples of the best model."""
    say()
    show(found)
    if found.left:
        say(f"\nStopped before {', '.join(found.left)}.")
    best = found.best
    if best is None or best.maker is None:
        return
    say(f"\nsamples of {visible(best.model)}", "bold")
    if best.maker.is_text:
        show_texts(best.samples)
    else:
        show_samples(best.samples, best.maker.longest, best.maker.config.data.how)


def show_samples(
    samples: "Iterable[Sample]", longest: int, how: HowToRead = LINES, *, raw: bool = False
) -> None:
    """Show samples; in a terminal with where each stands, elsewhere as a corpus is written.

    Args:
        samples: to show.
        longest: length of the corpus's longest document.
        how: the corpus was read, whose separator stands between two samples in a pipe.
        raw: in a pipe, whose program reads what the model has written, spell nothing out.
    """
    if not in_terminal():
        for number, one in enumerate(samples):
            shown = one if raw else visible(one, but="\n\t")
            console.file.write(f"{how.between if number else ''}{shown}\n")
        return
    width = 1 + min(WIDEST, longest)
    for number, one in enumerate(samples):
        if number and how.several_lines:
            say(BETWEEN)
        *before, last = one.split("\n")
        for above in before:
            say(visible(above))
        line = Text(visible(last))
        if not one.finished:
            line.append("…", "dim")
        if one.place is not None:
            line.pad_right(width - line.cell_len)
            line.append(f" {one.place}", STYLES[one.place])
        console.print(line, soft_wrap=True)


def show_replay(found: "Replay") -> None:
    """Show what was drawn at each step; in a terminal the letters that have changed are bold."""
    if found.is_text:
        for number, (frame, texts) in enumerate(zip(found.frames, _marked(found), strict=True)):
            loss = "" if frame.train_loss is None else f", train loss {show_loss(frame.train_loss)}"
            say(f"{chr(10) if number else ''}step {frame.step:,}{loss}", "dim")
            for text in texts:
                console.print(text, soft_wrap=True)
        return
    if not in_terminal():
        show(found)
        return
    grid = found.grid()
    longest = max(len(cell) for row in grid.rows for cell in row[2:])
    at_a_time = max(1, (console.width - 18) // (longest + 2))
    for first in range(0, len(grid.rows[0]) - 2, at_a_time):
        table = Grid([], grid.headings[: 2 + at_a_time], left=2 + at_a_time).to_rich()
        for row, texts in zip(grid.rows, _marked(found), strict=True):
            table.add_row(*row[:2], *texts[first : first + at_a_time])
        if first:
            say()
        console.print(table)


def _marked(found: "Replay") -> "Iterator[list[Text]]":
    """Give the samples of each step with the letters that have changed in bold."""
    from makemore.pages.replay import changes  # and torch, which moons does without

    before: Sequence[str | None] = [None] * len(found.frames[0].samples)
    for frame in found.frames:
        texts = []
        for old, new in zip(before, frame.samples, strict=True):
            text = Text()
            for letter, changed in zip(new, changes(old, new), strict=True):
                shown = visible(letter, but="\n\t" if found.is_text else "")
                text.append(shown, "bold green" if changed else "")
            texts.append(text.append("" if new.finished else "…", "dim"))
        before = frame.samples
        yield texts


def show_texts(texts: Iterable[Iterable[str]], prompt: str = "", *, raw: bool = False) -> None:
    """Show texts, each character as it comes; a line of dashes stands between two.

    Args:
        texts: to show.
        prompt: each goes on from it.
        raw: as in `show_samples`.
    """
    live = in_terminal()
    for number, text in enumerate(texts):
        if number:
            say(BETWEEN)
        if live:
            console.print(Text(visible(prompt, but="\n\t"), "bold"), soft_wrap=True, end="")
        else:
            console.file.write(prompt)
        for character in text:
            console.file.write(character if raw and not live else visible(character, but="\n\t"))
            if live:
                console.file.flush()
        console.file.write("\n")
