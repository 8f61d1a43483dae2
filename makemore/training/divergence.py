"""When a training has left the numbers: at which step, what led there, what to try."""

import math
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from makemore.display import show_loss
from makemore.errors import UserError

REMEMBERED = 4
"""Steps that are told of, before the one that failed."""
ADVICE = (
    "Mostly the steps are too large: try a lower --learning-rate, a longer --warmup-steps, "
    "or --grad-clip 1."
)


class Trace(NamedTuple):
    """A step in numbers.

    Attributes:
        step: which one it was, the first is 1.
        loss: of its batch before the step, nats a character.
        gradient_norm: of all parameters, before it is limited.
        learning_rate: that it took, or was to take.
    """

    step: int
    loss: float
    gradient_norm: float
    learning_rate: float

    @property
    def is_finite(self) -> bool:
        """Whether both numbers are some."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)


class DivergenceError(UserError):
    """A loss, a gradient or a weight is not finite.

    Attributes:
        trace: the step that showed it; None: it was found between two steps.
    """

    def __init__(self, sentence: str, trace: Trace | None = None) -> None:
        super().__init__(sentence)
        self.trace = trace


class Watchdog:
    """Looks at every step before a weight changes, and remembers the last few."""

    def __init__(self) -> None:
        self.seen: deque[Trace] = deque(maxlen=REMEMBERED)

    def look(self, trace: Trace) -> None:
        """Let a step go on.

        Raises:
            DivergenceError: its loss or its gradient is not finite.
        """
        if not trace.is_finite:
            raise DivergenceError(describe(trace, self.seen), trace)
        self.seen.append(trace)


def describe(failed: Trace, before: Iterable[Trace]) -> str:
    """Say what isn't finite, what led there, and what to try."""
    if math.isfinite(failed.loss):
        what = f"the loss, {show_loss(failed.loss)}, is a number, but its gradient is not"
    else:
        what = f"the loss is {failed.loss}"
    if failed.step == 1:
        return (
            f"The training diverged at its first step: {what}. No weight has changed yet, so the "
            f"cause lies in the model itself: `makemore check` tells where to look."
        )
    return f"The training diverged at step {failed.step:,}: {what}.{_led_there(before)} {ADVICE}"


def describe_between(step: int, what: str, before: Iterable[Trace]) -> str:
    """Say likewise what was found not to be finite after a step."""
    return f"The training diverged by step {step:,}: {what}.{_led_there(before)} {ADVICE}"


def _led_there(steps: Iterable[Trace]) -> str:
    """Tell the losses and gradients of steps, and the learning rate of the last."""
    steps = list(steps)
    if not steps:
        return ""
    told = ", ".join(
        f"{one.loss:.4g} ({one.gradient_norm:.2g}) at step {one.step:,}" for one in steps
    )
    rate = steps[-1].learning_rate
    return f" Loss (and norm of the gradient) before: {told}; the learning rate was {rate:.3g}."
