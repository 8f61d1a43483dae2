"""The one loop that trains every model: a learner's steps, and what a run keeps of them."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial

from makemore.corpus.documents import Text
from makemore.display import show_loss
from makemore.errors import OutputError, StoppedError, UserError
from makemore.evaluation.losses import Evaluation, evaluate
from makemore.maker import Maker
from makemore.runs.embedding import Embedding
from makemore.runs.progress import Progress
from makemore.runs.recorder import Recorder
from makemore.signals import SIGNALS
from makemore.training.divergence import DivergenceError, describe_between
from makemore.training.learner import Learner
from makemore.training.observation import observe_step, results, shares, watch_some

RISE = 0.7
"""Nats a character above its lowest loss, at which a training has gone astray: the means of some
batches differ by less."""
ENOUGH = 50
"""Steps after which a training that goes well is better than guessing."""


def train(
    learner: Learner,
    recorder: Recorder,
    *,
    watch: Callable[[Progress], None] = lambda progress: None,
    tell: Callable[[str, float], None] = lambda what, share: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Train until the last step, or until `should_stop` after any step; all is kept then.

    A validation that is stopped is not logged, and a resumed training does it first of all.

    Args:
        learner: new, or resumed.
        recorder: where the numbers and checkpoints go.
        watch: called with the progress before the first step and after every step.
        tell: told in between what is being measured, and what share of it is done.
        should_stop: asked before every step, and before every table of a validation.

    Raises:
        StoppedError: `should_stop` said so before there was anything to keep.
        UserError: a file can't be written, the training is at its end already, or the loss
            diverged; whatever was kept before still stands.
    """
    progress = learner.progress
    learner.should_stop, learner.tell = should_stop, tell
    owes = learner.resumed and progress.awaits_validation(learner.settings.eval_interval)
    if learner.resumed and progress.finished and not owes:
        more = "" if learner.model.closed_form else "give it more --max-steps to go on, or "
        raise UserError(
            f"{recorder} is at its end, step {progress.step}: "
            f"{more}start a new run without --resume."
        )
    session = Session(learner, recorder)
    with learner, ExitStack() as stack:
        if not learner.resumed:
            session.measure()
        stack.enter_context(SIGNALS.held())  # from here on there is something to lose
        stack.enter_context(closing(recorder))
        resumed_at = progress.step if learner.resumed else None
        recorder.open(learner.maker.config, progress.max_steps, resumed_at)
        try:
            if not learner.resumed:
                session.begin()
                watch(progress)
            if owes:
                session.check()
                watch(progress)
            while not progress.finished and not learner.processes.agree(should_stop()):
                session.step()
                watch(progress)
        except StoppedError:
            session.keep()
        except DivergenceError as error:
            raise session.diverged(error) from error
        except (OSError, OutputError):  # whoever watched has gone, or can't be told
            session.save()
            raise
        if not progress.validated:  # it was stopped on its way
            session.save()


def best_of(learner: Learner, recorder: Recorder) -> Maker:
    """Take the weights of the lowest validation loss, with what was logged on the way."""
    maker = Maker.from_checkpoint(recorder.best(), learner.device, learner.maker.corpus)
    maker.progress = learner.progress
    maker.known_metrics = recorder.metrics()
    maker.path = recorder.best_path
    return maker


