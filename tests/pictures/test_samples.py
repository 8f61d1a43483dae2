"""Samples beside the real ones."""

from collections import Counter
from itertools import pairwise

import pytest
from matplotlib.figure import Figure

from makemore import Maker, UserError
from makemore.evaluation.distances import total_variation
from makemore.pictures.request import Request
from makemore.pictures.samples import compare, draw, find, lines_of


def test_real_shares_are_those_of_the_train_split(mlp: Maker) -> None:
    found, train = find(Request([mlp])), mlp.corpus.train
    lengths = Counter(map(len, train))
    assert found.lengths.real == {length: n / len(train) for length, n in lengths.items()}
    pairs = Counter(pair for name in train for pair in pairwise(f".{name}."))
    one = pairs["a", "n"] / pairs.total()
    assert found.bigrams.real["an"] == pytest.approx(one)
    assert sum(found.letters.samples.values()) == pytest.approx(1)


def test_samples_are_those_that_the_maker_draws_with_the_same_seed(mlp: Maker) -> None:
    found = find(Request([mlp]))
    drawn = [one for one in mlp.draw(2000, seed=0, places=False) if one]
    letters = Counter("".join(drawn))
    assert found.n == len(drawn)
    assert found.letters.samples["e"] == pytest.approx(letters["e"] / letters.total())


def test_the_distance_is_between_as_many_of_each() -> None:
    drawn, real = ["aa", "b"] * 10, ["c"] * 40
    shares = compare(drawn, real, list)
    assert shares.distance.samples == total_variation("aab" * 10, "c" * 20) == 1
    assert shares.distance.real == 0


def test_of_texts_the_whole_lines_are_compared() -> None:
    assert lines_of(["lf\nwhole\n\nother\nha"], is_text=True) == ["whole", "other"]
    assert lines_of(["no line break"], is_text=True) == ["no line break"]
    assert lines_of(["one", "", "two"], is_text=False) == ["one", "two"]


def test_the_figure_has_three_panels_with_units(mlp: Maker, of_text: Maker) -> None:
    for maker in (mlp, of_text):
        figure = Figure()
        draw(figure, find(Request([maker])))
        assert sorted(axes.get_xlabel() for axes in figure.axes) == [
            "characters",
            "letter",
            "share of real pairs (%)",
        ]


def test_too_little_to_compare_says_so(mlp: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Maker, "draw", lambda *_, **__: iter([""]))
    with pytest.raises(UserError, match="too little to compare"):
        find(Request([mlp]))
