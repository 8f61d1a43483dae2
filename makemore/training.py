"""The one loop that trains every model."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from makemore.batches import batch_rows
from makemore.checkpoint import Checkpoint, Progress, write_whole
from makemore.config import Config, TrainingSettings
from makemore.contexts import Table
from makemore.corpus import Corpus
from makemore.devices import (
    compute_reproducibly,
    random_states,
    restore_random_states,
)
from makemore.errors import UserError
from makemore.evaluation import evaluate, tables
from makemore.models import build_model
from makemore.models.base import Model
from makemore.optimizers import learning_rate, make_optimizer
from makemore.runs import Run
from makemore.sampling import Sampler, default_max_length, sample
from makemore.tracking import Tracker
from makemore.vocabulary import Documents, Vocabulary

N_SAMPLES = 10


@dataclass(frozen=True)
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


def total_steps(model: Model, settings: TrainingSettings, n_documents: int) -> int:
    """How many steps a run takes: none where the closed form is all."""
    if model.closed_form:
        return 0
    if settings.max_steps is not None:
        return settings.max_steps
    if settings.epochs is None:
        raise UserError("Nothing says how long to train: give --max-steps or --epochs.")
    return math.ceil(settings.epochs * n_documents / (settings.batch_size or n_documents))


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
        watch: called after every step.
        should_stop: asked before every step.

    Raises:
        UserError: a file can't be written, the run is at its end already, or the loss diverged;
            whatever was saved before still stands.
    """
    settings = config.training
    compute_reproducibly(device)
    vocabulary = Vocabulary(corpus.characters)
    train_documents = vocabulary.encode_all(corpus.train)
    val_documents = vocabulary.encode_all(corpus.val)

    torch.manual_seed(settings.seed)
    model = build_model(config.model, config.architecture, len(vocabulary)).to(device)
    optimizer = make_optimizer(model, settings)
    max_steps = total_steps(model, settings, len(train_documents))
    progress = Progress()
    if resumed is not None:
        progress = replace(resumed.progress)
        if progress.step >= max_steps:
            raise UserError(
                f"{run} is at its end, step {progress.step}: give it more --max-steps to go on, "
                f"or start a new run without --resume."
            )
        model.load_state_dict(resumed.weights)
        load_training_state(resumed.training, model, optimizer, device)

    write_whole(run.config, config.to_toml().encode())
    val_tables = list(tables(model, val_documents))
    table_at = _batches(model, train_documents, settings)
    checkpoint = Checkpoint(
        config, vocabulary, corpus.longest, corpus.fingerprint, progress, weights={}
    )
    status = Status(progress.step, max_steps)
    loss_sum = torch.tensor(progress.loss_sum, device=device)
    started = time.perf_counter() - progress.seconds

    with Tracker(run, None if resumed is None else progress.step) as tracker:

        def save_last() -> None:
            progress.loss_sum = loss_sum.item()
            progress.seconds = time.perf_counter() - started
            _refuse_nan(model, progress.step, run)
            tracker.flush()
            state = training_state(model, optimizer, device)
            replace(checkpoint, weights=model.state_dict(), training=state).save(run.last)

        def validate() -> float:
            """Log the exact validation loss and some samples; keep the best weights."""
            loss = evaluate(model, val_documents, val_tables).loss if val_tables else math.nan
            if val_tables:
                tracker.numbers(progress.step, {"loss/val": loss})
            generator = torch.Generator().manual_seed(settings.seed)
            sampler = Sampler(max_length=default_max_length(corpus.longest))
            samples = sample(model, vocabulary, N_SAMPLES, generator, sampler=sampler)
            tracker.text(progress.step, "samples", [s.text for s in samples])
            trained = progress.step > 0 or max_steps == 0
            if trained and (progress.best_loss is None or loss < progress.best_loss):
                progress.best_loss = loss if val_tables else None
                progress.best_step = progress.step
                _refuse_nan(model, progress.step, run)
                replace(checkpoint, weights=model.state_dict()).save(run.best)
            return loss

        if resumed is None:
            tracker.text(0, "config", config.to_toml().splitlines())
            model.prepare(train_documents, val_documents)
            if model.closed_form:
                tracker.numbers(0, {"loss/train": evaluate(model, train_documents).loss})
            status = replace(status, val_loss=validate(), validated=True)
            save_last()
            watch(status)

        first, resumed_at = progress.step, time.perf_counter()
        logged_at, characters = resumed_at, 0
        while progress.step < max_steps and not should_stop():
            rate = learning_rate(settings, progress.step, max_steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            table = table_at(progress.step).to(device)
            loss = model.loss(table)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if settings.grad_clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), settings.grad_clip)
            optimizer.step()

            progress.step += 1
            progress.loss_steps += 1
            loss_sum += loss.detach()
            characters += table.predictions
            status = replace(status, step=progress.step, validated=False)

            if progress.step % settings.log_interval == 0:
                train_loss = loss_sum.item() / progress.loss_steps
                if not math.isfinite(train_loss):
                    _refuse(progress.step, run)
                loss_sum.zero_()
                progress.loss_steps = 0
                now = time.perf_counter()
                speed = characters / (now - logged_at)
                logged_at, characters = now, 0
                left = (now - resumed_at) / (progress.step - first) * (max_steps - progress.step)
                status = replace(
                    status, train_loss=train_loss, characters_per_second=speed, seconds_left=left
                )
                tracker.numbers(
                    progress.step,
                    {
                        "loss/train": train_loss,
                        "learning_rate": rate,
                        "characters_per_second": speed,
                    },
                )
            if progress.step % settings.eval_interval == 0 or progress.step == max_steps:
                paused = time.perf_counter()
                status = replace(status, val_loss=validate(), validated=True)
                save_last()
                logged_at += time.perf_counter() - paused
            watch(status)
        if not status.validated:
            save_last()
    return progress


def _batches(
    model: Model, documents: Documents, settings: TrainingSettings
) -> Callable[[int], Table]:
    """Give the function from a step to the table of its batch."""
    if settings.batch_size == 0:
        whole = model.table(documents).to(model.device)
        return lambda step: whole

    def table_at(step: int) -> Table:
        rows = batch_rows(len(documents), settings.batch_size, settings.seed, step)
        return model.table(documents.select(rows))

    return table_at


def training_state(
    model: Model, optimizer: torch.optim.Optimizer, device: torch.device
) -> dict[str, Tensor]:
    """Name every tensor beside the weights that the next step depends on."""
    state = {f"random.{name}": tensor for name, tensor in random_states(device).items()}
    for name, parameter in model.named_parameters():
        for key, tensor in optimizer.state[parameter].items():
            state[f"optimizer.{name}.{key}"] = tensor
    return state


def load_training_state(
    state: dict[str, Tensor], model: Model, optimizer: torch.optim.Optimizer, device: torch.device
) -> None:
    """Put back what `training_state` gave."""
    parameters = dict(model.named_parameters())
    random: dict[str, Tensor] = {}
    for path, tensor in state.items():
        kind, _, name = path.partition(".")
        if kind == "random":
            random[name] = tensor
        else:
            name, _, key = name.rpartition(".")
            optimizer.state[parameters[name]][key] = tensor.to(device)
    restore_random_states(random, device)


def _refuse_nan(model: Model, step: int, run: Run) -> None:
    if any(bool(parameter.isnan().any()) for parameter in model.parameters()):
        _refuse(step, run)


def _refuse(step: int, run: Run) -> None:
    raise UserError(
        f"The training diverged by step {step}: try a lower --learning-rate. "
        f"{run} still holds what was saved before."
    )
