"""`makemore eval`."""

from makemore.commands import flags
from makemore.commands.messages import reports_errors


@reports_errors
def evaluate(
    run: flags.RunOption = None,
    split: flags.SplitOption = None,
    data: flags.DataOption = None,
    device: flags.DeviceOption = "auto",
    model: flags.OwnModelOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
) -> None:
    """Measure a trained model: exact losses over whole splits, or over another file."""
    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.commands import console
    from makemore.maker import Maker

    maker = Maker.load(run, device, model=model, trust=trust)
    found = maker.evaluate(split, data)
    if as_json:
        console.print_json({"checkpoint": str(maker.path), "splits": found.figures()})
    else:
        console.say(f"{maker.path}: {maker.config.name}, step {maker.step:,}")
        console.show(found)
