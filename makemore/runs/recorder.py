"""Where a training leaves what it finds: here in memory, in `run_recorder` on disk."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from torch import Tensor

from makemore.config import Config
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.embedding import Embedding
from makemore.runs.progress import Progress
from makemore.runs.run import Metrics


class Recorder(Protocol):
    """Takes the numbers and checkpoints of one training."""

    @property
    def still_kept(self) -> str:
        """Say, after a training that failed, where what was kept before can be found."""

    def open(self, config: Config, max_steps: int, resumed_at: int | None) -> None:
        """Begin, with a new training of so many steps or with one that is resumed at a step."""

    def close(self) -> None:
        """End, also after an error."""

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Take scalars under their tags."""

    def text(self, step: int, tag: str, lines: list[str]) -> None:
        """Take text as it stands."""

    def histograms(self, step: int, values: Mapping[str, Tensor]) -> None:
        """Take tensors under their tags, to count their values."""

    def embedding(self, embedding: Embedding) -> None:
        """Take the vectors of the characters, in the place of those of before."""

    def keep_best(self, checkpoint: Checkpoint) -> None:
        """Keep the weights of the lowest validation loss so far."""

    def keep_last(self, checkpoint: Checkpoint) -> None:
        """Keep all that resuming needs. What was logged before is safe then too."""

    def keeps(self, step: int) -> bool:
        """Whether the weights of this step are kept to be looked at again."""

    def keep(self, checkpoint: Checkpoint) -> None:
        """Keep the weights of such a step."""

    def best(self) -> Checkpoint:
        """Give the best checkpoint, or the last while there is no best yet."""

    @property
    def best_path(self) -> Path | None:
        """Where that is on disk."""

    def metrics(self) -> Metrics:
        """Give all numbers so far: "step" and the tags of each logged step."""


class MemoryRecorder:
    """Keeps the numbers and the best weights, and writes nothing."""

    def __init__(self) -> None:
        self._metrics: Metrics = []
        self._best: Checkpoint | None = None
        self._last: Checkpoint | None = None

    def __str__(self) -> str:
        return "The training"

    @property
    def still_kept(self) -> str:
        """Say nothing: nobody can reach it."""
        return ""

    def open(self, config: Config, max_steps: int, resumed_at: int | None) -> None:
        """Do nothing: there is nothing to open."""

    def close(self) -> None:
        """Do nothing."""

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Remember scalars under their tags."""
        finite = {tag: value if math.isfinite(value) else None for tag, value in values.items()}
        self._metrics.append({"step": step, **finite})

    def text(self, step: int, tag: str, lines: list[str]) -> None:
        """Leave text aside: only TensorBoard shows it."""

    def histograms(self, step: int, values: Mapping[str, Tensor]) -> None:
        """Leave them aside too."""

    def embedding(self, embedding: Embedding) -> None:
        """Leave it aside too: the weights have it."""

    def keep_best(self, checkpoint: Checkpoint) -> None:
        """Copy the weights, which training goes on to change."""
        weights = {name: tensor.clone() for name, tensor in checkpoint.weights.items()}
        progress = Progress(**checkpoint.progress.kept())
        self._best = replace(checkpoint, weights=weights, progress=progress)

    def keep_last(self, checkpoint: Checkpoint) -> None:
        """Remember where the training is: nothing is resumed from memory, so nothing is copied."""
        self._last = replace(checkpoint, learner={})

    def keeps(self, step: int) -> bool:
        """Keep none but the best: nobody could look at the others."""
        return False

    def keep(self, checkpoint: Checkpoint) -> None:
        """Leave it aside."""

    def best(self) -> Checkpoint:
        """Give the best checkpoint, or the last while there is no best yet."""
        found = self._best or self._last
        assert found is not None, "a training keeps a checkpoint before its first step"
        return found

    @property
    def best_path(self) -> Path | None:
        """Nowhere."""
        return None

    def metrics(self) -> Metrics:
        """Give all numbers so far."""
        return self._metrics
