"""Which learning rate? The learning rate range test: the loss as the rate rises at every step.

Smith 2015, https://arxiv.org/abs/1506.01186 (makemore, lecture 3, has the sweep too). A fresh model
is trained for some hundred steps. The learning rate begins far too small and grows by the same
factor at each. First the loss stands still, then it falls, then it rises, and in the end it bursts.

Several rules read a rate from that curve. `python benchmarks/lr_range.py` tells how near each comes
to the rates of the recipes, which were chosen on validation:

    lowest      where the loss is lowest: mostly several times too large
    lowest/10   a tenth of that (S. Gugger 2018; fastai's "minimum"): mostly too small
    steepest    where it falls fastest (fastai's "steep"): far too small
    lowest/3    what is suggested here
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from makemore.display import Grid, Shown
from makemore.errors import UsageError
from makemore.runs.progress import Progress
from makemore.training.divergence import DivergenceError
from makemore.training.learner import Learner

STEPS = 200
FEWEST = 50
"""With fewer steps the smoothing reaches over too much of the curve."""
SLOWEST, FASTEST = 1e-5, 10.0
"""The first and the last learning rate."""
SMOOTHED_OVER = 13
"""A loss is smoothed over so many steps: 6 before, itself, and 6 behind."""
BURST = 4.0
"""The sweep ends where the newest losses have this many times the lowest mean so far (fastai)."""
SHARE = 1 / 3
"""Suggested: this share of the rate at which the loss is lowest.

There a step undoes as much as it gains, so a training wants a smaller one. How much smaller is read
from the recipes: on average they have a third of it, whether the sweep takes 100 steps or 200.
"""
LEAST_FALL = 0.01
"""Below this share of its beginning, a fall of the loss is none."""


@dataclass(frozen=True)
class Suggestion:
    """What is read from a sweep.

    Attributes:
        smoothed: the mean of the losses around each, nats a character.
        lowest: which of them is the lowest.
        steepest: which rate the loss falls fastest at, as the logarithm of the rate grows; never
            behind the lowest.
        rate: the suggested learning rate; None where the loss never falls.
    """

    smoothed: list[float]
    lowest: int
    steepest: int
    rate: float | None


@dataclass(frozen=True, repr=False)
class LearningRateRange(Shown):
    """A sweep over the learning rate.

    Attributes:
        model: name of the architecture.
        recipe: peak learning rate of its settings.
        rates: of the steps, each larger than the one before by the same factor.
        losses: of the batch before each step, nats a character.
        bursts_at: the rate at which the sweep ended, since the loss was no longer a number or far
            too large; None where it came to its end.
        suggestion: what is read from it.
    """

    model: str
    recipe: float
    rates: list[float]
    losses: list[float]
    bursts_at: float | None
    suggestion: Suggestion

    @property
    def suggested(self) -> float | None:
        """The suggested learning rate; None where the loss never falls."""
        return self.suggestion.rate

    @property
    def why(self) -> str:
        """Say in a sentence where the suggestion comes from."""
        at = self.suggestion.lowest
        lowest, rate = self.suggestion.smoothed[at], self.rates[at]
        if self.suggested is None:
            return (
                f"No learning rate is suggested: from {self.rates[0]:.3g} to {self.rates[-1]:.3g} "
                f"the loss never fell."
            )
        return (
            f"The loss is lowest, {lowest:.4f}, at {rate:.3g}: there a step already undoes as much "
            f"as it gains. A third of that is suggested, {self.suggested:.3g}, as the recipes of "
            f"the models have it on average."
        )

    def grid(self) -> Grid:
        """Show the rates that tell something."""
        found = self.suggestion
        fastest = "" if self.suggested is None else f"{self.rates[found.steepest]:.3g}"
        rows = [
            ("the loss falls fastest at", fastest),
            ("it is lowest at", f"{self.rates[found.lowest]:.3g}"),
            ("it bursts at", "-" if self.bursts_at is None else f"{self.bursts_at:.3g}"),
            ("suggested", "-" if self.suggested is None else f"{self.suggested:.3g}"),
            (f"in the recipe of {self.model}", f"{self.recipe:.3g}"),
        ]
        return Grid([row for row in rows if row[1]])

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        found = self.suggestion
        return {
            "model": self.model,
            "suggested": self.suggested,
            "why": self.why,
            "recipe": self.recipe,
            "lowest": {"rate": self.rates[found.lowest], "loss": found.smoothed[found.lowest]},
            "steepest": {"rate": self.rates[found.steepest]},
            "bursts_at": self.bursts_at,
            "rates": self.rates,
            "losses": self.losses,
            "smoothed": found.smoothed,
        }


def find_lr_range(
    learner: Learner,
    steps: int = STEPS,
    *,
    slowest: float = SLOWEST,
    fastest: float = FASTEST,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> LearningRateRange:
    """Raise a learner's learning rate at every step until its loss bursts.

    Args:
        learner: fresh; afterwards its weights are good for nothing.
        steps: how many, at least 50; fewer where the loss bursts.
        slowest: the first learning rate.
        fastest: the last.
        watch: called with the progress before the first step and after every step.

    Raises:
        UsageError: the model has no gradient to descend, or the steps are too few.
    """
    if learner.model.closed_form:
        raise UsageError(
            f"--model {learner.maker.config.name} is fitted by counting, without a learning rate: "
            f"take another, or bigram with --fit gradient."
        )
    if steps < FEWEST:
        raise UsageError(f"--steps takes {FEWEST} or more, not {steps}: fewer make no curve.")
    progress = learner.progress
    progress.max_steps = steps
    rates: list[float] = []
    losses: list[float] = []
    bursts_at = None
    with learner:
        learner.begin()
        watch(progress)
        for rate in np.geomspace(slowest, fastest, steps).tolist():
            try:
                loss = float(learner.step(rate).loss)
            except DivergenceError:
                bursts_at = rate
                break
            rates.append(rate)
            losses.append(loss)
            progress.take_means()
            watch(progress)
            if bursts(losses):
                bursts_at = rate
                break
    name, recipe = learner.maker.config.name, learner.settings.learning_rate
    return LearningRateRange(name, recipe, rates, losses, bursts_at, suggest(rates, losses))


def suggest(rates: Sequence[float], losses: Sequence[float]) -> Suggestion:
    """Read a learning rate from a sweep: a third of that at which the smoothed loss is lowest.

    Args:
        rates: of the steps, rising, at least 2.
        losses: of the batch before each step, finite.
    """
    smoothed = smooth(losses)
    lowest = min(range(len(smoothed)), key=smoothed.__getitem__)
    falls = smoothed[lowest] < (1 - LEAST_FALL) * smoothed[0]
    slopes = np.gradient(smoothed, np.log(rates))
    steepest = int(slopes[: lowest + 1].argmin())
    return Suggestion(smoothed, lowest, steepest, SHARE * rates[lowest] if falls else None)


def smooth(losses: Sequence[float], half: int = SMOOTHED_OVER // 2) -> list[float]:
    """Take the mean of each loss and `half` on either side of it, as far as there are some."""
    return [
        float(np.mean(losses[max(0, place - half) : place + half + 1]))
        for place in range(len(losses))
    ]


def bursts(losses: Sequence[float]) -> bool:
    """Tell whether the mean of the newest losses is far above the lowest such mean so far."""
    if len(losses) < SMOOTHED_OVER:
        return False
    means = np.convolve(losses, np.full(SMOOTHED_OVER, 1 / SMOOTHED_OVER), "valid")
    return bool(means[-1] > BURST * means.min())
