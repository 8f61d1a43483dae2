"""The matrix of next characters."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from makemore import Maker, UsageError
from makemore.pictures.bigram import draw, find
from makemore.pictures.request import Request
from tests.helpers import pair_counts


def test_a_counted_bigram_shows_how_often_each_pair_is_in_train(bigram: Maker) -> None:
    (matrix,) = find(Request([bigram])).matrices
    expected = pair_counts(bigram.corpus.train, bigram.vocabulary)
    assert matrix.counts is not None
    assert np.array_equal(matrix.counts, expected.numpy())


def test_each_row_is_what_the_model_expects_after_that_character(
    mlp: Maker, bigram: Maker, of_text: Maker
) -> None:
    for maker in (mlp, bigram, of_text):
        found = find(Request([maker]))
        (matrix,) = found.matrices
        assert matrix.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
        after = maker.probabilities("e")
        row = matrix.probabilities[found.characters.index("e")]
        assert row[found.characters.index("a")] == after["a"]
        assert ("." in found.characters[:1]) == (not maker.is_text)


def test_two_runs_stand_side_by_side_with_how_far_they_are_apart(mlp: Maker, bigram: Maker) -> None:
    found = find(Request([bigram, mlp]))
    one, other = (matrix.probabilities for matrix in found.matrices)
    apart = [
        sum(abs(p - q) for p, q in zip(*rows, strict=True)) / 2
        for rows in zip(one, other, strict=True)
    ]
    assert found.difference == pytest.approx(sum(apart) / len(apart))
    assert find(Request([mlp, mlp])).difference == 0
    figure = Figure()
    draw(figure, found)
    assert [axes.get_title("left") or axes.get_title() for axes in figure.axes[:2]]


def test_runs_that_know_other_characters_can_not(mlp: Maker, of_text: Maker) -> None:
    with pytest.raises(UsageError, match="both know the same characters"):
        find(Request([mlp, of_text]))


def test_the_figure_has_each_pair_with_its_number(bigram: Maker) -> None:
    found, figure = find(Request([bigram])), Figure()
    draw(figure, found)
    (axes,) = figure.axes
    counts = found.matrices[0].counts
    assert counts is not None
    written = [text.get_text() for text in axes.texts]
    place = written.index("an")
    a, n = (found.characters.index(one) for one in "an")
    assert written[place + 1] == str(int(counts[a, n]))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("next character", "character")
