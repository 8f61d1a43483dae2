"""What a run says of itself while it trains, and how fast it goes."""

import math
import time
from dataclasses import dataclass


@dataclass
class Status:
    """What a run can say of itself after a step.

    Attributes:
        step: steps done.
        max_steps: steps to do.
        train_loss: mean loss of the batches last logged, in nats a character.
        val_loss: newest exact loss of the validation split.
        characters_per_second: predictions trained on in a second, validation not counted.
        seconds_left: until the last step, at the pace so far.
        validated: whether the validation loss is of this very step.
    """

    step: int
    max_steps: int
    train_loss: float = math.nan
    val_loss: float = math.nan
    characters_per_second: float = math.nan
    seconds_left: float = math.nan
    validated: bool = False


class Pace:
    """How fast a run goes, from `step` on; whatever lies between pause and go_on is not counted."""

    def __init__(self, step: int) -> None:
        self.first = step
        self.started = self.lap_started = time.perf_counter()
        self.paused = math.nan
        self.characters = 0

    def lap(self) -> float:
        """Characters a second since the last lap, predictions being counted."""
        now = time.perf_counter()
        speed = self.characters / (now - self.lap_started)
        self.lap_started, self.characters = now, 0
        return speed

    def seconds_a_step(self, step: int) -> float:
        """Mean time of the steps until `step`, with all that they paused for."""
        return (time.perf_counter() - self.started) / (step - self.first)

    def pause(self) -> None:
        """Stop the clock of the lap."""
        self.paused = time.perf_counter()

    def go_on(self) -> None:
        """Let it run again."""
        self.lap_started += time.perf_counter() - self.paused
