"""Shows a PNG in a terminal that can: each kind of terminal has a protocol of its own.

kitty: https://sw.kovidgoyal.net/kitty/graphics-protocol/
iTerm2: https://iterm2.com/documentation-images.html
sixel: https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from io import BytesIO
from itertools import groupby

COLUMNS = 100
"""Characters that a picture is wide, in a terminal that is wide enough."""
SIXEL_WIDTH = 900
"""Pixels."""
CHUNK = 4096
"""Characters of one message to kitty."""

Show = Callable[[bytes, int], str]
"""Spells a PNG so many columns wide."""


def shower_of(environment: Mapping[str, str]) -> Show | None:
    """Tell from its environment how a terminal shows a picture; None where it can't.

    tmux and screen stand between a program and its terminal, and let no picture through.
    """
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "TMUX" in environment or term.startswith(("screen", "tmux")):
        return None
    if "KITTY_WINDOW_ID" in environment or term in ("xterm-kitty", "xterm-ghostty"):
        return to_kitty
    if program in ("iTerm.app", "WezTerm") or environment.get("LC_TERMINAL") == "iTerm2":
        return to_iterm
    if term.startswith(("foot", "mlterm")) or "sixel" in term:
        return to_sixel
    return None


def to_kitty(png: bytes, columns: int) -> str:
    """Spell a PNG for kitty, in chunks; all but the last say that more comes."""
    data = b64encode(png).decode()
    chunks = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    keys = [f"a=T,f=100,c={columns},"] + [""] * (len(chunks) - 1)
    return "".join(
        f"\x1b_G{key}m={int(place < len(chunks) - 1)};{chunk}\x1b\\"
        for place, (key, chunk) in enumerate(zip(keys, chunks, strict=True))
    )


def to_iterm(png: bytes, columns: int) -> str:
    """Spell a PNG for iTerm2."""
    keys = f"inline=1;size={len(png)};width={columns}"
    return f"\x1b]1337;File={keys}:{b64encode(png).decode()}\a"


def to_sixel(png: bytes, columns: int) -> str:
    """Spell a PNG as sixels: a character a colour and column, for six rows; `columns` is ignored.

    256 colours have room. A character is 63 and a bit for each row, the uppermost the lowest.
    """
    import numpy as np
    from PIL import Image

    image = Image.open(BytesIO(png)).convert("RGB")
    image.thumbnail((SIXEL_WIDTH, SIXEL_WIDTH))
    indexed = image.quantize(256)
    palette = np.array(indexed.getpalette(), dtype=int).reshape(-1, 3) * 100 // 255
    pixels = np.array(indexed)  # (height, width)
    parts = [f'\x1bP0;1q"1;1;{image.width};{image.height}']
    parts += [f"#{i};2;{r};{g};{b}" for i, (r, g, b) in enumerate(palette.tolist())]
    for top in range(0, len(pixels), 6):
        band = pixels[top : top + 6]
        for colour in np.unique(band).tolist():
            bits = (1 << np.arange(len(band))) @ (band == colour)  # (width,)
            runs = ((chr(63 + bit), len(list(same))) for bit, same in groupby(bits.tolist()))
            parts.append(f"#{colour}" + "".join(f"!{n}{one}" for one, n in runs) + "$")
        parts.append("-")
    return "".join([*parts, "\x1b\\"])
