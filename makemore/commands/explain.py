"""`makemore explain`."""

from pathlib import Path
from typing import Any

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.errors import UsageError
from makemore.runs.settings import read_settings


@flags.with_setting_flags
@reports_errors
def explain(
    words: flags.WordsArgument = None,
    model: flags.ModelOption = None,
    run: flags.ExplainedRunOption = None,
    config: flags.ConfigOption = None,
    at: flags.AtOption = None,
    svg: flags.SvgOption = None,
    contexts: flags.ContextsOption = False,
    shapes: flags.ShapesOption = False,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
    **settings: Any,
) -> None:
    """Show one prediction whole, or what a model sees (--contexts) or is made of (--shapes)."""
    words, device = words or [], settings.get("device", "auto")
    settings |= {} if model is None else {"model": model}
    _refuse_what_does_not_go_together(words, at, svg, contexts, shapes)
    where_it_is = {"device", "model"} if ".py:" in (model or "") else {"device"}
    if run and (config or settings.keys() - where_it_is):
        raise UsageError("--run has settings of its own: leave out --config and those given here.")
    wanted = (
        None if run else read_settings(config, settings, trusted=trust)
    )  # refused before torch is imported

    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.commands import console
    from makemore.diagnostics.explain import explain, find_contexts
    from makemore.diagnostics.shapes import find_shapes
    from makemore.maker import Maker
    from makemore.runs.files import write_whole
    from makemore.training.learner import untrained

    maker = untrained(wanted) if wanted else Maker.load(run, device, model=model, trust=trust)
    if shapes:
        table = find_shapes(maker.model)
        if as_json:
            console.print_json(table.figures())
        else:
            console.show(table)
    elif contexts:
        for one in find_contexts(maker, words):
            if as_json:
                console.print_json(vars(one))
            else:
                console.say(str(one))
    else:
        found = explain(maker, words[0], at)
        if svg is not None:
            write_whole(svg, found.to_svg().encode())
        if as_json:
            console.print_json(found.figures())
        else:
            console.show_explanation(found)


def _refuse_what_does_not_go_together(
    words: list[str], at: int | None, svg: Path | None, contexts: bool, shapes: bool
) -> None:
    if (contexts or shapes) and (at is not None or svg is not None):
        raise UsageError("--at and --svg go with one prediction: leave out --contexts or --shapes.")
    if shapes and (contexts or words):
        raise UsageError("--shapes are those of a model: leave out the word and --contexts.")
    if not (words or shapes):
        raise UsageError("Give a word to explain, such as: makemore explain emma --model mlp.")
    if len(words) > 1 and not contexts:
        raise UsageError(f"One word is explained at a time: {words[0]}, or all with --contexts.")
    if svg is not None and svg.suffix.lower() != ".svg":
        raise UsageError(f"--svg writes SVG: give it {svg.with_suffix('.svg')}, not {svg}.")
