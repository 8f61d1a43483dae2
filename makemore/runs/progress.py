"""How far a run has come: what a checkpoint keeps of it, and what a person sees."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

KEPT = (
    "step",
    "max_steps",
    "seconds",
    "loss_sum",
    "loss_steps",
    "best_loss",
    "best_step",
    "best_error",
    "val_predictions",
    "validated",
)
"""What a checkpoint keeps. The rest is of this session alone."""


@dataclass
class Progress:
    """The one book of a run's progress.

    Attributes:
        step: optimisation steps done.
        max_steps: steps to do.
        seconds: time of training, from encoding the corpus on, over all sessions, when it was last
            saved.
        loss_sum: sum of the batches' losses since one was last logged, in nats a character.
        loss_steps: how many batches that is.
        best_loss: lowest validation loss so far; None before the first, or without validation.
        best_step: the step it was reached at.
        best_error: standard error of the lowest validation loss; 0: it is exact.
        val_predictions: how many of the validation split each validation measures; 0: all.
        train_loss: mean loss of the batches last logged, in nats a character.
        val_loss: newest loss of the validation split.
        val_error: its standard error; 0: it is exact.
        validated: whether the newest validation loss is of this very step.
        characters_per_second: predictions trained on in a second, validation not counted.
        seconds_left: until the last step, at the pace so far.
    """

    step: int = 0
    max_steps: int = 0
    seconds: float = 0.0
    loss_sum: "float | Tensor" = 0.0
    loss_steps: int = 0
    best_loss: float | None = None
    best_step: int | None = None
    best_error: float = 0.0
    val_predictions: int = 0

    train_loss: float = field(default=math.nan, compare=False)
    val_loss: float = field(default=math.nan, compare=False)
    val_error: float = field(default=0.0, compare=False)
    validated: bool = field(default=False, compare=False)
    characters_per_second: float = field(default=math.nan, compare=False)
    seconds_left: float = field(default=math.nan, compare=False)

    @property
    def finished(self) -> bool:
        """Whether the last step is done."""
        return self.step >= self.max_steps

    def awaits_validation(self, eval_interval: int) -> bool:
        """Whether this step is one to validate after, and has not been: it may be interrupted."""
        due = self.finished or self.step % eval_interval == 0
        return self.step > 0 and due and not self.validated

    def kept(self) -> dict[str, Any]:
        """Give what a checkpoint keeps, as plain numbers."""
        return {name: getattr(self, name) for name in KEPT} | {"loss_sum": float(self.loss_sum)}

    def start_session(self) -> None:
        """Start the clock of the whole training, which goes on from `seconds`."""
        self._started = time.perf_counter() - self.seconds

    def start_pace(self) -> None:
        """Start the clock of the steps: the next one is the first that it times."""
        self._first_step = self.step
        self._pace_started = self._lap_started = time.perf_counter()
        self._characters = 0

    def count(self, loss: "Tensor", predictions: int) -> None:
        """Enter a step, with the loss of its batch, nats a character, and its predictions."""
        self.step += 1
        self.loss_steps += 1
        self.loss_sum = self.loss_sum + loss
        self._characters += predictions
        self.validated = False

    def take_means(self) -> float:
        """Take the mean loss and the pace of the steps since the last time, at least one."""
        now = time.perf_counter()
        self.train_loss = float(self.loss_sum) / self.loss_steps
        self.loss_sum, self.loss_steps = 0.0, 0
        self.characters_per_second = self._characters / (now - self._lap_started)
        seconds_a_step = (now - self._pace_started) / (self.step - self._first_step)
        self.seconds_left = seconds_a_step * (self.max_steps - self.step)
        self._lap_started, self._characters = now, 0
        return self.train_loss

    def read_clock(self) -> None:
        """Read the clock of the whole training; it goes on."""
        self.seconds = time.perf_counter() - self._started

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock of characters a second for a while."""
        start = time.perf_counter()
        yield
        self._lap_started += time.perf_counter() - start
