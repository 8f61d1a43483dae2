"""`makemore moons`."""

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.errors import UsageError


@reports_errors
def moons(
    steps: flags.StepsOption = 100,
    batch_size: flags.PointsOption = None,
    seed: flags.MoonsSeedOption = 1337,
    plot: flags.PlotOption = None,
    as_json: flags.JsonOption = False,
) -> None:
    """Tell two half moons apart: micrograd's first training, computed number by number."""
    if plot is not None:
        _refuse_what_can_not_be_drawn(plot)

    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.commands import console
    from makemore.lectures.moons import Timed, find_pace
    from makemore.micrograd.boundary import find_boundary, to_image, to_text
    from makemore.micrograd.moons import make_moons, make_network, train
    from makemore.runs.files import write_whole

    data, network = make_moons(seed=seed), make_network(seed)
    training = Timed(train(network, data, steps, batch_size))
    if as_json:
        for step in training:
            console.print_json(asdict(step))
    else:
        console.say(f"{len(data.points)} points, {len(network.parameters())} parameters")
        console.follow(map(str, training))
    boundary = find_boundary(network, data)
    if plot is not None:
        write_whole(plot, to_image(boundary, plot.suffix.lower()))
    pace = find_pace(training.seconds, data, seed, steps, batch_size)
    if as_json:
        console.print_json(pace.figures())
    else:
        console.say(f"\n{to_text(boundary)}\n\n{pace}")


def _refuse_what_can_not_be_drawn(plot: Path) -> None:
    kind = plot.suffix.lower()
    if kind not in (".svg", ".png"):
        raise UsageError(f"--plot writes SVG or PNG: give it a name in .svg or .png, not {plot}.")
    if kind == ".png" and find_spec("matplotlib") is None:
        raise UsageError("--plot draws PNG with matplotlib: install it, or give a name in .svg.")
