"""`makemore moons`."""

from dataclasses import asdict

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.pictures.figure import kind_of


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
        kind_of(plot)

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
