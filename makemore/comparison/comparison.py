"""How models stand to each other, and to compressors, on the same held-out text."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from makemore.comparison.compressors import Compressed
from makemore.display import Grid, Shown, show_loss, visible
from makemore.evaluation.losses import bits_of
from makemore.maker import Maker
from makemore.runs.progress import Progress
from makemore.sampling.samples import Sample

State = Literal["waiting", "training", "finished", "stopped", "failed"]
HEADINGS = ("model", "parameters", "steps", "time", "train", "val", "bits/char")


@dataclass
class Entry:
    """A model of a comparison.

    Attributes:
        model: the name of its architecture, or of a user's own class.
        state: stopped: on its way, by the user; failed: `error` says why.
        n_parameters: of the model; None before it is built.
        progress: how far its training has come.
        train_loss: exact, of the training split, nats a character; of a text, which would take its
            time, the mean of the batches last logged.
        val_loss: exact, of the validation split: the lowest in the end.
        maker: the trained thing, with its best weights; None before its end.
        samples: that it shows of itself.
        error: why it could not be trained.
    """

    model: str
    state: State = "waiting"
    n_parameters: int | None = None
    progress: Progress = field(default_factory=Progress)
    train_loss: float = math.nan
    val_loss: float = math.nan
    maker: Maker | None = None
    samples: list[Sample] = field(default_factory=list)
    error: str | None = None

    @property
    def bits(self) -> float:
        """Validation loss in bits a character."""
        return bits_of(self.val_loss)

    def figures(self) -> dict[str, Any]:
        """Name all that is measured, as JSON can write it."""
        return {
            "model": self.model,
            "state": self.state,
            "parameters": self.n_parameters,
            "step": self.progress.step,
            "max_steps": self.progress.max_steps,
            "seconds": self.progress.seconds,
            "loss": {"train": _finite(self.train_loss), "val": _finite(self.val_loss)},
            "bits": _finite(self.bits),
            "error": self.error,
        }

    def cells(self) -> tuple[str, ...]:
        """Write the figures in the order of `HEADINGS`."""
        steps = f"{self.progress.step:,}"
        if self.state in ("training", "stopped"):
            steps += f"/{self.progress.max_steps:,}"
        if self.state in ("waiting", "failed"):
            steps = "-" if self.state == "waiting" else self.state
        return (
            visible(self.model),
            "-" if self.n_parameters is None else f"{self.n_parameters:,}",
            steps,
            f"{self.progress.seconds:,.1f} s" if self.progress.seconds else "-",
            show_loss(self.train_loss),
            show_loss(self.val_loss),
            show_loss(self.bits),
        )


@dataclass(repr=False)
class Comparison(Shown):
    """Models and compressors on the same held-out text; in the end the best come first.

    Attributes:
        data: what was read.
        predictions: characters of the validation split, a line's end among them.
        models: what was compared, in the order of the training, and in the end in that of the
            validation loss.
        compressors: likewise.
        ended: whether they are in that order.
        left: names of the models that were not trained, since the user stopped before.
    """

    data: str
    predictions: int
    models: list[Entry]
    compressors: list[Compressed] = field(default_factory=list)
    ended: bool = False
    left: list[str] = field(default_factory=list)

    @property
    def best(self) -> Entry | None:
        """The model of the lowest validation loss; None where none has one."""
        trained = [entry for entry in self.models if not math.isnan(entry.val_loss)]
        return min(trained, key=lambda entry: entry.val_loss, default=None)

    def end(self) -> None:
        """Put all in the order of the validation loss, and what was not trained apart."""
        self.left = [entry.model for entry in self.models if entry.state == "waiting"]
        trained = [entry for entry in self.models if entry.state != "waiting"]
        self.models = sorted(trained, key=lambda entry: _or_last(entry.val_loss))
        self.compressors = sorted(self.compressors, key=lambda found: found.bits)
        self.ended = True

    def grid(self) -> Grid:
        """Show a row for each model and compressor."""
        rows = [(entry.val_loss, entry.cells()) for entry in self.models]
        for found in self.compressors:
            figures = (show_loss(found.loss), show_loss(found.bits))
            rows.append((found.loss, (found.name, "-", "-", "-", "-", *figures)))
        if self.ended:
            rows.sort(key=lambda row: _or_last(row[0]))
        return Grid([cells for _, cells in rows], HEADINGS)

    def figures(self) -> dict[str, Any]:
        """Name all that is measured, and the best model's samples, as JSON can write it."""
        best = self.best
        return {
            "data": self.data,
            "predictions": self.predictions,
            "models": [entry.figures() for entry in self.models],
            "left": self.left,
            "compressors": [
                {"compressor": one.name, "loss": {"val": one.loss}, "bits": one.bits}
                for one in self.compressors
            ],
            "best": best and best.model,
            "samples": [one.figures() for one in best.samples] if best else [],
        }


def _or_last(loss: float) -> float:
    return math.inf if math.isnan(loss) else loss


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
