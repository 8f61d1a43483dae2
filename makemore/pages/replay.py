"""Watch it learn: samples by the same random numbers at each checkpoint that was kept."""

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from makemore.display import Grid, Shown, visible
from makemore.errors import UserError
from makemore.maker import PREVIEW_LENGTH, Maker
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.run import Run
from makemore.sampling.coupled import draw_coupled
from makemore.sampling.how import at_least_one, make_generator
from makemore.sampling.samples import Sample

WIDTH = 80
"""Columns of a terminal that the samples of a step share unless told how many there are."""


@dataclass(frozen=True)
class Frame:
    """What a model wrote at one step of its training.

    Attributes:
        step: steps done.
        seconds: of training until then.
        train_loss: mean of the batches last logged, in nats a character; None at the start.
        val_loss: exact; None where no validation fell on this step.
        samples: by the random numbers that all frames share.
    """

    step: int
    seconds: float
    train_loss: float | None
    val_loss: float | None
    samples: list[Sample]

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "loss": {"train": self.train_loss, "val": self.val_loss},
            "samples": [{"text": str(one), "finished": one.finished} for one in self.samples],
        }


@dataclass(frozen=True, repr=False)
class Replay(Shown):
    """What a model wrote at each kept step, in their order.

    Attributes:
        run: the directory of the run.
        is_text: whether it was trained on one long text.
        seed: of the random numbers.
        frames: at least one.
    """

    run: str
    is_text: bool
    seed: int
    frames: list[Frame]

    def grid(self) -> Grid:
        """Show a row for each step; down a column one sample changes."""
        rows = [
            (
                f"{frame.step:,}",
                "" if frame.train_loss is None else f"{frame.train_loss:.4f}",
                *(visible(one) + ("" if one.finished else "…") for one in frame.samples),
            )
            for frame in self.frames
        ]
        headings = ["step", "train loss", *[""] * len(self.frames[0].samples)]
        return Grid(rows, headings, left=len(headings))

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        frames = [frame.figures() for frame in self.frames]
        return {"run": self.run, "seed": self.seed, "steps": frames}


def find_replay(maker: Maker, n: int | None = None, seed: int = 0) -> Replay:
    """Draw from each kept checkpoint of a maker's run, by the same random numbers.

    Args:
        maker: loaded from a run.
        n: how many samples; None: as many as fit side by side, of a text one.
        seed: of the numbers.

    Raises:
        UserError: the run kept no checkpoint, or one can't be read or is of another run.
        UsageError: an n or a seed that can't be.
    """
    if maker.run is None:
        raise UserError("Only a run on disk keeps checkpoints: train with an `out`.")
    run = Run(maker.run)
    kept = run.kept
    if not kept:
        counts = maker.model.closed_form
        more = "it was counted, without steps" if counts else "train with --keep-checkpoints 8"
        raise UserError(f"{run} kept no checkpoints to look at again: {more}.")
    length = PREVIEW_LENGTH if maker.is_text else min(PREVIEW_LENGTH, maker.longest)
    n = at_least_one(n, 1 if maker.is_text else max(1, WIDTH // (length + 2)))
    logged: dict[float | None, dict[str, float | None]] = {}
    for numbers in maker.metrics:
        logged.setdefault(numbers.get("step"), {}).update(numbers)
    model = deepcopy(maker.model)
    frames = []
    for step, path in kept.items():
        checkpoint = Checkpoint.load(path)
        same = checkpoint.config.architecture == maker.config.architecture
        if not same or checkpoint.vocabulary.characters != maker.vocabulary.characters:
            raise UserError(f"{path} is of another run: remove it.")
        replace(checkpoint, source=None).load_weights(model)  # the maker's user has vouched for it
        samples = draw_coupled(
            model, maker.vocabulary, n, length, make_generator(seed), is_text=maker.is_text
        )
        losses = [logged.get(step, {}).get(tag) for tag in ("loss/train", "loss/val")]
        frames.append(Frame(step, checkpoint.progress.seconds, losses[0], losses[1], samples))
    return Replay(str(run), maker.is_text, seed, frames)


def changes(before: str | None, after: str) -> list[bool]:
    """Tell of each letter whether another, or none, stood in its place before."""
    return [
        before is not None and before[place : place + 1] != letter
        for place, letter in enumerate(after)
    ]
