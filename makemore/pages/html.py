"""Parts of a page: text that is escaped, tables, pictures inside the page.

Whatever comes from data, from file names or from a model goes through `text`, and nothing else
makes HTML of it.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from makemore.display import Grid, visible

_ENDS = [plane | last for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)]
NO_CHARACTERS = re.compile(f"[\ufdd0-\ufdef{''.join(map(chr, _ENDS))}]")
"""Code points that no character will ever have: HTML forbids them."""


def text(value: object) -> str:
    """Make HTML that shows these characters, and does nothing else.

    What a terminal would obey is spelled out, and so is what HTML forbids.
    """
    shown = NO_CHARACTERS.sub(lambda found: f"\\u{ord(found[0]):04x}", visible(str(value)))
    return escape(shown)


def lines(value: str) -> str:
    """Make HTML of a text whose line breaks and tabs are kept, for inside of `pre`."""
    parts = re.split("([\n\t])", value)
    return "".join(part if part in ("\n", "\t") else text(part) for part in parts)


def element(tag: str, *content: str, **attributes: str) -> str:
    """Make an element of content that is HTML already; `class_` and the like lose their dash."""
    given = "".join(f' {name.rstrip("_")}="{escape(v)}"' for name, v in attributes.items())
    return f"<{tag}{given}>{''.join(content)}</{tag}>"


def paragraph(sentence: str, class_: str = "") -> str:
    """Make a paragraph of plain text."""
    return element("p", text(sentence), **({"class_": class_} if class_ else {}))


def table(grid: Grid) -> str:
    """Make a table; the first cell of each row is its heading. A narrow screen scrolls it."""
    return rows_table(
        grid.headings, [[text(cell) for cell in row] for row in grid.rows], left=grid.left
    )


def rows_table(headings: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Make a table of cells that are HTML already; those from `left` on hold numbers."""
    head = ""
    if any(headings):
        head = element("thead", _row([text(one) for one in headings], left, scope="col"))
    body = element("tbody", *(_row(row, left, scope="row") for row in rows))
    return element("div", element("table", head, body), class_="scroll")


def _row(cells: Sequence[str], left: int, scope: str) -> str:
    made = []
    for number, cell in enumerate(cells):
        kind = {"class_": "number"} if number >= left else {}
        if cell and (scope == "col" or number == 0):
            made.append(element("th", cell, scope=scope, **kind))
        else:
            made.append(element("td", cell, **kind))
    return element("tr", *made) + "\n"


def picture(png: bytes, description: str) -> str:
    """Put an image into the page, shown as wide as the page at most."""
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    caption = element("figcaption", text(description))
    return element("figure", f'<img src="{source}" alt="{text(description)}">', caption)
