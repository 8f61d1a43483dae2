"""What a training has reached."""

import math
from dataclasses import dataclass
from typing import Any

from makemore.display import Grid, Shown, show_loss
from makemore.maker import Maker
from makemore.sampling.samples import Sample, look_up


@dataclass(frozen=True, repr=False)
class Summary(Shown):
    """What a training has reached, and a few samples.

    Attributes:
        parameters: of the model.
        train_loss: exact, of the training split, nats a character; None for a text, where it would
            take its time: `evaluate` measures it.
        val_loss: exact, of the validation split; None where that is empty.
        found: what the model itself found in training, by its name.
        seconds: of training, with its validations and checkpoints.
        samples: from the best weights; one of a text.
    """

    parameters: int
    train_loss: float | None
    val_loss: float | None
    found: dict[str, float]
    seconds: float
    samples: list[Sample]

    def grid(self) -> Grid:
        """Show the figures, one below the other."""
        rows = {"parameters": f"{self.parameters:,}"}
        if self.train_loss is not None:
            rows["train loss"] = show_loss(self.train_loss)
        rows["val loss"] = "no documents" if self.val_loss is None else show_loss(self.val_loss)
        for name, value in self.found.items():
            rows[name] = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
        rows["training time"] = f"{self.seconds:.2f} s"
        return Grid(list(rows.items()), styles=("dim", "bold"))

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return {
            "parameters": self.parameters,
            "loss": {"train": _finite(self.train_loss), "val": _finite(self.val_loss)},
            "found": self.found,
            "seconds": self.seconds,
            "samples": [one.figures() for one in self.samples],
        }


def _finite(loss: float | None) -> float | None:
    """Give a loss as JSON can write it."""
    return loss if loss is not None and math.isfinite(loss) else None


def summarise(maker: Maker) -> Summary:
    """Measure what a maker's training has reached."""
    train_loss = None
    if not maker.is_text:
        train_loss = maker.evaluate("train")["train"].loss
    return Summary(
        parameters=maker.model.n_parameters,
        train_loss=train_loss,
        val_loss=maker.progress.best_loss,
        found=maker.model.report(),
        seconds=maker.progress.seconds,
        samples=list(look_up(maker.preview(), maker.corpus)),
    )
