"""Loss by place and by character."""

from collections import defaultdict

import numpy as np
import pytest
from matplotlib.figure import Figure

from makemore import Maker
from makemore.pictures.positions import draw, find, means
from makemore.pictures.request import Request


def test_the_means_are_those_of_the_words_scores_one_by_one(mlp: Maker) -> None:
    (run,) = find(Request([mlp])).runs
    places, characters = defaultdict(list), defaultdict(list)
    for score in mlp.score(mlp.corpus.val):
        for place, (character, loss) in enumerate(zip(score.characters, score.losses, strict=True)):
            places[place + 1].append(loss)
            characters[character or "."].append(loss)
    for found, expected in ((run.places, places), (run.characters, characters)):
        assert found.keys() == expected.keys()
        for key, losses in expected.items():
            one = found[key]  # type: ignore[index]
            assert one.predictions == len(losses)
            assert one.loss == pytest.approx(np.mean(losses), rel=1e-5)


def test_all_places_together_are_the_loss_of_the_split(mlp: Maker, of_text: Maker) -> None:
    for maker in (mlp, of_text):
        expected = maker.evaluate("test")["test"]
        (run,) = find(Request([maker], split="test")).runs
        for means_ in (run.places, run.characters):
            total = sum(one.loss * one.predictions for one in means_.values())
            assert total / expected.predictions == pytest.approx(expected.loss, rel=1e-5)


def test_places_of_a_text_count_from_the_last_line_break(of_text: Maker) -> None:
    (run,) = find(Request([of_text], split="val")).runs
    (text,) = of_text.corpus.val
    lines = text.split("\n")
    assert {place: one.predictions for place, one in run.places.items()} == {
        place: sum(len(line) >= place for line in lines[:-1])
        + sum(len(line) + 1 == place for line in lines[:-1])
        + (len(lines[-1]) >= place)
        for place in run.places
    }


def test_a_mean_has_its_standard_error() -> None:
    found = means(np.array([1.0, 2.0, 3.0, 9.0]), np.array([0, 0, 0, 4]))
    assert found[0].loss == 2
    assert found[0].error == pytest.approx((2 / 3) ** 0.5 / 3**0.5)
    assert (found[4].loss, found[4].error, found[4].predictions) == (9, 0, 1)


def test_several_runs_lie_over_each_other(mlp: Maker, bigram: Maker) -> None:
    found, figure = find(Request([mlp, bigram])), Figure()
    draw(figure, found)
    above, below = figure.axes
    assert above.get_xlabel() == "place in the document"
    assert above.get_ylabel() == below.get_ylabel() == "loss (nats)"
    assert len(above.get_lines()) == len(below.get_lines()) == 2
