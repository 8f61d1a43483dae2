"""`makemore sample`."""

import json
from typing import Any

import typer

from makemore.commands.flags import (
    CountOption,
    DeviceOption,
    DistinctOption,
    JsonOption,
    MaxLengthOption,
    NovelOption,
    PromptOption,
    RunOption,
    SeedOption,
    TemperatureOption,
    TopKOption,
    TopPOption,
)
from makemore.commands.messages import reports_errors
from makemore.corpus.reading import clean


@reports_errors
def sample(
    n: CountOption = None,
    run: RunOption = None,
    prompt: PromptOption = "",
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = None,
    top_p: TopPOption = None,
    max_length: MaxLengthOption = None,
    novel: NovelOption = False,
    distinct: DistinctOption = False,
    seed: SeedOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Make more: draw new documents from a trained model, or go on with a text."""
    from makemore import api
    from makemore.commands import console

    maker = api.load(run, device)
    how: dict[str, Any] = {"prompt": prompt, "temperature": temperature, "seed": seed}
    how |= {"top_k": top_k, "top_p": top_p, "max_length": max_length}
    if maker.is_text and not (as_json or novel or distinct):
        console.show_texts(maker.stream(n, **how), clean(prompt))
        return
    places = as_json or console.in_terminal()
    samples = maker.draw(n, novel=novel, distinct=distinct, places=places, **how)
    if as_json:
        for one in samples:
            typer.echo(json.dumps(one.figures()))
    else:
        console.show_samples(samples, maker.longest)
