"""What a comparison says of two gradients, and how it shows itself."""

import math

import torch

from makemore.backprop.comparison import compare

ONE = torch.tensor([1.0, -2.0])


def test_equal_close_and_different_gradients_are_told_apart() -> None:
    ours = {"h": ONE, "W": ONE * (1 + 1e-6), "b": ONE + 0.5}
    exact, close, different = compare(ours, {"b": ONE, "W": ONE, "h": ONE}).differences
    assert (exact.exact, exact.close, exact.largest) == (True, True, 0.0)
    assert (close.exact, close.close) == (False, True)
    assert 1e-6 < close.largest < 3e-6
    assert (different.exact, different.close, different.largest) == (False, False, 0.5)


def test_a_gradient_that_broadcasts_to_the_other_is_not_close() -> None:
    """Zeros of any shape would differ by nothing, were the shapes not compared."""
    comparison = compare({"b": torch.zeros(3, 2)}, {"b": torch.zeros(2)})
    assert not comparison.close
    assert comparison.largest == math.inf


def test_a_gradient_that_is_no_number_is_not_close() -> None:
    comparison = compare({"h": ONE, "b": ONE * math.nan}, {"h": ONE, "b": ONE})
    assert not comparison.close
    assert math.isnan(comparison.largest)


def test_it_shows_itself_as_a_table() -> None:
    comparison = compare({"h": ONE, "b2": ONE + 0.5}, {"h": ONE, "b2": ONE})
    assert repr(comparison).splitlines() == [
        "gradient by  exact  close  largest difference",
        "h            yes    yes               0.0e+00",
        "b2           no     no                5.0e-01",
    ]
