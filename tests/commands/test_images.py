"""Pictures in a terminal: what is written is read back as the terminals read it."""

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from makemore.commands.images import (
    Show,
    shower_of,
    to_iterm,
    to_kitty,
    to_sixel,
)


def png() -> bytes:
    """Draw a picture of 50 x 20 pixels in four colours."""
    pixels = np.zeros((20, 50, 3), dtype=np.uint8)
    pixels[3:9, 5:30, 0] = 255
    pixels[7:19, 20:50, 1] = 255
    file = BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def test_kitty_gets_the_png_in_chunks() -> None:
    content = bytes(range(256)) * 40
    messages = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", to_kitty(content, 80))
    assert b64decode("".join(data for _, data in messages)) == content
    assert messages[0][0] == "a=T,f=100,c=80,m=1"
    assert {keys for keys, _ in messages[1:-1]} == {"m=1"}
    assert messages[-1][0] == "m=0"
    assert max(len(data) for _, data in messages) <= 4096
    assert all(len(data) % 4 == 0 for _, data in messages)


def test_iterm_gets_the_png_at_once() -> None:
    found = re.fullmatch(
        r"\x1b\]1337;File=inline=1;size=(\d+);width=80:(.*)\a", to_iterm(png(), 80)
    )
    assert found is not None
    assert b64decode(found[2]) == png()
    assert int(found[1]) == len(png())


def test_sixels_are_the_picture() -> None:
    text = to_sixel(png(), 80)
    assert text.startswith('\x1bP0;1q"1;1;50;20')
    assert text.endswith("\x1b\\")
    image, palette = np.full((24, 50, 3), -1), {}
    row = column = colour = 0
    pattern = r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|(\$)|(-)"
    for m in re.finditer(pattern, text[len('\x1bP0;1q"1;1;50;20') :]):
        if m[1]:
            palette[int(m[1])] = [int(m[2]), int(m[3]), int(m[4])]
        elif m[5]:
            colour = int(m[5])
        elif m[6]:
            for _ in range(int(m[6])):
                for bit in range(6):
                    if (ord(m[7]) - 63) >> bit & 1:
                        image[row + bit, column] = palette[colour]
                column += 1
        elif m[8]:
            column = 0
        else:
            row, column = row + 6, 0
    expected = np.asarray(Image.open(BytesIO(png())).convert("RGB")).astype(int) * 100 // 255
    assert np.array_equal(image[:20], expected)
    assert (image[20:] == -1).all()


@pytest.mark.parametrize(
    ("environment", "shower"),
    [
        ({"TERM": "xterm-kitty"}, to_kitty),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, to_iterm),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, to_iterm),
        ({"TERM": "foot"}, to_sixel),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "tmux-256color", "TMUX": "1", "KITTY_WINDOW_ID": "1"}, None),
        ({}, None),
    ],
)
def test_a_terminal_is_known_by_its_environment(
    environment: dict[str, str], shower: Show | None
) -> None:
    assert shower_of(environment) is shower
