"""One trained thing: a model, its vocabulary, and what it must know of its corpus.

It is loaded and saved as a whole. What it can do is in `maker`.
"""

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import torch

from makemore.compute.conditions import Conditions
from makemore.compute.devices import pick_device
from makemore.config import Config
from makemore.corpus.reading import embedded_names
from makemore.corpus.sources import Paths, name_of
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.display import Grid, Shown, show_estimate
from makemore.errors import MakemoreWarning, UserError
from makemore.models.base import Model
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.data import find_corpus, may_be_read, read_the_same, remember_corpus
from makemore.runs.progress import Progress
from makemore.runs.run import Metrics, Run, find_checkpoint


@dataclass(repr=False)
class Trained(Shown):
    """A trained model, and what must be known of its corpus.

    Attributes:
        config: every setting that it was trained with.
        model: the torch module, on its device.
        vocabulary: the characters that it knows.
        longest: length of the longest document of its corpus, in characters.
        fingerprint: `Corpus.fingerprint` of its corpus.
        progress: how far its training has come.
        step: how many steps its weights have been trained for.
        path: the checkpoint that it was loaded from; None where it is only in memory.
    """

    config: Config
    model: Model
    vocabulary: Vocabulary
    longest: int
    fingerprint: str
    progress: Progress
    step: int = 0
    path: Path | None = None
    known_corpus: Corpus | None = None
    known_metrics: Metrics | None = None

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, device: torch.device, corpus: Corpus | None = None
    ) -> Self:
        """Build the model of a checkpoint; its corpus is read when it is needed, unless given.

        Raises:
            UserError: it is a user's own model, whose file is gone or has changed.
        """
        return cls(
            config=checkpoint.config,
            model=checkpoint.build(device),
            vocabulary=checkpoint.vocabulary,
            longest=checkpoint.longest,
            fingerprint=checkpoint.fingerprint,
            progress=checkpoint.progress,
            step=checkpoint.progress.step,
            known_corpus=corpus,
        )

    @classmethod
    def load(
        cls,
        run: str | Path | None = None,
        device: str = "auto",
        *,
        data: Paths | None = None,
        model: str | None = None,
        trust: bool = False,
    ) -> Self:
        """Load the best checkpoint of a run, a checkpoint file, or the newest run under `runs/`.

        Args:
            run: directory of a run, its name under `runs/`, or a .safetensors file.
            device: where to compute: auto, cpu, cuda or mps.
            data: the documents of its corpus, where they have moved. They are looked for where they
                were, and beside the run.
            model: `path/to/file.py:ClassName`: your own model, where it has moved or changed since.
            trust: run the Python file that the checkpoint names, though you have not named it.

        Raises:
            UserError: there is none, it can't be read, or its model stands in a file that you have
                not named.
            UsageError: there is no such device here, or `model` names none of your own.
        """
        path = find_checkpoint(None if run is None else Path(run))
        checkpoint = Checkpoint.load(path).vouched_for(model, trust)
        trained = cls.from_checkpoint(checkpoint, pick_device(device))
        trained.path = path
        if data is not None:
            trained.known_corpus = trained._corpus_in(data)
        return trained

    def save(self, path: str | Path) -> None:
        """Write a checkpoint that is enough to sample from, a .safetensors file.

        Raises:
            UserError: it can't be written.
        """
        self.checkpoint(replace(self.progress, step=self.step)).save(Path(path))

    def checkpoint(
        self,
        progress: Progress | None = None,
        learner: dict[str, torch.Tensor] | None = None,
        conditions: Conditions | None = None,
    ) -> Checkpoint:
        """Take what a checkpoint file holds; its tensors are the model's own.

        Args:
            progress: how far the training has come, unless as its own.
            learner: what else resuming needs.
            conditions: under which it was trained.
        """
        return Checkpoint(
            self.config,
            self.vocabulary,
            self.longest,
            self.fingerprint,
            progress or self.progress,
            self.model.state_dict(),
            self.model.source,
            learner or {},
            self.model.n_parameters,
            conditions,
        )

    @property
    def run(self) -> Path | None:
        """The directory of its run: that of its checkpoint."""
        return None if self.path is None else self.path.parent

    @property
    def metrics(self) -> Metrics:
        """The logged numbers of its run, read when they are first asked for.

        A mapping from "step" and some tags for each time that something was logged; none where it
        was loaded from a file alone.
        """
        if self.known_metrics is None:
            self.known_metrics = [] if self.run is None else Run(self.run).read_metrics()
        return self.known_metrics

    @property
    def is_text(self) -> bool:
        """Whether it was trained on one long text."""
        return self.config.data.format == "text"

    @property
    def corpus(self) -> Corpus:
        """What it was trained on, read again when it is first asked for, as `find_corpus` finds it.

        A corpus that has changed meanwhile is a MakemoreWarning.

        Raises:
            UserError: a file can't be read.
        """
        if self.known_corpus is None:
            _, corpus = find_corpus(self.config.data, self.fingerprint, self.run)
            self.known_corpus = corpus
            if corpus.fingerprint != self.fingerprint:
                warnings.warn(
                    f"{corpus.source} has changed since the run was trained.",
                    MakemoreWarning,
                    stacklevel=2,
                )
        return self.known_corpus

    def grid(self) -> Grid:
        """Show what it is."""
        rows = {
            "model": self.config.name,
            "parameters": f"{self.model.n_parameters:,}",
            "step": f"{self.step:,}",
            "vocabulary": f"{len(self.vocabulary.characters):,} characters",
            "trained on": self._kind,
        }
        if self.progress.best_loss is not None:
            rows["val loss"] = show_estimate(self.progress.best_loss, self.progress.best_error)
        if self.path is not None:
            rows["checkpoint"] = str(self.path)
        return Grid(list(rows.items()), left=2)

    @property
    def _kind(self) -> str:
        if self.is_text:
            return "one long text"
        noun = "documents" if self.config.data.how.several_lines else "lines"
        return f"{noun} of up to {self.longest:,}"

    @property
    def _source(self) -> str:
        """Name the files of its corpus in a few words."""
        data = self.config.data
        return name_of(data.data or data.val_data or data.test_data or embedded_names())

    def _corpus_in(self, data: Paths) -> Corpus:
        corpus = read_the_same(self.config.data, self.fingerprint, self.run, data)
        remember_corpus(self.config.data, self.fingerprint)  # from now on it may be read unasked
        return corpus

    def _corpus_to_look_in(self, needed: bool) -> Corpus | None:
        asked = needed or self.known_corpus is not None
        if not (asked or may_be_read(self.config.data, self.fingerprint)):
            warnings.warn(
                f"This run comes from elsewhere, so {self._source} is not read, and nothing is "
                f"looked up in it: name it by --data.",
                MakemoreWarning,
                stacklevel=4,
            )
            return None
        try:
            return self.corpus
        except UserError as error:
            if needed:
                raise
            warnings.warn(f"{error} So nothing is looked up in it.", MakemoreWarning, stacklevel=4)
            return None
