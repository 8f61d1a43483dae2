"""A learner: model, optimizer, batches and workers in memory, one step at a time.

It writes nothing and prints nothing. A run puts its logs and checkpoints around it (`loop`); a
benchmark, a check or a notebook takes steps as it likes:

    with Learner.of(model="mlp", max_steps=100) as learner:
        learner.begin()
        step = learner.step()
"""

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor

from makemore.compute.conditions import Conditions
from makemore.compute.devices import pick_device, reproducible
from makemore.compute.precision import pick_precision
from makemore.compute.processes import ALONE, Processes
from makemore.compute.randomness import seed_step
from makemore.compute.threads import Workers, threads_that_pay, workers_that_help
from makemore.config import Config
from makemore.contexts.tables import Table
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.evaluation.losses import Evaluation
from makemore.maker import Maker
from makemore.models import build_model
from makemore.models.base import Model
from makemore.recipe import TrainingSettings
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.progress import Progress
from makemore.runs.settings import read_settings
from makemore.runs.start import start_from
from makemore.training.batches import Batches
from makemore.training.compiling import compile_loss
from makemore.training.divergence import Trace, Watchdog
from makemore.training.gradients import Gradient, clip, gradient, mean, mean_of_all, nothing
from makemore.training.optimizers import Optimizer
from makemore.training.schedule import learning_rate
from makemore.training.state import restore, training_state
from makemore.training.subset import draw, enough
from makemore.training.validation import Validation

WATCHED = 256
"""About how many predictions: 32 names, the batch of the lectures."""


class Step(NamedTuple):
    """What a step has done.

    Attributes:
        loss: of its batch before the step, nats a character, a scalar on the learner's device.
        predictions: in its batch.
        gradient_norm: of all parameters, before it is limited.
        learning_rate: that it took.
    """

    loss: Tensor
    predictions: int
    gradient_norm: float
    learning_rate: float


