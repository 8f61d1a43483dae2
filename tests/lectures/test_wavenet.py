"""Lecture 6: its nets have the sizes of makemore's own."""

from typing import Any

import pytest

from makemore.lectures.wavenet import BLOCK_SIZE, make_net, shapes_of, size
from makemore.lectures.windows import Names, new_generator
from makemore.models import ARCHITECTURES, build_model


@pytest.mark.parametrize(
    ("lecture", "model", "ours"),
    [
        ((10, 200, 8), "mlp", {"block_size": 8, "norm": "batch"}),
        ((10, 68), "wavenet", {"n_embd": 10, "n_hidden": 68}),
        ((), "wavenet", {}),
    ],
)
def test_a_net_has_as_many_parameters_as_the_model_that_is_named_beside_it(
    lecture: tuple[int, ...], model: str, ours: dict[str, Any]
) -> None:
    settings = ARCHITECTURES[model](**ours).resolve(15)
    wanted = build_model(model, settings, 27).n_parameters
    assert size(make_net(27, new_generator(), *lecture)) == wanted


def test_each_layer_halves_the_places() -> None:
    windows = Names(["emmanuel", "anna"]).windows(["emmanuel"], BLOCK_SIZE)
    shapes = shapes_of(make_net(9, new_generator(), 5, 6), windows.contexts)
    assert shapes == [(9, 8, 5), (9, 4, 6), (9, 2, 6), (9, 6), (9, 9)]
