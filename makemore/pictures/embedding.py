"""The map of the characters: where a model's embedding puts each (lecture 3).

In two dimensions it is shown as it is. Of more, the two directions in which the characters lie
farthest apart are shown (principal component analysis, Pearson 1901).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from makemore.diagnostics.explain import shown_characters
from makemore.errors import UserError
from makemore.evaluation.scores import Floats
from makemore.maker import Maker
from makemore.pictures.characters import is_vowel, shown_ids
from makemore.pictures.request import Request
from makemore.pictures.style import BLUE, FAINT, ORANGE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Found:
    """Where each character lies.

    Attributes:
        model: its name.
        characters: as they are shown; the boundary as a dot.
        vowels: which of them are vowels.
        n_embd: dimensions of the embedding.
        points: float64 (n, 2), one a character.
        shares: of the variance, what each of the two directions shows; None where it is as it is.
    """

    model: str
    characters: list[str]
    vowels: list[bool]
    n_embd: int
    points: Floats
    shares: tuple[float, float] | None

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return {
            "model": self.model,
            "n_embd": self.n_embd,
            "shares_of_variance": self.shares,
            "points": dict(zip(self.characters, self.points.tolist(), strict=True)),
        }


def find(request: Request) -> Found:
    """Find the map of a run.

    Raises:
        UserError: its model has no embedding.
    """
    (name,), maker = request.names, request.maker
    weights = embedding_of(maker)
    ids, shown = shown_ids(maker), shown_characters(maker.vocabulary)
    chosen = weights[ids]
    points, shares = chosen, None
    if chosen.shape[1] != 2:
        points, shares = principal_components(chosen)
    names = [shown[i] for i in ids]
    return Found(name, names, list(map(is_vowel, names)), weights.shape[1], points, shares)


def embedding_of(maker: Maker) -> Floats:
    """Give the vector of each id, float64 (V, n_embd): the weights of the first embedding.

    Raises:
        UserError: there is none with a row for each id.
    """
    vectors = maker.model.character_vectors()
    if vectors is None:
        raise UserError(f"{maker.config.name} has no embedding of characters.")
    found: Floats = vectors[1].detach().cpu().double().numpy()
    return found


def principal_components(points: Floats) -> tuple[Floats, tuple[float, float]]:
    """Turn points so that the first coordinate varies most, and the second most of the rest.

    Args:
        points: (n, d).

    Returns:
        The first two coordinates around the mean, (n, 2), those of the largest size positive, and
        the share of the variance in each; 0 where there is no second.
    """
    centred = points - points.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    found = np.zeros((len(points), 2))
    found[:, : len(s)] = (u * s)[:, :2]
    found *= np.where(found[np.abs(found).argmax(axis=0), [0, 1]] < 0, -1, 1)
    shares = np.zeros(2)
    shares[: len(s)] = (s**2)[:2] / max((s**2).sum(), 1e-300)
    return found, (float(shares[0]), float(shares[1]))


def draw(figure: "Figure", found: Found) -> None:
    """Draw each character at its place, vowels in a colour and a shape of their own."""
    figure.set_size_inches(7, 6)
    names = ("first dimension", "second dimension")
    if found.shares is not None:
        names = (
            f"first direction ({100 * found.shares[0]:.0f}% of the variance)",
            f"second direction ({100 * found.shares[1]:.0f}%)",
        )
    how = "as it is" if found.shares is None else f"the widest two of {found.n_embd} dimensions"
    axes = figure.add_subplot(
        xlabel=names[0], ylabel=names[1], title=f"{found.model}: embedding, {how}"
    )
    vowels = np.array(found.vowels)
    for chosen, colour, marker, label in (
        (~vowels, BLUE, "o", "other characters"),
        (vowels, ORANGE, "s", "a, e, i, o, u"),
    ):
        x, y = found.points[chosen].T
        axes.scatter(x, y, s=330, color=colour, marker=marker, alpha=0.35, lw=0, label=label)
    for character, (x, y) in zip(found.characters, found.points, strict=True):
        axes.text(x, y, character, ha="center", va="center", fontsize=13, parse_math=False)
    axes.axhline(0, color=FAINT, lw=0.8, zorder=0)
    axes.axvline(0, color=FAINT, lw=0.8, zorder=0)
    axes.margins(0.08)
    if vowels.any():
        axes.legend(loc="best", markerscale=0.6)
