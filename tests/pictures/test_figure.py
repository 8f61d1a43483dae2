"""A picture is saved whole, looks the same anywhere, and leaves matplotlib as it was."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from makemore.errors import UsageError, UserError
from makemore.pictures import style
from makemore.pictures.figure import Kind, kind_of, render, save


def picture(figure: Figure) -> None:
    axes = figure.add_subplot(xlabel="x", ylabel="$y^2$", title="A line")
    axes.plot([0, 1, 2], [0, 1, 4], label="y")
    axes.imshow(np.eye(3))
    axes.legend()


def lightness(colour: Any) -> float:
    """CIE L* of an sRGB colour, from 0 (black) to 100 (white)."""
    rgb: Any = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_picture_has_the_same_bytes_also_from_several_threads(kind: Kind) -> None:
    first = render(picture, kind)
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: render(picture, kind), range(4))) == {first}


def test_another_process_draws_the_same_svg() -> None:
    code = (
        "import sys; from tests.pictures.test_figure import picture\n"
        "from makemore.pictures.figure import render\n"
        "sys.stdout.buffer.write(render(picture, 'svg'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout == render(picture, "svg")


def test_it_looks_the_same_whatever_a_notebook_has_set_and_changes_none_of_it() -> None:
    expected = render(picture, "png")
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "svg.hashsalt": "own"}):
        before = dict(mpl.rcParams)
        assert render(picture, "png") == expected
        assert dict(mpl.rcParams) == before


def test_pyplot_takes_no_part() -> None:
    code = (
        "import sys; from makemore.pictures.figure import render\n"
        "assert 'matplotlib' not in sys.modules, 'imported before a picture is drawn'\n"
        "render(lambda figure: None, 'png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["a.png", "a.SVG"])
def test_the_suffix_says_as_what(name: str, tmp_path: Path) -> None:
    save(tmp_path / name, picture)
    content = (tmp_path / name).read_bytes()
    if name == "a.png":
        assert content.startswith(b"\x89PNG")
    else:
        assert ElementTree.fromstring(content).tag.endswith("svg")
        assert not re.search(rb"<dc:date>", content)


@pytest.mark.parametrize("name", ["a.gif", "a", "png", ".png"])
def test_another_suffix_is_bad_usage(name: str) -> None:
    with pytest.raises(UsageError, match=r"--plot writes PNG or SVG: give it a name in \.png or"):
        kind_of(name)


def test_a_picture_that_fails_leaves_the_file_of_before(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"before")

    def broken(figure: Figure) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        save(path, broken)
    assert path.read_bytes() == b"before"
    with pytest.raises(UserError, match="Can't write"):
        save(tmp_path / "nowhere" / "a.png", picture)


def test_maps_run_evenly_from_dark_to_light() -> None:
    """Equal steps of a value are about equal steps of lightness; a diverging one has two sides."""
    steps = np.linspace(0, 1, 64)
    one = np.diff([lightness(c) for c in mpl.colormaps[style.SEQUENTIAL](steps)[:, :3]])
    assert (one > 0).all()
    assert one.max() < 2 * one.min()
    both = [lightness(c) for c in mpl.colormaps[style.DIVERGING](steps)[:, :3]]
    assert 30 < int(np.argmax(both)) < 34
    assert max(both) > 95


def test_no_two_colours_of_lines_are_alike_to_who_sees_no_red_or_no_green() -> None:
    """Viénot, Brettel & Mollon 1999: a dichromat sees a plane of the space of cone responses."""
    to_lms = np.array(
        [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
    )
    no_red = np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]])
    no_green = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
    linear = np.array([to_rgb(colour) for colour in style.COLOURS]) ** 2.2
    for sight in (np.eye(3), no_red, no_green):
        seen = linear @ (np.linalg.inv(to_lms) @ sight @ to_lms).T
        shown = np.clip(seen, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(shown[:, None] - shown[None], axis=-1)
        assert apart[~np.eye(len(shown), dtype=bool)].min() > 0.1