def not_learned(learner: Learner, losses: Sequence[float]) -> str | None:
    """Say in a sentence that a training has not learned, though its loss is a number; else None.

    Who guesses gives each of V characters 1 / V, and loses ln V. A few steps tell nothing.

    Args:
        learner: at its end.
        losses: of the batches, as they were logged.
    """
    if learner.progress.step < ENOUGH or len(losses) < 2:
        return None
    tenth = max(1, len(losses) // 10)
    means = [sum(losses[i - tenth : i]) / tenth for i in range(tenth, len(losses) + 1)]
    last, lowest = means[-1], min(means)
    guessing = math.log(learner.model.vocab_size)
    if last > guessing + 0.1:
        what = f"guessing has ln {learner.model.vocab_size} = {show_loss(guessing)}: the training "
        what += "has diverged" if lowest < last - RISE else "never came below that"
    elif last > lowest + RISE:
        what = f"once had {show_loss(lowest)}: the training has diverged"
    else:
        return None
    return (
        f"The last batches have a loss of {show_loss(last)}, and {what}. Try a lower "
        f"--learning-rate; `makemore check` may find more."
    )


class Session:
    """A learner with a recorder: each step is logged, validated and saved where that is due."""

    def __init__(self, learner: Learner, recorder: Recorder) -> None:
        self.learner = learner
        self.recorder = recorder
        self.first_train: Evaluation | None = None
        self.first_val: Evaluation | None = None
        self.progress = learner.progress

    def measure(self) -> None:
        """Compute what comes before the first step, while nothing is kept: closed forms, losses.

        Raises:
            StoppedError: it took too long for somebody.
        """
        learner = self.learner
        learner.begin()
        if learner.should_stop():
            raise StoppedError
        if learner.model.closed_form:
            self.first_train = evaluate(
                learner.model,
                learner.documents,
                learner.model.counted_tables(),
                should_stop=learner.should_stop,
                watch=partial(learner.tell, "measuring the train loss"),
            )
        if self.validates_first:
            self.first_val = learner.validate()

    @property
    def validates_first(self) -> bool:
        """Whether there is a validation before the first step.

        On a text it takes as long as a hundred steps: there it waits for some.
        """
        return self.progress.finished or not isinstance(self.learner.documents, Text)

    def begin(self) -> None:
        """Keep what was found before the first step, and a checkpoint."""
        learner, progress = self.learner, self.progress
        self.recorder.text(0, "config", learner.maker.config.to_toml().splitlines())
        if self.first_train is not None:
            self.record({"loss/train": self.first_train.loss})
        if self.validates_first:
            self.validate(self.first_val)
        self.keep()
        self.save()
        progress.start_pace()

    def step(self) -> None:
        """Take a step, and log, validate and save where that is due."""
        settings, progress = self.learner.settings, self.progress
        if (progress.step + 1) % settings.log_interval:
            self.learner.step()
        elif settings.diagnostics == "off":
            self.log(self.learner.step().learning_rate)
        else:
            seen = observe_step(self.learner, full=settings.diagnostics == "full")
            self.log(seen.step.learning_rate, seen.numbers)
            self.recorder.histograms(progress.step, seen.histograms)
        self.check()

    def check(self) -> None:
        """Validate and save, and keep the weights, where that is due."""
        due = self.progress.awaits_validation(self.learner.settings.eval_interval)
        with self.progress.paused():
            if due:
                self.validate(self.learner.validate())
            self.keep()  # first: a training that is resumed does not come by this step again
            if due:
                self.save()

    def log(self, learning_rate: float, diagnostics: Mapping[str, float] | None = None) -> None:
        """Log the mean loss of the batches since the last time, the pace, and diagnostics."""
        progress = self.progress
        progress.take_means()
        numbers = {
            "loss/train": progress.train_loss,
            "learning_rate": learning_rate,
            "characters_per_second": progress.characters_per_second,
            **(diagnostics or {}),
        }
        self.record(numbers)

    def record(self, numbers: dict[str, float]) -> None:
        """Log numbers, with the seconds of training at which they were found."""
        self.progress.read_clock()
        self.recorder.numbers(self.progress.step, {**numbers, "seconds": self.progress.seconds})

    def validate(self, found: Evaluation | None) -> None:
        """Log the validation loss, what layers show, and samples; keep the best weights."""
        learner, progress, loss = self.learner, self.progress, math.nan
        self.look_at_weights()
        numbers = dict[str, float]()
        if found is not None:
            loss = found.loss
            if math.isnan(loss):
                raise self.found_diverged("the validation loss is nan")
            numbers["loss/val"] = loss
            if found.error:
                numbers["loss/val_error"] = found.error
        numbers |= self.watch_layers()
        if numbers:
            self.record(numbers)
        lines = [line for one in learner.maker.preview() for line in one.split("\n")]
        self.recorder.text(progress.step, "samples", lines)
        error = 0.0 if found is None else found.error
        progress.val_loss, progress.val_error, progress.validated = loss, error, True

        trained = progress.step > 0 or progress.finished
        if trained and (progress.best_loss is None or loss < progress.best_loss):
            progress.best_loss = None if found is None else loss
            progress.best_step, progress.best_error = progress.step, error
            self.recorder.keep_best(learner.maker.checkpoint())
            vectors = learner.model.character_vectors()
            if vectors is not None:
                self.recorder.embedding(Embedding(*vectors, learner.maker.vocabulary))

    def watch_layers(self) -> dict[str, float]:
        """See how much of each layer has stopped to learn; log histograms where they are wanted."""
        if self.learner.settings.diagnostics == "off":
            return {}
        layers = watch_some(self.learner)
        if self.learner.settings.diagnostics == "full":
            self.recorder.histograms(self.progress.step, results(layers))
        return shares(layers)

    def save(self) -> None:
        """Keep all that resuming needs, unless the training has diverged."""
        self.look_at_weights()
        self.progress.read_clock()
        learner = self.learner
        self.recorder.keep_last(
            learner.maker.checkpoint(learner=learner.state(), conditions=learner.conditions)
        )

    def keep(self) -> None:
        """Keep the weights of this step, where they are among those to be looked at again."""
        if self.recorder.keeps(self.progress.step) and self.learner.weights_are_finite():
            self.progress.read_clock()
            self.recorder.keep(self.learner.maker.checkpoint())

    def look_at_weights(self) -> None:
        """Go on if all weights are numbers.

        Raises:
            DivergenceError: one is not.
        """
        if not self.learner.weights_are_finite():
            raise self.found_diverged("a weight is not finite")

    def found_diverged(self, what: str) -> DivergenceError:
        """Say what was found after a step."""
        return DivergenceError(
            describe_between(self.progress.step, what, self.learner.watchdog.seen)
        )

    def diverged(self, error: DivergenceError) -> UserError:
        """Mark in the logs that the training ended here, and say what is left of it."""
        step, numbers = self.progress.step, {"diverged": 1.0}
        if error.trace is not None:
            step = error.trace.step
            numbers["loss/train"] = error.trace.loss
            numbers["gradient_norm"] = error.trace.gradient_norm
        self.recorder.numbers(step, numbers)
        return UserError(f"{error}{self.recorder.still_kept}")
