"""The map of the characters."""

from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

import makemore
from makemore import Maker, UserError
from makemore.pictures.characters import MOST, is_vowel, shown_ids
from makemore.pictures.embedding import draw, find, principal_components
from makemore.pictures.request import Request


def test_two_dimensions_are_shown_as_they_are(mlp: Maker) -> None:
    found = find(Request([mlp]))
    weights: torch.Tensor = mlp.model.embedding.weight  # type: ignore[union-attr,assignment]
    assert np.array_equal(found.points, weights.detach().double().numpy())
    assert found.shares is None
    assert found.characters[:2] == [".", "a"]
    assert [c for c, vowel in zip(found.characters, found.vowels, strict=True) if vowel] == [
        *"aeiou"
    ]
    figure = Figure()
    draw(figure, found)
    assert [text.get_text() for text in figure.axes[0].texts] == found.characters


def test_more_dimensions_are_turned_to_the_eigenvectors_of_their_covariance() -> None:
    random = np.random.default_rng(0)
    points = random.normal(size=(30, 5)) @ np.diag([5, 3, 1, 1, 0.1]) + 7
    found, shares = principal_components(points)
    values, vectors = np.linalg.eigh(np.cov(points.T))
    expected = (points - points.mean(axis=0)) @ vectors[:, [-1, -2]]
    assert np.abs(found) == pytest.approx(np.abs(expected))
    assert shares == pytest.approx((values[-1] / values.sum(), values[-2] / values.sum()))
    assert (found.max(axis=0) == np.abs(found).max(axis=0)).all()


def test_one_dimension_lies_on_a_line() -> None:
    found, shares = principal_components(np.array([[1.0], [2.0], [6.0]]))
    assert found == pytest.approx(np.array([[-2, 0], [-1, 0], [3, 0]]))
    assert shares == pytest.approx((1, 0))


def test_a_model_without_embedding_says_so(bigram: Maker) -> None:
    with pytest.raises(UserError, match="bigram has no embedding of characters"):
        find(Request([bigram]))


def test_of_many_characters_the_most_frequent_are_shown(tmp_path: Path) -> None:
    lines = [chr(0x4E00 + n) * (100 - n) for n in range(99)]
    (tmp_path / "many.txt").write_text("\n".join(lines))
    maker = makemore.train(tmp_path / "many.txt", model="bigram", split=(1.0, 0.0, 0.0), show=False)
    assert shown_ids(maker) == [0, *range(1, MOST + 1)]


def test_vowels_may_have_accents() -> None:
    assert all(map(is_vowel, "aEéÜ"))
    assert not any(map(is_vowel, ["y", "ñ", "", ".", "и"]))
