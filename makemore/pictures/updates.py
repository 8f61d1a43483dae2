"""How far steps move the weights: lecture 4's log10 of update to data, over the steps.

The lecture's guide is -3: a step changes weights by a thousandth of their spread. A training of a
few hundred steps has to take larger ones to get anywhere, so its curves begin above the guide.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from makemore.errors import UserError
from makemore.pictures.request import Request
from makemore.pictures.style import COLOURS, INK, WIDTH
from makemore.training.learner import Learner

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 100
"""Of a short training, where a run has not logged them."""
LOGGED = "update_ratio/"
"""Before the name of a parameter: the tag of what a run has logged."""
GUIDE = -3.0
MOST = 14
"""Lines that can be told apart: each colour plain and dashed."""


@dataclass(frozen=True)
class Found:
    """The curves.

    Attributes:
        model: name of the architecture.
        curves: of each matrix by its name: steps, and log10 of update to data.
        anew: whether a short training of its own has found them; else the run has logged them.
    """

    model: str
    curves: dict[str, tuple[list[int], list[float]]]
    anew: bool

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        curves = {
            name: {"steps": steps, "log10": [x if math.isfinite(x) else None for x in ratios]}
            for name, (steps, ratios) in self.curves.items()
        }
        return {"model": self.model, "logged": not self.anew, "update_to_data": curves}


def find(request: Request) -> Found:
    """Take what a run has logged, or else the first steps of its training, taken once more.

    Raises:
        UserError: the model counts and takes no steps, it has no matrix, or the corpus can't be
            read.
    """
    maker = request.maker
    name = maker.config.name
    if maker.model.closed_form:
        raise UserError(f"{name} is fitted by counting: no step updates it.")
    logged = read_logged(maker.metrics)
    if logged:
        return Found(name, logged, anew=False)
    device = maker.model.device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        found = follow(Learner(maker.config, maker.corpus, device, tried=False))
    if not found:
        raise UserError(f"{name} has no matrix that a step updates.")
    return Found(name, found, anew=True)


def read_logged(
    metrics: Sequence[Mapping[str, float | None]],
) -> dict[str, tuple[list[int], list[float]]]:
    """Pick the ratios out of a run's metrics; what is not finite is left out."""
    curves: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for row in metrics:
        for tag, value in row.items():
            step = row.get("step")
            if tag.startswith(LOGGED) and value is not None and step is not None:
                steps, ratios = curves[tag.removeprefix(LOGGED)]
                steps.append(int(step))
                ratios.append(value)
    return dict(curves)


def follow(learner: Learner, steps: int = STEPS) -> dict[str, tuple[list[int], list[float]]]:
    """Take steps, and compare each update with the weights that it leads to.

    Args:
        learner: fresh; afterwards it has taken the steps.
        steps: at most; no more than its training has.
    """
    matrices = {
        name.removeprefix("module."): parameter
        for name, parameter in learner.model.named_parameters()
        if parameter.requires_grad and parameter.dim() > 1
    }
    curves: dict[str, tuple[list[int], list[float]]] = {name: ([], []) for name in matrices}
    with learner:
        learner.begin()
        while learner.progress.step < steps and not learner.progress.finished:
            before = {name: matrix.detach().clone() for name, matrix in matrices.items()}
            learner.step()
            for name, matrix in matrices.items():
                curves[name][0].append(learner.progress.step)
                curves[name][1].append(log_ratio(before[name], matrix.detach()))
    return {name: curve for name, curve in curves.items() if curve[0]}


def log_ratio(before: Tensor, after: Tensor) -> float:
    """Compute log10 of the deviation of an update over that of the weights after it."""
    update, data = (after - before).std().item(), after.std().item()
    return math.log10(update / data) if update > 0 and data > 0 else math.nan


def draw(figure: "Figure", found: Found) -> None:
    """Draw a line for each matrix, and the guide."""
    figure.set_size_inches(WIDTH + 2, 4.6)
    n = len(found.curves)
    steps = max(len(steps) for steps, _ in found.curves.values())
    where = f"the first {steps} steps, trained anew" if found.anew else "as the run logged it"
    more = f"; {MOST} of {n} matrices" if n > MOST else ""
    axes = figure.add_subplot(xlabel="step", ylabel="log10 of update to data")
    axes.set_title(f"{found.model}: update to data, {where}{more}", parse_math=False)
    for number, (name, curve) in enumerate(list(found.curves.items())[:MOST]):
        style = "-" if number < len(COLOURS) else "--"
        axes.plot(*curve, style, color=COLOURS[number % len(COLOURS)], linewidth=1.4, label=name)
    axes.axhline(GUIDE, color=INK, linestyle=":", label="guide: -3")
    legend = axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)
    for text in legend.get_texts():
        text.set_parse_math(False)
