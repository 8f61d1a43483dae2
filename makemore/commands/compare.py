"""`makemore compare`."""

from typing import Annotated, Any

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.comparison.recipes import read_recipes
from makemore.models import ARCHITECTURES
from makemore.signals import SIGNALS

ModelsOption = Annotated[
    str | None,
    typer.Option(
        help=f"Some of {', '.join(ARCHITECTURES)}, or your own: file.py:ClassName; "
        "with commas between them.",
        show_default="all of them; of a text bigram, ngram, mlp and transformer",
    ),
]


@flags.with_common_flags
@reports_errors
def compare(
    models: ModelsOption = None, as_json: flags.JsonOption = False, **settings: Any
) -> None:
    """Train several models, each with its recipe, and order them, beside gzip, bzip2 and xz."""
    wanted = read_recipes(models, settings)  # refused before torch is imported

    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.api import compare as api
    from makemore.commands import console

    found = api.compare_configs(wanted, show=not as_json, should_stop=SIGNALS.should_stop)
    if as_json:
        console.print_json(found.figures())
    else:
        console.show_comparison(found)
