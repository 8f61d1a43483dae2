"""`makemore eval`."""

from typing import Annotated

import typer

from makemore.commands import flags
from makemore.commands.messages import reports_errors


@reports_errors
def evaluate(
    run: flags.RunOption = None,
    split: flags.SplitOption = None,
    data: flags.DataOption = None,
    skip_unknown: flags.SkipUnknownOption = False,
    column: flags.OtherColumnOption = None,
    encoding: flags.OtherEncodingOption = None,
    samples: Annotated[
        int | None,
        typer.Option(
            min=1, max=10**7, help="Also draw so many samples, and tell how good they are."
        ),
    ] = None,
    device: flags.DeviceOption = "auto",
    model: flags.OwnModelOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
) -> None:
    """Measure a trained model: exact losses over whole splits, or over other files."""
    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.commands import console
    from makemore.maker import Maker
    from makemore.training.status import StatusLine

    maker = Maker.load(run, device, model=model, trust=trust)
    with StatusLine(transient=True) as status:
        found = maker.evaluate(
            split,
            data,
            skip_unknown=skip_unknown,
            column=column,
            encoding=encoding,
            tell=status.tell,
        )
    quality = None if samples is None else maker.sample_quality(samples)
    if as_json:
        shown = {"checkpoint": str(maker.path), "splits": found.figures()}
        console.print_json(shown | ({"samples": quality.figures()} if quality else {}))
    else:
        console.say(f"{maker.path}: {maker.config.name}, step {maker.step:,}")
        console.show(found)
        if quality is not None:
            console.say()
            console.show(quality)
