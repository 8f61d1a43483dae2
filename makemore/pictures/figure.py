"""A picture as PNG or SVG, in memory or in a file.

A picture is a function that draws on a figure. The figure is made here, in the look of `style`, and
drawn by Agg or as SVG. pyplot, which remembers figures and picks a window, takes no part. So a
picture looks the same whatever a notebook has set, and several threads may make some.
"""

import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from makemore.errors import UsageError
from makemore.pictures.style import COLOURS, RC
from makemore.runs.files import write_whole

if TYPE_CHECKING:  # matplotlib takes half a second to import
    from matplotlib.figure import Figure

Kind = Literal["png", "svg"]
Picture = Callable[["Figure"], None]
"""Draws on a figure."""

_LOCK = Lock()
"""matplotlib's settings are one for all threads: each picture has them to itself."""


def kind_of(path: str | Path, flag: str = "--plot") -> Kind:
    """Tell from a file's name what it is drawn as. Ask before computing what is to be drawn.

    Args:
        path: its suffix is .png or .svg, in capitals or not.
        flag: the option that names it.

    Raises:
        UsageError: it has another suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".png":
        return "png"
    if suffix == ".svg":
        return "svg"
    raise UsageError(f"{flag} writes PNG or SVG: give it a name in .png or .svg, not {path}.")


def render(picture: Picture, kind: Kind) -> bytes:
    """Draw a picture: the same bytes each time, with the same matplotlib."""
    from cycler import cycler
    from matplotlib import rc_context, rcParamsDefault
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {**rcParamsDefault, **RC, "axes.prop_cycle": cycler(color=COLOURS)}
    for name in ("backend", "backend_fallback", "interactive"):
        settings.pop(name, None)  # which window a user draws in is not a matter of looks
    image = BytesIO()
    with _LOCK, rc_context(settings), warnings.catch_warnings():
        # a character that the font hasn't is drawn as a box, which says enough
        warnings.filterwarnings("ignore", r"Glyph .* missing from font", UserWarning)
        figure = Figure()
        FigureCanvasAgg(figure)
        picture(figure)
        # the date and the version of matplotlib would make other bytes of the same picture
        metadata = {"Software": None} if kind == "png" else {"Date": None, "Creator": "makemore"}
        figure.savefig(image, format=kind, metadata=metadata)
    return image.getvalue()


def save(path: str | Path, picture: Picture) -> None:
    """Draw a picture into a file, whole or not at all; its suffix says as what.

    Raises:
        UserError: it can't be written.
        UsageError: its suffix is neither .png nor .svg.
    """
    write_whole(Path(path), render(picture, kind_of(path)))
