"""Compare models on the same data."""

from collections.abc import Callable, Sequence
from typing import Any

from makemore.api.given import chosen_of, warn_of_the_format
from makemore.comparison import compare as comparing
from makemore.comparison.comparison import Comparison
from makemore.comparison.live import LiveTable
from makemore.comparison.recipes import read_recipes
from makemore.config import Config
from makemore.corpus.sources import Paths


def compare(
    data: Paths | None = None,
    *,
    models: str | Sequence[str] | None = None,
    show: bool = True,
    watch: Callable[[Comparison], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    **settings: Any,
) -> Comparison:
    """Train several models on a text file, each with its recipe, and tell which is the best.

    Beside them stand gzip, bzip2 and xz, on the same held-out text. Nothing is written, and the
    test split is not read.

    Args:
        data: the file; None takes the names that come with makemore.
        models: architectures, or your own: `file.py:ClassName`; None: all of them, and of a text
            those that don't take long.
        show: show what was read, and in a terminal or a notebook a table that fills in.
        watch: called with the comparison so far, after every step.
        should_stop: asked before every step; what is done is kept.
        settings: of data and training, by their names, for all models: `max_steps=500`,
            `format="text"`.

    Returns:
        The comparison, ordered by the validation loss.

    Raises:
        UserError: a file can't be read, there is no validation split, or no model can be trained.
        UsageError: a setting that can't be.
    """
    configs = read_recipes(models, chosen_of(data, settings))
    return compare_configs(configs, show=show, watch=watch, should_stop=should_stop)


def compare_configs(
    configs: Sequence[Config],
    *,
    show: bool = True,
    watch: Callable[[Comparison], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Comparison:
    """Compare as `compare` does, where the settings of each model are in an object already."""
    corpus = configs[0].data.load()
    warn_of_the_format(corpus)
    with LiveTable(show) as table:
        table.say(corpus.describe())

        def follow(comparison: Comparison) -> None:
            table.update(comparison)
            if watch is not None:
                watch(comparison)

        return comparing.compare(
            configs, corpus, watch=follow, should_stop=should_stop or (lambda: False)
        )
