"""Which models are compared, each with its own recipe."""

from pathlib import Path
from typing import Any

import pytest

from makemore.comparison.recipes import MODELS_OF_TEXT, read_recipes
from makemore.config import read_config
from makemore.errors import UsageError
from makemore.models import ARCHITECTURES


def test_each_model_has_the_recipe_that_it_is_trained_with() -> None:
    recipes = read_recipes(None, {"seed": 1})
    assert [config.model for config in recipes] == [*ARCHITECTURES]
    for config in recipes:
        assert config == read_config(None, {"model": config.model, "seed": 1})


def test_of_a_text_those_that_take_long_are_left_out() -> None:
    recipes = read_recipes(None, {"format": "text"})
    assert tuple(config.model for config in recipes) == MODELS_OF_TEXT


def test_models_are_named_in_a_list_or_with_commas() -> None:
    own = f"{Path('mine.py').absolute()}:Mine"
    for models in (["mlp", "mine.py:Mine"], "mlp, mine.py:Mine", "mlp,mine.py:Mine,"):
        assert [config.model for config in read_recipes(models, {})] == ["mlp", own]


@pytest.mark.parametrize(
    ("models", "settings", "problem"),
    [
        ("", {}, "--models: name one at least"),
        ([], {}, "--models: name one at least"),
        ("mlp,mlp", {}, "--models: name each model once"),
        ("mpl", {}, "'mpl' is none of bigram"),
        ("mlp,gru", {"n_head": 2}, "--n-head: belongs to transformer"),
        ("mlp", {"max_steps": -1}, "--max-steps"),
        ("mlp", {"init_from": "runs/one"}, "--from: here each model starts from fresh weights"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    models: str | list[str], settings: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        read_recipes(models, settings)
