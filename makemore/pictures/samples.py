"""Do the samples look like the real ones? Their lengths, letters and pairs of letters."""

import random
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from makemore.display import visible
from makemore.errors import UserError
from makemore.evaluation.distances import total_variation
from makemore.evaluation.quality import Distance
from makemore.pictures.request import Request
from makemore.pictures.style import BLUE, FAINT, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DRAWN, TEXTS = 2_000, 8
"""Samples that are drawn of a corpus of lines, and of a text, pages."""
COMPARED = 2**24
"""Characters of train, about, that are looked at; more would tell nothing new."""
NAMED, MOST_LETTERS = 10, 30
"""Pairs that are named, and letters that have room."""
BINS = 40
"""Lengths that have a step of their own; of more, several share one."""
RARE = 1e-3
"""Share of a pair that is too rare to be named."""


@dataclass(frozen=True)
class Shares:
    """How often each value occurs, among samples and among real ones.

    Attributes:
        samples: shares, which sum to 1.
        real: likewise.
        distance: total variation between both, and between as many real ones and others.
    """

    samples: dict[Any, float]
    real: dict[Any, float]
    distance: Distance

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return {
            "samples": {str(value): share for value, share in self.samples.items()},
            "real": {str(value): share for value, share in self.real.items()},
            "distance": {"samples": self.distance.samples, "real": self.distance.real},
        }


@dataclass(frozen=True)
class Found:
    """What samples are like, and real ones.

    Attributes:
        model: its name.
        n: how many samples; of a text, lines.
        lengths: in characters.
        letters: characters.
        bigrams: pairs of characters; of a corpus of lines, an end is a dot.
    """

    model: str
    n: int
    lengths: Shares
    letters: Shares
    bigrams: Shares

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        parts = ("lengths", "letters", "bigrams")
        shares = {name: getattr(self, name).figures() for name in parts}
        return {"model": self.model, "n": self.n, **shares}


def find(request: Request) -> Found:
    """Draw samples, always the same, and compare them with the train split.

    Raises:
        UserError: the corpus can't be read, or every sample is empty.
    """
    (name,), maker = request.names, request.maker
    samples = maker.draw(TEXTS if maker.is_text else DRAWN, seed=0, places=False)
    known = maker.corpus.some("train", COMPARED)
    drawn, real = lines_of(samples, maker.is_text), lines_of(known, maker.is_text)
    if not drawn or len(real) < 2:
        raise UserError("There is too little to compare: train the model first, or on more.")
    ends = "" if maker.is_text else "."
    return Found(
        name,
        len(drawn),
        compare(drawn, real, lambda line: [len(line)]),
        compare(drawn, real, list),
        compare(drawn, real, lambda line: list(map("".join, pairwise(ends + line + ends)))),
    )


def lines_of(documents: Iterable[str], is_text: bool) -> list[str]:
    """Give the documents that aren't empty; of texts, the whole lines, or all where there is none.

    The first and the last line of a text may be parts.
    """
    documents = list(documents)
    if is_text:
        lines = [line for text in documents for line in text.split("\n")[1:-1]]
        documents = lines or documents
    return [line for line in documents if line]


def compare(
    drawn: Sequence[str], real: Sequence[str], values_of: Callable[[str], Iterable[Hashable]]
) -> Shares:
    """Count values in both, and tell how far they are apart, beside what chance alone makes."""
    shuffled = random.Random(0).sample(real, len(real))
    half = min(len(drawn), len(real) // 2)
    some = [
        [value for line in lines for value in values_of(line)]
        for lines in (drawn, real, drawn[:half], shuffled[:half], shuffled[half : 2 * half])
    ]
    samples, all_real = (
        {value: times / len(values) for value, times in Counter(values).most_common()}
        for values in some[:2]
    )
    chance = total_variation(some[4], some[3])
    return Shares(samples, all_real, Distance(total_variation(some[2], some[3]), chance))


def draw(figure: "Figure", found: Found) -> None:
    """Draw lengths and letters beside each other, and each pair by its two shares."""
    figure.set_size_inches(12, 6.5)
    grid = figure.add_gridspec(2, 2)
    lengths = figure.add_subplot(grid[0, 0])
    letters = figure.add_subplot(grid[1, 0])
    pairs = figure.add_subplot(grid[:, 1])
    _draw_lengths(lengths, found.lengths)
    _draw_letters(letters, found.letters)
    _draw_pairs(pairs, found.bigrams)
    figure.suptitle(
        f"{found.model}: {found.n:,} drawn lines, beside the real ones of train", x=0.01, ha="left"
    )


def _title(what: str, shares: Shares) -> str:
    return (
        f"{what}: {100 * shares.distance.samples:.1f}% apart, by chance "
        f"{100 * shares.distance.real:.1f}%"
    )


def _draw_lengths(axes: "Axes", shares: Shares) -> None:
    longest = max(shares.samples.keys() | shares.real.keys())
    width = -(-longest // BINS)
    for found, colour, label in ((shares.real, FAINT, "real"), (shares.samples, BLUE, "samples")):
        heights = [0.0] * (longest // width + 1)
        for length, share in found.items():
            heights[length // width] += 100 * share
        edges = [width * place - 0.5 for place in range(len(heights) + 1)]
        axes.stairs(heights, edges, color=colour, lw=2, label=label)
    axes.set(title=_title("Lengths", shares), xlabel="characters", ylabel="share (%)")
    axes.set_ylim(bottom=0)
    axes.legend()


def _draw_letters(axes: "Axes", shares: Shares) -> None:
    letters = list(shares.real | shares.samples)[:MOST_LETTERS]
    for found, colour, shift, label in (
        (shares.real, FAINT, -0.2, "real"),
        (shares.samples, BLUE, 0.2, "samples"),
    ):
        places = [place + shift for place in range(len(letters))]
        heights = [100 * found.get(letter, 0) for letter in letters]
        axes.bar(places, heights, 0.4, color=colour, label=label)
    names = [{" ": "␣"}.get(letter, visible(letter)) for letter in letters]
    axes.set_xticks(range(len(letters)), names, parse_math=False)
    axes.set(title=_title("Letters", shares), xlabel="letter", ylabel="share (%)")
    axes.grid(visible=False, axis="x")
    axes.legend()


def _draw_pairs(axes: "Axes", shares: Shares) -> None:
    both = sorted(shares.real.keys() & shares.samples.keys())
    x = [100 * shares.real[pair] for pair in both]
    y = [100 * shares.samples[pair] for pair in both]
    axes.loglog(x, y, ".", color=BLUE, alpha=0.5, markersize=5)
    ends = [min(x + y, default=0.01), max(x + y, default=1)]
    axes.plot(ends, ends, color=FAINT, lw=1)

    def surprise(pair: str) -> float:
        """Its part of the chi-square statistic."""
        return (shares.samples[pair] - shares.real[pair]) ** 2 / shares.real[pair]

    differ = sorted((pair for pair in both if shares.real[pair] > RARE), key=surprise, reverse=True)
    for pair in differ[:NAMED]:
        at = (100 * shares.real[pair], 100 * shares.samples[pair])
        axes.plot(*at, ".", color=ORANGE, markersize=6)
        axes.annotate(
            visible(pair), at, (3, 3), textcoords="offset points", fontsize=9, parse_math=False
        )
    axes.set(
        title=_title("Pairs", shares), xlabel="share of real pairs (%)", ylabel="of samples (%)"
    )
