"""What a training has reached."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from makemore.compute.threads import Workers, workers_that_help
from makemore.display import Grid, Shown, show_estimate, show_loss
from makemore.errors import StoppedError
from makemore.evaluation.losses import Watch, evaluate
from makemore.maker import Maker
from makemore.sampling.samples import Sample, look_up

MEASURED = 2**19
"""Predictions that the train loss is measured on, about: all 183,751 of the names, and of a million
lines as many as take seconds, not minutes."""


@dataclass(frozen=True, repr=False)
class Summary(Shown):
    """What a training has reached, and a few samples.

    Attributes:
        parameters: of the model.
        train_loss: of the training split, nats a character; None for a text, where it would take
            its time: `evaluate` measures it.
        train_documents: how many that is measured on, evenly spaced in the split where those are
            not all; None: all, and it is exact.
        val_loss: of the validation split; None where that is empty.
        val_error: its standard error, where it is measured on a part of the split; 0: it is exact.
        val_predictions: how many that part holds; None: all.
        found: what the model itself found in training, by its name.
        seconds: of training, with its validations and checkpoints.
        samples: from the best weights; one of a text.
        read: what was read, and what was changed in reading, by `Corpus.figures`.
    """

    parameters: int
    train_loss: float | None
    train_documents: int | None
    val_loss: float | None
    val_error: float
    val_predictions: int | None
    found: dict[str, float]
    seconds: float
    samples: list[Sample]
    read: dict[str, Any]

    def grid(self) -> Grid:
        """Show the figures, one below the other."""
        rows = {"parameters": f"{self.parameters:,}"}
        if self.train_loss is not None:
            rows["train loss"] = show_loss(self.train_loss)
            if self.train_documents is not None:
                rows["train loss"] += f" (of {self.train_documents:,} documents)"
        rows["val loss"] = "no documents"
        if self.val_loss is not None:
            rows["val loss"] = show_estimate(self.val_loss, self.val_error)
            if self.val_predictions is not None:
                rows["val loss"] += f" (of {self.val_predictions:,} predictions)"
        for name, value in self.found.items():
            rows[name] = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
        rows["training time"] = f"{self.seconds:.2f} s"
        return Grid(list(rows.items()), styles=("dim", "bold"))

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return {
            "parameters": self.parameters,
            "loss": {"train": _finite(self.train_loss), "val": _finite(self.val_loss)},
            "train_documents": self.train_documents,
            "val_error": _finite(self.val_error),
            "val_predictions": self.val_predictions,
            "found": self.found,
            "seconds": self.seconds,
            "read": self.read,
            "samples": [one.figures() for one in self.samples],
        }


def _finite(loss: float | None) -> float | None:
    """Give a loss as JSON can write it."""
    return loss if loss is not None and math.isfinite(loss) else None


def summarise(
    maker: Maker,
    should_stop: Callable[[], bool] = lambda: False,
    tell: Callable[[str, float], None] = lambda what, share: None,
) -> Summary:
    """Measure what a maker's training has reached.

    Args:
        maker: which was trained.
        should_stop: asked while the train loss is measured, which is left out then.
        tell: told that it is measured, and what share of it is done.
    """
    train_loss = train_documents = None
    if not maker.is_text:
        chosen = maker.corpus.some("train", MEASURED)
        with suppress(StoppedError):
            watch = partial(tell, "measuring the train loss")
            train_loss = _loss(maker, chosen, should_stop, watch)
            train_documents = None if len(chosen) == len(maker.corpus.train) else len(chosen)
    return Summary(
        parameters=maker.model.n_parameters,
        train_loss=train_loss,
        train_documents=train_documents,
        val_loss=maker.progress.best_loss,
        val_error=maker.progress.best_error,
        val_predictions=maker.progress.val_predictions or None,
        found=maker.model.report(),
        seconds=maker.progress.seconds,
        samples=list(look_up(maker.preview(), maker.corpus)),
        read=maker.corpus.figures(),
    )


def _loss(
    maker: Maker, documents: Sequence[str], should_stop: Callable[[], bool], watch: Watch
) -> float:
    """Measure lines, with all cores where the model can be divided."""
    encoded = maker.vocabulary.encode_lines(documents)
    with Workers(workers_that_help(maker.model.device, maker.model.divisible)) as workers:
        return evaluate(maker.model, encoded, None, workers, should_stop, watch).loss
