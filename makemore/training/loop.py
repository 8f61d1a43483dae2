"""The one loop that trains every model."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import torch
from torch import Tensor

from makemore.compute.devices import compute_reproducibly
from makemore.compute.threads import Workers
from makemore.config import Config, TrainingSettings
from makemore.corpus.documents import Text
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.evaluation.losses import evaluate, tables
from makemore.models import build_model
from makemore.models.base import Model
from makemore.runs.checkpoint import (
    Checkpoint,
    Progress,
    load_training_state,
    training_state,
    write_whole,
)
from makemore.runs.metrics import Tracker
from makemore.runs.run import Run
from makemore.sampling.lines import preview
from makemore.training.batches import Batches
from makemore.training.gradients import clip, gradient, mean
from makemore.training.optimizers import Optimizer, learning_rate
from makemore.training.status import Pace, Status


def train(
    config: Config,
    corpus: Corpus,
    run: Run,
    device: torch.device,
    *,
    resumed: Checkpoint | None = None,
    watch: Callable[[Status], None],
    should_stop: Callable[[], bool],
) -> Progress:
    """Train until the last step, or until `should_stop` after any step; all is saved then.

    Args:
        config: every setting, resolved against the corpus.
        corpus: what to learn.
        run: where to save.
        device: where to compute.
        resumed: go on from here, the run's last checkpoint. The weights in the end are those of
            a run that was never interrupted, bit for bit.
        watch: called with the status after every step.
        should_stop: asked before every step.

    Raises:
        UserError: a file can't be written, the run is at its end already, or the loss diverged;
            whatever was saved before still stands.
    """
    compute_reproducibly(device)
    with Training(config, corpus, run, device, resumed) as training:
        try:
            if resumed is None:
                training.begin()
                watch(training.status)
            while not training.progress.finished and not should_stop():
                training.step()
                watch(training.status)
        except BrokenPipeError:  # whoever watched has gone
            training.save()
            raise
        if not training.status.validated:  # it was stopped on its way
            training.save()
    return training.progress


class Training:
    """A run in memory: its model, optimizer, batches and progress, and how each moves on."""

    def __init__(
        self,
        config: Config,
        corpus: Corpus,
        run: Run,
        device: torch.device,
        resumed: Checkpoint | None,
    ) -> None:
        self.started = time.perf_counter() - (resumed.progress.seconds if resumed else 0)
        self.config = config
        self.settings = config.training
        self.run = run
        self.device = device
        self.longest, self.fingerprint = corpus.longest, corpus.fingerprint
        self.vocabulary = Vocabulary(corpus.characters)
        self.documents = self.vocabulary.encode_documents(corpus.train, corpus.format)
        self.val_documents = self.vocabulary.encode_documents(corpus.val, corpus.format)

        torch.manual_seed(self.settings.seed)
        model = build_model(config.model, config.architecture, len(self.vocabulary))
        self.model = model.to(device)
        self.progress = replace(resumed.progress) if resumed else Progress()
        self.workers = Workers.for_training(self.model, device)
        self.batches = Batches(self.model, self.documents, self.settings, self.workers.n)
        self.progress.max_steps = total_steps(self.model, self.settings, self.batches)
        if resumed is not None:
            if self.progress.finished:
                more = "" if self.model.closed_form else "give it more --max-steps to go on, or "
                raise UserError(
                    f"{run} is at its end, step {self.progress.step}: "
                    f"{more}start a new run without --resume."
                )
            resumed.load_weights(self.model)
            load_training_state(resumed.training, self.model, self.optimizer, device)

        self.val_tables = list(tables(self.model, self.val_documents, self.workers.n))
        self.status = Status(self.progress.step, self.progress.max_steps)
        self.loss_sum = torch.tensor(self.progress.loss_sum, device=device)
        self.pace = Pace(self.progress.step)
        write_whole(run.config, config.to_toml().encode())
        self.tracker = Tracker(run, None if resumed is None else self.progress.step)

    @cached_property
    def optimizer(self) -> Optimizer:
        """The optimizer, made when it is first needed: a closed form has none."""
        return Optimizer(self.model, self.settings, self.workers)

    def __enter__(self) -> "Training":
        self.workers.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.tracker.close()
        self.workers.__exit__(*error)

    def begin(self) -> None:
        """Do what comes before the first step: the closed forms, a validation, a checkpoint.

        On a text a validation takes as long as a hundred steps: there it waits for some.
        """
        self.tracker.text(0, "config", self.config.to_toml().splitlines())
        self.model.prepare(self.documents, self.val_documents)
        if self.model.closed_form:
            self.tracker.numbers(0, {"loss/train": evaluate(self.model, self.documents).loss})
        if self.progress.finished or not isinstance(self.documents, Text):
            self.validate()
        self.save()
        self.pace = Pace(0)

    def step(self) -> None:
        """Take one step of gradient descent, and log, validate and save where that is due."""
        step, optimizer = self.progress.step, self.optimizer

        # one after the other: two threads that make tables would wait for each other's Python
        tables = [self.batches.table(step, part) for part in range(self.batches.parts)]
        batch = mean(
            self.workers.map(
                lambda table: gradient(self.model, table, optimizer.parameters), tables
            )
        )
        if self.settings.grad_clip:
            clip(batch.vector, self.settings.grad_clip)
        rate = learning_rate(self.settings, step, self.progress.max_steps)
        optimizer.step(batch.vector, rate)

        self.progress.step = step = self.progress.step + 1
        self.progress.loss_steps += 1
        self.loss_sum += batch.loss
        self.pace.characters += batch.predictions
        self.status.step, self.status.validated = step, False
        if step % self.settings.log_interval == 0:
            self.log(rate)
        if step % self.settings.eval_interval == 0 or self.progress.finished:
            self.pace.pause()
            self.validate()
            self.save()
            self.pace.go_on()

    def log(self, rate: float) -> None:
        """Log the mean loss of the batches since the last time, and the pace."""
        step = self.progress.step
        loss = self.loss_sum.item() / self.progress.loss_steps
        self.loss_sum.zero_()
        self.progress.loss_steps = 0
        if not math.isfinite(loss):
            raise self.diverged()
        speed = self.pace.lap()
        self.status.train_loss = loss
        self.status.characters_per_second = speed
        steps_left = self.progress.max_steps - step
        self.status.seconds_left = self.pace.seconds_a_step(step) * steps_left
        numbers = {"loss/train": loss, "learning_rate": rate, "characters_per_second": speed}
        self.tracker.numbers(step, numbers)

    def validate(self) -> None:
        """Log the exact validation loss and some samples; keep the weights if they are the best."""
        progress, loss = self.progress, math.nan
        if not self.weights_are_finite():
            raise self.diverged()
        if self.val_tables:
            found = evaluate(self.model, self.val_documents, self.val_tables, self.workers)
            loss = found.loss
            if math.isnan(loss):
                raise self.diverged()
            self.tracker.numbers(progress.step, {"loss/val": loss})
        text, seed = isinstance(self.documents, Text), self.settings.seed
        drawn = preview(self.model, self.vocabulary, self.longest, seed, text)
        lines = [line for one in drawn for line in one.text.split("\n")]
        self.tracker.text(progress.step, "samples", lines)
        self.status.val_loss, self.status.validated = loss, True

        trained = progress.step > 0 or progress.finished
        if trained and (progress.best_loss is None or loss < progress.best_loss):
            progress.best_loss = loss if self.val_tables else None
            progress.best_step = progress.step
            self.checkpoint({}).save(self.run.best)

    def save(self) -> None:
        """Save all that resuming needs. The logs come first, so that none is behind it."""
        self.progress.loss_sum = self.loss_sum.item()
        self.progress.seconds = time.perf_counter() - self.started
        state = {}
        if not self.model.closed_form:
            state = training_state(self.model, self.optimizer, self.device)
        checkpoint = self.checkpoint(state)
        self.tracker.flush()
        checkpoint.save(self.run.last)

    def checkpoint(self, training: dict[str, Tensor]) -> Checkpoint:
        """Take the run as it stands, unless it has diverged."""
        if not self.weights_are_finite():
            raise self.diverged()
        return Checkpoint(
            self.config,
            self.vocabulary,
            self.longest,
            self.fingerprint,
            self.progress,
            self.model.state_dict(),
            training,
        )

    def weights_are_finite(self) -> bool:
        """Whether the weights are numbers; a closed form may hold the logarithm of 0."""
        return self.model.closed_form or all(
            bool(parameter.isfinite().all()) for parameter in self.model.parameters()
        )

    def diverged(self) -> UserError:
        """Say that the loss has left the numbers."""
        return UserError(
            f"The training diverged by step {self.progress.step}: try a lower --learning-rate. "
            f"{self.run} still holds what was saved before."
        )


def total_steps(model: Model, settings: TrainingSettings, batches: Batches) -> int:
    """How many steps a run takes: none where the closed form is all."""
    if model.closed_form:
        return 0
    if settings.epochs is not None:
        return math.ceil(settings.epochs * batches.available / batches.size)
    assert settings.max_steps is not None, "a config has one of the two"
    return settings.max_steps
