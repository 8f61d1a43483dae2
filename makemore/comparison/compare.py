"""Models are trained in turn, each with its recipe, on one corpus, and nothing is written."""

import math
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress

from makemore.comparison.comparison import Comparison, Entry
from makemore.comparison.compressors import compress
from makemore.compute.devices import pick_device
from makemore.compute.randomness import own_random_numbers
from makemore.config import Config
from makemore.corpus.splits import Corpus
from makemore.errors import MakemoreWarning, StoppedError, UserError
from makemore.evaluation.losses import evaluate
from makemore.runs.progress import Progress
from makemore.runs.recorder import MemoryRecorder
from makemore.signals import SIGNALS
from makemore.training.learner import Learner
from makemore.training.loop import best_of, train
from makemore.training.summary import summarise


def compare(
    configs: Sequence[Config],
    corpus: Corpus,
    *,
    watch: Callable[[Comparison], None] = lambda comparison: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Comparison:
    """Train each model, and order them by the validation loss; the test split is not read.

    A model that can't be trained is a row that says so, and a MakemoreWarning.

    Args:
        configs: a model each; their data are those of the corpus.
        corpus: what they learn.
        watch: called with what is there so far, after every step and every compressor.
        should_stop: asked as by a training; what is done is kept.

    Raises:
        UserError: there is no validation split, or none of the models can be trained.
    """
    if not corpus.val:
        raise UserError(
            f"{corpus.source} has no document in its val split, which models are compared on: "
            f"give one by --val-data, or a larger second share by --split."
        )
    predictions = corpus.size("val") + (len(corpus.val) if corpus.format == "lines" else 0)
    entries = [Entry(config.name) for config in configs]
    comparison = Comparison(corpus.source, predictions, entries)
    watch(comparison)
    for found in compress(corpus):
        comparison.compressors.append(found)
        watch(comparison)
    failure: UserError | None = None
    with SIGNALS.held():
        for config, entry in zip(configs, entries, strict=True):
            if should_stop():
                break
            try:
                _train(entry, config, corpus, lambda: watch(comparison), should_stop)
            except StoppedError:  # before it had begun
                entry.state = "waiting"
            except UserError as error:
                failure, entry.state, entry.error = error, "failed", str(error)
                entry.train_loss = entry.val_loss = math.nan
                if any(other.state != "failed" for other in entries):
                    warnings.warn(f"{entry.model}: {error}", MakemoreWarning, stacklevel=3)
    if failure is not None and all(entry.state == "failed" for entry in entries):
        raise failure
    comparison.end()
    return comparison


def _train(
    entry: Entry,
    config: Config,
    corpus: Corpus,
    watch: Callable[[], None],
    should_stop: Callable[[], bool],
) -> None:
    """Train one model, and enter what it has reached."""
    entry.state = "training"
    watch()
    device = pick_device(config.training.device)
    with own_random_numbers(device):
        learner, recorder = Learner(config, corpus, device), MemoryRecorder()
        entry.progress, entry.n_parameters = learner.progress, learner.model.n_parameters

        def follow(progress: Progress) -> None:
            entry.n_parameters = learner.model.n_parameters  # a table that counts grows by it
            progress.read_clock()
            entry.train_loss, entry.val_loss = progress.train_loss, progress.val_loss
            watch()

        train(learner, recorder, watch=follow, should_stop=should_stop)
        if learner.progress.step == 0 and not learner.progress.finished:
            entry.state = "waiting"  # it was stopped before it had begun
            return
        maker = best_of(learner, recorder)
        found = summarise(maker, should_stop)
        entry.val_loss = _number(found.val_loss)
        if found.val_predictions is not None:  # each model by a subset of its own
            with suppress(StoppedError), learner.workers:
                exact = evaluate(
                    maker.model, learner.val_documents, None, learner.workers, should_stop
                )
                entry.val_loss = exact.loss
    logged = [row["loss/train"] for row in maker.metrics if "loss/train" in row]
    if found.train_loss is None and logged:
        entry.train_loss = _number(logged[-1])
    else:
        entry.train_loss = _number(found.train_loss)
    entry.maker, entry.samples = maker, found.samples
    entry.state = "finished" if maker.progress.finished else "stopped"
    watch()


def _number(loss: float | None) -> float:
    return math.nan if loss is None else loss
