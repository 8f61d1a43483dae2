"""`makemore moons`."""

import time
from dataclasses import asdict
from importlib.util import find_spec

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
    kind = "" if plot is None else plot.suffix.lower()
    if plot is not None and kind not in (".svg", ".png"):
        raise UsageError(f"--plot writes SVG or PNG: give it a name in .svg or .png, not {plot}.")
    if kind == ".png" and find_spec("matplotlib") is None:
        raise UsageError("--plot draws PNG with matplotlib: install it, or give a name in .svg.")
    from makemore.commands import console
    from makemore.micrograd.boundary import find_boundary, to_png, to_svg, to_text
    from makemore.micrograd.moons import make_moons, make_network, train, train_in_arrays
    from makemore.runs.files import write_whole

    data, network = make_moons(seed=seed), make_network(seed)
    start = time.perf_counter()
    training = train(network, data, steps, batch_size)
    if as_json:
        for step in training:
            console.print_json(asdict(step))
    else:
        console.say(f"{len(data.points)} points, {len(network.parameters())} parameters")
        console.follow(map(str, training))
    seconds = time.perf_counter() - start
    boundary = find_boundary(network, data)
    if plot is not None:
        write_whole(plot, to_png(boundary) if kind == ".png" else to_svg(boundary).encode())
    if as_json:
        return
    console.say(f"\n{to_text(boundary)}\n\n{seconds:.2f} s, number by number")
    if batch_size is None:
        start = time.perf_counter()
        list(train_in_arrays(make_network(seed), data, steps))
        arrays = time.perf_counter() - start
        console.say(
            f"{arrays:.2g} s, the same steps in arrays: {seconds / arrays:,.0f} times as fast"
        )
