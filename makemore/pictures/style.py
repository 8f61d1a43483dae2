"""The look that all pictures share: colours, maps, sizes.

The colours are those of Okabe & Ito 2008, https://jfly.uni-koeln.de/color/, which people who see
some colours alike can tell apart too. The maps are perceptually uniform: equal steps of a value are
equal steps to the eye, also in grey.
"""

from typing import Any

BLUE = "#0072b2"
ORANGE = "#e69f00"
GREEN = "#009e73"
RED = "#d55e00"
PINK = "#cc79a7"
SKY = "#56b4e9"
YELLOW = "#f0e442"
COLOURS = (BLUE, ORANGE, GREEN, RED, PINK, SKY, YELLOW)
"""In the order in which lines take them."""
INK = "#222222"
FAINT = "#999999"

SEQUENTIAL = "viridis"
"""From little to much: probabilities, counts, attention."""
DIVERGING = "PuOr"
"""From below nothing to above it: weights, gradients, scores. White is the middle."""

WIDTH, HEIGHT = 7.0, 4.0
"""Inches, of a picture alone."""
DOTS_PER_INCH = 150
"""7 inches are 1050 pixels: a README shows them at about 900."""

RC: dict[str, Any] = {
    "figure.figsize": (WIDTH, HEIGHT),
    "figure.dpi": DOTS_PER_INCH,
    "figure.constrained_layout.use": True,
    "savefig.dpi": "figure",
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that a picture is the same anywhere
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e5e5e5",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "image.cmap": SEQUENTIAL,
    "svg.hashsalt": "makemore",  # the names inside an SVG are the same each time
}
"""What of matplotlib's settings differs from its own defaults."""