class Learner:
    """Learns a corpus, step by step.

    Attributes:
        maker: the model and what belongs to it; its progress is the learner's.
        model: the maker's model.
        documents, val_documents: the encoded splits.
        workers: threads that share a step, within `with`.
        processes: that share it too.
        watchdog: looks at every step before a weight changes.
        batches: the batches of the training split.
        new_characters: those that the run it starts from (`init_from`) doesn't know.
        should_stop: asked between the tables of a validation, which raises `StoppedError` then.
        tell: told what is being measured, and what share of it is done.
        validation: measures the validation split.
    """

    def __init__(
        self,
        config: Config,
        corpus: Corpus,
        device: torch.device,
        resumed: Checkpoint | None = None,
        tried: bool = True,
        processes: Processes = ALONE,
    ) -> None:
        """Build a model with the seed of its config, or go on with a checkpoint's.

        Args:
            config: every setting; what depends on the corpus is filled in.
            corpus: what to learn.
            device: where to compute.
            resumed: go on from here. The weights in the end are those of a training that was never
                interrupted, bit for bit.
            tried: whether a user's own model is tried before, as `build_custom` does.
            processes: that share the steps. Each has a learner of its own, in the same state.

        Raises:
            UserError: a user's own model can't be built, or shared.
        """
        self.precision = pick_precision(config.training.precision, device)
        old = resumed
        if old is None and config.training.init_from is not None:
            old = Checkpoint.load(config.training.init_from)
        known, longest = (old.vocabulary, old.longest) if old else (Vocabulary(""), 0)
        vocabulary = known.grown(corpus.characters)
        self.new_characters = vocabulary.characters[len(known.characters) :] if old else ""
        config = config.resolve(max(corpus.longest, longest))
        self.settings = config.training
        self.watchdog = Watchdog()
        self.should_stop: Callable[[], bool] = lambda: False
        self.tell: Callable[[str, float], None] = lambda what, share: None
        self.device = device
        self.processes = processes
        self.resumed = resumed is not None
        self._ahead: tuple[int, Callable[[], list[Table]]] = -1, list  # of a step: its tables
        progress = replace(resumed.progress) if resumed else Progress()
        progress.start_session()
        self.documents = corpus.encoded("train", vocabulary)
        self.val_documents = corpus.encoded("val", vocabulary)

        torch.manual_seed(self.settings.seed)
        model = build_model(config.model, config.architecture, len(vocabulary), tried=tried)
        self.model = model.to(device)
        if self.settings.compile:
            compile_loss(self.model)
        self.maker = Maker(
            config,
            self.model,
            vocabulary,
            corpus.longest,
            corpus.fingerprint,
            progress,
            known_corpus=corpus,
        )
        if processes.n > 1 and not self.model.separable:
            raise UserError(
                f"--model {config.name} normalises each batch as a whole, which several processes "
                f"can't share: give it --norm layer, or train it in one process."
            )
        if self.settings.grad_accumulation > 1 and not self.model.separable:
            raise UserError(
                f"--model {config.name} normalises each batch as a whole, which "
                f"--grad-accumulation would cut: give it --norm layer, or a smaller --batch-size."
            )
        n_workers = processes.least(workers_that_help(device, self.model.divisible))
        n_parts = n_workers * processes.n
        self.batches = Batches(self.model, self.documents, self.settings, n_parts)
        threads = threads_that_pay(self.batches.predictions * self.model.n_parameters)
        threads_or_all = None if self.model.divisible else threads
        self.workers = Workers(n_workers, threads_or_all, looks_ahead=device.type == "cuda")
        wanted = progress.val_predictions
        if resumed is None:
            wanted = enough(self.model, self.settings, self.batches, self.val_documents)
        subset = draw(self.model, self.val_documents, wanted, self.settings.seed)
        progress.val_predictions = subset.predictions if subset else 0
        self.validation = Validation(
            self.model, self.val_documents, subset, self.workers, processes
        )
        progress.max_steps = total_steps(self.model, self.settings, self.batches)
        if resumed is not None:
            resumed.load_weights(self.model)
            if not progress.finished or progress.awaits_validation(self.settings.eval_interval):
                state = resumed.learner
                restore(state, self.model, self.optimizer, device)
        elif old is not None:
            start_from(old, self.model, config.architecture)
        progress.start_pace()

    @classmethod
    def of(cls, **settings: Any) -> Self:
        """Make one of settings by their names, as `makemore.train` takes them.

        Raises:
            UserError: a file can't be read, or a user's own model can't be built.
            UsageError: a setting that can't be.
        """
        config = read_settings(None, settings)
        return cls(config, config.data.load(), pick_device(config.training.device))

    @property
    def conditions(self) -> Conditions:
        """What the last bits of the weights depend on, beside settings and corpus."""
        return Conditions.of(self.device, self.workers, self.processes.n)

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self.maker.progress

    @cached_property
    def optimizer(self) -> Optimizer:
        """The optimizer, made when it is first needed: a closed form has none."""
        return Optimizer(self.model, self.settings, self.workers)

    @cached_property
    def matrices(self) -> dict[str, slice]:
        """Where each matrix that is trained stands in the optimizer's vector, by its name.

        Vectors are left out, as in lecture 4: biases, and the gains of norms.
        """
        places, start = {}, 0
        for parameter in self.optimizer.parameters:
            places[parameter] = slice(start, start + parameter.numel())
            start += parameter.numel()
        named = self.model.named_parameters()
        return {name: places[p] for name, p in named if p in places and p.dim() > 1}

    @cached_property
    def watched(self) -> Table:
        """Some of the first batch, always the same: what activations are watched for."""
        return self.batches.some(WATCHED)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(reproducible(self.device, self.settings.deterministic))
            stack.enter_context(self.workers)
            self.within = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self.within.__exit__(*error)

    def begin(self) -> None:
        """Do what comes before the first step: the closed forms."""
        self.model.prepare(self.documents, self.val_documents)

    def step(self, rate: float | None = None) -> Step:
        """Take one step of gradient descent.

        Args:
            rate: its learning rate; None: that of the schedule.

        Raises:
            DivergenceError: the loss or the gradient is not finite; no weight has changed.
        """
        return self.step_on(self.next_tables(), rate)

    def next_tables(self) -> list[Table]:
        """Make the tables of the next step's batch, one for each part that is this process's."""
        step = self.progress.step
        tables = self._ahead[1]() if self._ahead[0] == step else self._tables_of(step)
        self._ahead = step + 1, self.workers.ahead(partial(self._tables_of, step + 1))
        return tables

    def _tables_of(self, step: int) -> list[Table]:
        # one after the other: two threads that make tables would wait for each other's Python
        parts = self.processes.share(range(self.batches.parts))
        return list(self.batches.tables(step, parts))

    def gradient(self, tables: Sequence[Table]) -> Gradient:
        """Compute the loss of a batch and its gradient, as a step does; no weight changes.

        Args:
            tables: of the parts that are this process's.

        Returns:
            Those of the parts of all processes.
        """
        if self.processes.n > 1:  # each draws numbers of its own, whatever was drawn before
            seed_step(self.settings.seed, self.progress.step, self.processes.rank)
        parameters = self.optimizer.parameters

        def own_gradient(table: Table) -> Gradient:
            return gradient(self.model, table, parameters, self.precision)

        own: Gradient | None = None
        for first in range(0, len(tables), self.workers.n):  # at most a gradient for each worker
            parts = self.workers.map(own_gradient, tables[first : first + self.workers.n])
            own = mean(parts if own is None else [own, *parts])
        sent = torch.bfloat16 if self.settings.all_reduce == "bf16" else torch.float32
        return mean_of_all(own or nothing(parameters), self.processes, sent)

    def step_on(self, tables: Sequence[Table], rate: float | None = None) -> Step:
        """Take a step as `step` does, on a batch of one's own, as tables of its parts."""
        return self.descend(self.gradient(tables), rate)

    def descend(self, batch: Gradient, rate: float | None = None) -> Step:
        """Take a step along the gradient of its batch, whose vector is shortened in place.

        Raises:
            DivergenceError: as `step`.
        """
        settings = self.settings
        if rate is None:
            rate = learning_rate(settings, self.progress.step, self.progress.max_steps)
        norm = batch.vector.norm()
        trace = Trace(self.progress.step + 1, batch.loss.item(), norm.item(), rate)
        self.watchdog.look(trace)
        if settings.grad_clip:
            clip(batch.vector, norm, settings.grad_clip)
        self.optimizer.step(batch.vector, rate)
        self.progress.count(batch.loss, batch.predictions)
        self.maker.step = self.progress.step
        return Step(batch.loss, batch.predictions, trace.gradient_norm, rate)

    def validate(self) -> Evaluation | None:
        """Compute the loss of the validation split, as `Validation.run` does.

        Raises:
            StoppedError: `should_stop` said so.
        """
        self.validation.should_stop = self.should_stop
        self.validation.watch = partial(self.tell, "validating")
        return self.validation.run()

    def state(self) -> dict[str, Tensor]:
        """Name every tensor beside the weights that the next step depends on."""
        if self.model.closed_form:
            return {}
        return training_state(self.model, self.optimizer, self.device)

    def weights_are_finite(self) -> bool:
        """Whether the weights are numbers; a closed form may hold the logarithm of 0."""
        return self.model.closed_form or all(
            bool(parameter.isfinite().all()) for parameter in self.model.parameters()
        )


def untrained(config: Config) -> Maker:
    """Make what a training begins with: weights by the seed of the config, or the closed form.

    Raises:
        UserError: a file can't be read, or a user's own model can't be built.
    """
    learner = Learner(config, config.data.load(), pick_device(config.training.device))
    learner.begin()
    return learner.maker


def total_steps(model: Model, settings: TrainingSettings, batches: Batches) -> int:
    """How many steps a run takes: none where the closed form is all."""
    if model.closed_form:
        return 0
    if settings.epochs is not None:
        return math.ceil(settings.epochs * batches.available / batches.size)
    assert settings.max_steps is not None, "a config has one of the two"
    return settings.max_steps
