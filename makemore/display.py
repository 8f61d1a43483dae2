"""How a thing shows itself: as a small table, in a terminal, in a notebook and as plain text."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import JustifyMethod
    from rich.table import Table


@dataclass(frozen=True)
class Grid:
    """The cells of a small table.

    Attributes:
        rows: the text of each cell.
        headings: of the columns; none: the table has no heading.
        left: how many columns, the first ones, stand to the left. The others hold numbers.
        styles: of the columns in a terminal, as rich names them; none: plain.
    """

    rows: Sequence[Sequence[str]]
    headings: Sequence[str] = ()
    left: int = 1
    styles: Sequence[str] = ()

    def to_rich(self) -> "Table":
        """Make the table that rich shows in a terminal."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
        table.show_header = bool(self.headings)
        columns = self.headings or [""] * max(map(len, self.rows), default=0)
        for number, heading in enumerate(columns):
            justify: JustifyMethod = "left" if number < self.left else "right"
            style = self.styles[number] if self.styles else ""
            # where it is too wide, a name goes on in the next line: a part of it names nothing
            heading = visible(heading, but="\n")
            table.add_column(Text(heading), justify=justify, style=style, overflow="fold")
        for row in self.rows:
            table.add_row(*(Text(visible(cell, but="\n")) for cell in row))
        return table

    def to_html(self) -> str:
        """Make the table that a notebook shows."""
        lines = ["<table>"]
        if self.headings:
            lines.append(self._html_row(self.headings, "th"))
        lines += [self._html_row(row, "td") for row in self.rows]
        return "\n".join([*lines, "</table>"])

    def to_text(self) -> str:
        """Make the table that fits between prints."""
        from rich.console import Console

        console = Console(
            color_system=None, width=10_000, force_terminal=False, force_jupyter=False
        )
        with console.capture() as captured:
            console.print(self.to_rich())
        return "\n".join(line.rstrip() for line in captured.get().splitlines())

    def _html_row(self, cells: Sequence[str], tag: str) -> str:
        aligned = (
            f'<{tag} style="text-align: {"left" if number < self.left else "right"}">'
            f"{escape(cell)}</{tag}>"
            for number, cell in enumerate(cells)
        )
        return f"<tr>{''.join(aligned)}</tr>"


class Shown:
    """Something that shows itself as a small table, whoever asks."""

    def grid(self) -> Grid:
        """Give the cells of the table."""
        raise NotImplementedError

    def __rich__(self) -> "Table":
        return self.grid().to_rich()

    def _repr_html_(self) -> str:
        return self.grid().to_html()

    def __repr__(self) -> str:
        return self.grid().to_text()


def visible(text: str, but: str = "") -> str:
    """Spell out what a terminal would obey: control characters, and marks that turn the writing.

    Line and paragraph separators are among them, which some take for line breaks.

    Args:
        text: any.
        but: characters that stay as they are, such as line breaks.
    """
    if text.isprintable():
        return text
    return "".join(repr(c)[1:-1] if _is_obeyed(c) and c not in but else c for c in text)


def _is_obeyed(character: str) -> bool:
    turns = "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    return turns or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def show_loss(loss: float) -> str:
    """Write a loss with four digits, or a dash where there is none yet."""
    if loss != loss:
        return "-"
    return f"{loss:.4f}" if abs(loss) < 1e6 else f"{loss:.4g}"


def show_estimate(loss: float, error: float) -> str:
    """Write a loss with its standard error, unless it is exact."""
    return f"{show_loss(loss)} ± {error:.4f}" if error and loss == loss else show_loss(loss)
