"""What is checked: a model as it starts, a learner without a directory, and real data."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from makemore.checks.dependence import dependences
from makemore.checks.gradients import strangers
from makemore.config import Config
from makemore.contexts.tables import Table
from makemore.corpus.documents import Lines, Text
from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.maker import Maker
from makemore.models.base import Model
from makemore.models.bigram import Bigram
from makemore.models.settings import CustomSettings
from makemore.training.learner import Learner

N_DOCUMENTS = 8
"""A batch so small is soon learned by heart."""
N_CHARACTERS = 64
"""The same of a text."""
LONGEST_WARMUP = 10
STEPS_ON_ONE_BATCH = 200
FACTORS = (1, 8, 64)
"""Of the learning rate, one after the other until one batch is learned: a table of logits needs
larger steps than layers do, and a recipe has more steps than a check."""
NOISE = 0.2


@dataclass(frozen=True)
class Walk:
    """Some first steps on real batches, up to one with the peak learning rate.

    Attributes:
        start: the parameters before all steps.
        before: the parameters before the last step.
        after: the parameters after it.
        learning_rate: of the last step.
        gradients: of one more batch; None for a parameter that the loss doesn't depend on.
        unknown: what `strangers` finds in that batch.
    """

    start: dict[str, Tensor]
    before: dict[str, Tensor]
    after: dict[str, Tensor]
    learning_rate: float
    gradients: dict[str, Tensor | None]
    unknown: list[Tensor]


class Subject:
    """A model, as it is before the first step or as a run has trained it, and what goes with it.

    Attributes:
        config: every setting.
        corpus: what it learns.
        device: where to compute.
        weights: of a run that has this config; None: those that a training starts with.
    """

    def __init__(
        self,
        config: Config,
        corpus: Corpus,
        device: torch.device,
        weights: dict[str, Tensor] | None = None,
    ) -> None:
        self.config = config
        self.corpus = corpus
        self.device = device
        self.weights = weights

    @classmethod
    def of_run(cls, maker: Maker) -> Self:
        """Take a trained model with its weights.

        Raises:
            UserError: its corpus can't be read, or has other characters than it had.
        """
        subject = cls(maker.config, maker.corpus, maker.model.device, maker.model.state_dict())
        known = subject.start(weighted=False).maker.vocabulary
        if known != maker.vocabulary:
            raise UserError(
                f"{maker.corpus.source} has other characters than when the run was trained."
            )
        return subject

    @property
    def is_custom(self) -> bool:
        """Whether it is a user's own model, in which anything may go wrong."""
        return isinstance(self.config.architecture, CustomSettings)

    @property
    def is_trained(self) -> bool:
        """Whether its weights are a run's."""
        return self.weights is not None or self.config.training.init_from is not None

    def start(self, weighted: bool = True, **training: Any) -> Learner:
        """Make a learner that stands before its first step.

        Args:
            weighted: whether it gets the run's weights, if there is a run.
            training: settings that are others here.

        Raises:
            UserError: a user's own model can't be built, or gives no logits.
        """
        settings = self.config.training.model_copy(update=training)
        config = replace(self.config, training=settings)
        learner = Learner(config, self.corpus, self.device, tried=False)
        if weighted:
            learner.begin()
            if self.weights is not None:
                learner.model.load_state_dict(self.weights)
        return learner

    @cached_property
    def learner(self) -> Learner:
        """The learner whose model stays as it starts."""
        return self.start()

    @property
    def model(self) -> Model:
        """Its model."""
        return self.learner.model

    def copy(self) -> Model:
        """Copy the model, so that a check may change it."""
        return copy.deepcopy(self.model)

    def noisy_copy(self) -> Model:
        """Copy it with other weights, none of them 0, so that nothing is hidden by a start."""
        model = self.copy()
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in model.parameters():
                columns = parameter.shape[-1] if parameter.dim() else 1
                noise = torch.randn(parameter.shape, generator=generator)
                scale = min(NOISE, max(columns, 1) ** -0.5)
                parameter.add_((scale * noise).to(parameter))
        return model

    @cached_property
    def batch(self) -> Table:
        """A batch of the training, or the first part of it."""
        return self.learner.next_tables()[0]

    @cached_property
    def small_batch(self) -> Table:
        """A few documents, or some hundred characters of a text, from all over the training split.

        They are the same at each call.
        """
        n = N_DOCUMENTS
        if isinstance(self.learner.documents, Text):
            n = max(1, N_CHARACTERS // self.model.reader.window_size)
        return self.learner.batches.spread(n)

    @cached_property
    def few(self) -> Lines:
        """A few documents, or pieces of a text, that the model's block holds."""
        longest = min(self.model.block_size or 32, 32) - 1
        documents = self.learner.documents
        if isinstance(documents, Text):
            starts = np.linspace(0, max(0, len(documents.ids) - longest), N_DOCUMENTS).astype(int)
            pieces = [documents.ids[start : start + longest] for start in starts]
        else:
            rows = np.linspace(0, len(documents) - 1, N_DOCUMENTS).astype(int)
            offsets = documents.offsets
            pieces = [documents.ids[offsets[r] : offsets[r + 1]][:longest] for r in rows]
        ends = np.cumsum([0, *map(len, pieces)])
        return Lines(np.concatenate(pieces), ends)

    def tokens(self, rows: int = 2) -> Tensor:
        """Make sequences as long as the model takes them, up to 32 characters: int64 (rows, T)."""
        length = self.model.block_size or 2 * (self.model.context_length or 1) + 1
        shape = (rows, min(length, 32))
        generator = torch.Generator().manual_seed(0)
        tokens = torch.randint(1, self.model.vocab_size, shape, generator=generator)
        tokens[:, 0] = 0  # the boundary
        return tokens.to(self.device)

    @cached_property
    def depends(self) -> Tensor:
        """Which prediction depends on which token, as `dependences` finds it."""
        return dependences(self.noisy_copy(), self.tokens())

    def losses_on_one_batch(self) -> Iterator[float]:
        """Train on the small batch alone, without what keeps from learning by heart.

        That is decay of weights, dropout, and the smoothing of a bigram.
        """
        rate = self.config.training.learning_rate
        for factor in FACTORS:
            learner = self.start(
                learning_rate=factor * rate,
                max_steps=STEPS_ON_ONE_BATCH,
                epochs=None,
                warmup_steps=LONGEST_WARMUP,
                weight_decay=0.0,
            )
            for module in learner.model.modules():
                if isinstance(module, nn.Dropout):
                    module.p = 0.0
                if isinstance(module, Bigram):
                    module.smoothing.zero_()
            with learner:
                while not learner.progress.finished:
                    yield learner.step_on([self.small_batch]).loss.item()

    @cached_property
    def walk(self) -> Walk:
        """Take some steps of the training."""
        warmup = min(self.config.training.warmup_steps, LONGEST_WARMUP)
        with self.start(warmup_steps=warmup) as learner:
            names = dict(learner.model.named_parameters())
            start = before = _clone(names)
            for _ in range(warmup + 1):
                before = _clone(names)
                step = learner.step()
            after = _clone(names)
            trained = {name: p for name, p in names.items() if p.requires_grad}
            loss = learner.model.loss(self.batch)
            unknown = strangers(loss, list(trained.values()))
            slopes = torch.autograd.grad(loss, list(trained.values()), allow_unused=True)
        gradients: dict[str, Tensor | None] = dict(zip(trained, slopes, strict=True))
        return Walk(start, before, after, step.learning_rate, gradients, unknown)


def _clone(tensors: dict[str, nn.Parameter]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}
