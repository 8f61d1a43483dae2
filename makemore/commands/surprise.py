"""How surprising each character is: as colours in a terminal, as digits where there are none."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from makemore.commands.console import WIDEST, console, say, show
from makemore.diagnostics.explain import shown_characters
from makemore.display import visible

if TYPE_CHECKING:
    from makemore.evaluation.scores import Score
    from makemore.maker import Maker

LEVELS = ((1, "#56B4E9"), (3, ""), (6, "#E69F00"), (float("inf"), "bold underline #D55E00"))
"""Styles of a character by its surprise, below so many bits. Sky blue, orange and vermilion are of
the palette that people with any kind of colour vision tell apart (Okabe & Ito 2008)."""
WIDTHS = (8, 10, 11, 11, 20)


def show_scores(scores: "Iterable[Score]", maker: "Maker", verbose: bool) -> None:
    """Show a line for each word as it comes, or a table if it is verbose; texts with their lines.

    Args:
        scores: the longest of a corpus is as long as the maker's, or its line is longer.
        maker: whose they are.
        verbose: show each character, and what was expected in its place.
    """
    from makemore.evaluation.scores import COLUMNS

    end = shown_characters(maker.vocabulary)[0]
    width = min(WIDEST, maker.longest) + 2
    coloured = _coloured()
    headings = Text(" " * width + ("" if coloured else "bits".ljust(width)))
    for heading, space in zip(COLUMNS, WIDTHS, strict=True):
        headings.append(heading.rjust(space))
    for number, one in enumerate(scores):
        if not (number or verbose or maker.is_text):
            console.print(headings, soft_wrap=True)
        if verbose:
            _show_whole(one, end)
        elif maker.is_text:
            _show_text(one)
        else:
            # a wide cell keeps its gap
            cells = zip(one.cells(), WIDTHS, strict=True)
            figures = "".join(" " + cell.rjust(space - 1) for cell, space in cells)
            if coloured:
                console.print(_word(one, end, width).append(figures), soft_wrap=True)
            else:  # many, perhaps, and rich takes longer for a line than its score took
                console.file.write(f"{_plain_word(one, end, width)}{figures}\n")
    if coloured:
        _show_legend()


def _coloured() -> bool:
    return console.color_system is not None and not console.no_color


def _show_whole(one: "Score", end: str) -> None:
    console.print(_word(one, end, 0), soft_wrap=True)
    show(one)
    say(_figures(one) + "\n")


def _show_text(one: "Score") -> None:
    """Show a text with its own line breaks; without colours, with the digits below each line."""
    start = 0
    for line in one.text.splitlines(keepends=True):
        bits = one.surprises[start : start + len(line)]
        start += len(line)
        shown = [visible(c) for c in line.rstrip("\n")]
        console.print(_paint(shown, bits), soft_wrap=True)
        if not _coloured():
            say(_digits(shown, bits))
    say(_figures(one))


def _figures(one: "Score") -> str:
    from makemore.evaluation.scores import COLUMNS

    cells = zip(COLUMNS, one.cells(), strict=True)
    return ", ".join(f"{heading} {cell}" for heading, cell in cells if cell)


def _word(one: "Score", end: str, width: int) -> Text:
    """Write a word with its end, coloured, or followed by its digits."""
    if not _coloured():
        return Text(_plain_word(one, end, width))
    word = _paint(_shown(one, end), one.surprises)
    word.pad_right(max(1, width - word.cell_len))
    return word


def _plain_word(one: "Score", end: str, width: int) -> str:
    """Write a word with its end, followed by its digits."""
    shown = _shown(one, end)
    word = "".join(shown)
    gap = " " * max(1, width - cell_len(word))
    return word + gap + _digits(shown, one.surprises).ljust(width)


def _shown(one: "Score", end: str) -> list[str]:
    return [visible(character) or end for character in one.characters]


def _paint(shown: list[str], bits: list[float]) -> Text:
    line = Text()
    for character, surprise in zip(shown, bits, strict=False):
        style = next(style for below, style in LEVELS if surprise < below or below > 1e9)
        line.append(character, style)
    return line


def _digits(shown: list[str], bits: list[float]) -> str:
    """Write the bits of each character below it, 9 for 9 and more."""
    digits = (
        str(min(9, round(min(surprise, 9)))).rjust(len(character))
        for character, surprise in zip(shown, bits, strict=False)
    )
    return "".join(digits)


def _show_legend() -> None:
    names = ("under 1 bit", "under 3", "under 6", "more")
    legend = Text("\n")
    for name, (_, style) in zip(names, LEVELS, strict=True):
        legend.append(name, style).append("  ")
    console.print(legend)
