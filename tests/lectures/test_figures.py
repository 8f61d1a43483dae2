"""A figure beside the lecture's, as a table and as JSON."""

import json
import math

from makemore.lectures.figures import Figure, Replay


def test_a_figure_agrees_where_every_written_digit_is_the_lecture_s() -> None:
    assert Figure("loss", 3.3221, 3.32214).agrees
    assert not Figure("loss", 3.3221, 3.32216).agrees
    assert Figure("shape", (32, 27), (32, 27), form="d").agrees
    assert not Figure("shape", (32, 27), (32, 28), form="d").agrees
    assert Figure("without a seed", None, 3.2).agrees


def test_the_table_says_where_the_names_are_not_the_lecture_s() -> None:
    figures = [Figure("first loss", 27.8817, 3.3, "ours start at ln V")]
    own, other = (str(Replay(4, figures, same_data)) for same_data in (True, False))
    assert own.splitlines()[0].split("  ")[0] == "figure"
    assert "of its own names" not in own
    assert "of its own names" in other
    assert " ".join(own.splitlines()[1].split()) == "first loss 27.8817 3.3000 ours start at ln V"


def test_json_has_no_infinity() -> None:
    (found,) = Replay(2, [Figure("loss", math.inf, math.inf)], True).to_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == {
        "lecture": 2,
        "same_data": True,
        "name": "loss",
        "told": None,
        "found": None,
        "note": "",
        "form": ".4f",
    }
