"""The bars under the letters of a word."""

import math

import pytest
from matplotlib.figure import Figure

from makemore import Maker, UsageError, UserError
from makemore.pictures.request import Request
from makemore.pictures.word import BARS, MOST, draw, find


def test_each_place_has_what_the_model_expects_after_the_letters_before_it(mlp: Maker) -> None:
    found = find(Request([mlp], "emma"))
    assert found.characters == [*"emma", ""]
    for place, probabilities in enumerate(found.probabilities):
        expected = mlp.probabilities("emma"[:place])
        if place == 0:  # nothing is drawn that is empty
            no_end = 1 - probabilities[""]
            expected = {one: p * no_end for one, p in expected.items()} | {"": probabilities[""]}
        assert probabilities == pytest.approx(expected, abs=1e-6)
        assert list(probabilities.values()) == sorted(probabilities.values(), reverse=True)


def test_the_surprises_sum_to_the_score_of_the_word(mlp: Maker) -> None:
    (score,) = mlp.score("emma")
    found = find(Request([mlp], "emma"))
    assert math.fsum(found.bits) == pytest.approx(score.nats / math.log(2), rel=1e-5)


def test_the_word_is_the_first_of_the_split_unless_told(mlp: Maker, of_text: Maker) -> None:
    assert find(Request([mlp])).word == mlp.corpus.val[0]
    assert find(Request([mlp], split="test")).word == mlp.corpus.test[0]
    found = find(Request([of_text]))
    assert of_text.corpus.val[0].startswith(found.word)
    assert len(found.characters) == len(found.word), "a text has no end"


def test_the_own_letter_has_a_bar_also_where_it_is_unlikely(mlp: Maker) -> None:
    found, figure = find(Request([mlp], "qxz")), Figure()
    draw(figure, found)
    written = [text.get_text() for text in figure.axes[0].texts]
    for place, letter in enumerate("qxz"):
        rare = letter not in list(found.probabilities[place])[:BARS]
        assert written.count(letter) >= 2 or not rare


def test_what_can_not_be_shown_says_why(mlp: Maker) -> None:
    with pytest.raises(UsageError, match=f"up to {MOST} characters"):
        find(Request([mlp], "a" * 21))
    with pytest.raises(UsageError, match="at least a character"):
        find(Request([mlp], ""))
    with pytest.raises(UserError, match="doesn't know the character '7'"):
        find(Request([mlp], "7"))
