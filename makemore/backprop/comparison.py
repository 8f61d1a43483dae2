"""Gradients beside each other: equal to the last bit, close, or how far apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from makemore.display import Grid, Shown


@dataclass(frozen=True)
class Difference:
    """How one gradient differs from another.

    Attributes:
        name: what it is the gradient by.
        exact: whether they are equal, bit for bit.
        close: whether they are by `torch.allclose`: to 1e-8 and a hundred thousandth.
        largest: the largest difference of two numbers; inf where they differ in shape.
    """

    name: str
    exact: bool
    close: bool
    largest: float


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """Several gradients beside each other; shows itself as a table."""

    differences: Sequence[Difference]

    @property
    def close(self) -> bool:
        """Whether all of them are."""
        return all(difference.close for difference in self.differences)

    @property
    def largest(self) -> float:
        """The largest difference of all; nan if one is."""
        largest = torch.tensor([difference.largest for difference in self.differences])
        return largest.max().item()

    def grid(self) -> Grid:
        """Show a gradient a row."""
        rows = [
            (one.name, _yes(one.exact), _yes(one.close), f"{one.largest:.1e}")
            for one in self.differences
        ]
        return Grid(rows, ("gradient by", "exact", "close", "largest difference"), left=3)


def compare(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> Comparison:
    """Compare each of our gradients with the one of the same name.

    Those of different shapes are not close, even where one could be broadcast to the other.

    Args:
        ours: gradients by name.
        theirs: the same names, and maybe others.
    """
    return Comparison([_difference(name, one, theirs[name]) for name, one in ours.items()])


def _difference(name: str, ours: Tensor, theirs: Tensor) -> Difference:
    if ours.shape != theirs.shape:
        return Difference(name, False, False, float("inf"))
    largest = (ours - theirs).abs().max().item()
    return Difference(name, torch.equal(ours, theirs), torch.allclose(ours, theirs), largest)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
