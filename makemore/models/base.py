"""The contract that all models meet.

A model needs only `forward`, the readable truth. Everything else has a default derived from it,
and a model overrides what it can do with less work; a test holds the two equal.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.backprop import kernels
from makemore.contexts.prefixes import PrefixReader, PrefixTable
from makemore.contexts.sequences import SequenceTable
from makemore.contexts.tables import Reader, Table
from makemore.contexts.windows import WindowReader, WindowTable
from makemore.corpus.documents import Documents
from makemore.models.normalization import BatchNorm

State = tuple[Tensor, ...]
"""What a model's step remembers for the next. Only the model itself reads it."""


def select_rows(state: State, rows: Tensor | None) -> State:
    """Select rows of each tensor (B, …), int64 (B',), which may repeat; None: all of them."""
    return state if rows is None else tuple(tensor.index_select(0, rows) for tensor in state)


class Model(nn.Module):
    """A character-level language model.

    Attributes:
        vocab_size: number of different ids V, the boundary included.
        context_length: how many characters a prediction depends on; None: the whole prefix.
        block_size: the longest sequence that `forward` takes; None: any length.
        source: hash of the Python code of a user's own model; None where it is one of ours.
    """

    context_length: int | None = None
    block_size: int | None = None
    source: str | None = None

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.vocab_size = vocab_size

    def forward(self, tokens: Tensor) -> Tensor:
        """Predict the character after each token, from it and those before it.

        Args:
            tokens: int64 (B, T), each row a sequence that starts with the boundary (or, in a
                document longer than `block_size`, somewhere in the middle).

        Returns:
            Logits, (B, T, V).
        """
        raise NotImplementedError

    @property
    def reader(self) -> Reader:
        """How this model reads documents: as windows of characters, or as whole prefixes."""
        if self.context_length is not None:
            return WindowReader(self.context_length, self.vocab_size)
        return PrefixReader(self.vocab_size, self.block_size, self.arrange)

    def arrange(self, table: PrefixTable) -> PrefixTable:
        """Lay a tree of prefixes out as this model reads it."""
        return table

    def predict_table(self, table: Table) -> Tensor:
        """Logits after each row of a table, (N, V), whichever of this model's reader it is from.

        Sequences go through `forward` as they are, distinct contexts through `table_logits`.
        """
        if isinstance(table, SequenceTable):
            logits: Tensor = self(table.tokens)  # (S, T, V)
            return logits.flatten(0, 1)
        return self.table_logits(table)

    def table_logits(self, table: Table) -> Tensor:
        """Logits after each distinct context of a table from `reader.table`, (N, V)."""
        if isinstance(table, WindowTable):
            logits: Tensor = self(table.contexts)[:, -1]  # (N, V)
            return logits
        assert isinstance(table, PrefixTable)
        logits = self(table.tokens[table.sequences])  # (S, T, V)
        return logits.flatten(0, 1).index_select(0, table.places)  # (N, V)

    def by_layers(self, contexts: Tensor) -> Tensor:
        """Predict from contexts that share nothing, through every module: as a drawing shows it.

        Args:
            contexts: int64 (B, T): windows of `context_length`, or sequences as in `forward`.

        Returns:
            Logits: after each window, (B, V), or after each token, (B, T, V).
        """
        logits: Tensor = self(contexts)
        return logits if self.context_length is None else logits[:, -1]

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Be in evaluation mode for a while, then in the mode, training or not, of before."""
        was_training = self.training
        self.eval()
        try:
            yield
        finally:
            self.train(was_training)

    def read_prompt(self, tokens: Sequence[int]) -> tuple[Tensor, State]:
        """Read the first tokens of a sequence, at least one, on the model's device.

        Returns:
            What `step` returns after the last of them: logits, (1, V), and the state.
        """
        state: State | None = None
        for token in tokens:
            logits, state = self.step(torch.tensor([token], device=self.device), state)
        assert state is not None, "a sequence starts with a token"
        return logits, state

    def step(
        self, tokens: Tensor, state: State | None, rows: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Read one more token of each sequence; what is found may be without a gradient.

        A sequence that has filled `block_size` goes on with its last half block, just as
        `sequences.pad` reads a long document.

        Args:
            tokens: int64 (B,), the boundary at the start of a document.
            state: what the step before returned, left as it is; None at the start.
            rows: int64 (B,), the sequence of the step before that each token goes on with: one may
                go on in several ways, or in none. None: each with its own.

        Returns:
            Logits of the character after it, (B, V), and the state to go on with.
        """
        context, _, _ = self.extend(tokens, state, rows)
        logits: Tensor = self(context)[:, -1]
        return logits, (context,)

    def extend(
        self, tokens: Tensor, state: State | None, rows: Tensor | None = None
    ) -> tuple[Tensor, Tensor, State | None]:
        """Put one more token behind the context, which is the first tensor of a state.

        Returns:
            The context, int64 (B, T); that part of it that must still be read, (B, 1) or all of
            it; and what the state remembers of the rest, its rows not selected yet, None where
            all must be read again.
        """
        newest = tokens[:, None]
        if state is None:
            return newest, newest, None
        (before,) = select_rows(state[:1], rows)
        kept = self.reader.trim(before)
        context = torch.cat([kept, newest], dim=1)
        if kept.shape == before.shape:
            return context, newest, state[1:]
        return context, context, None

    def loss(self, table: Table) -> Tensor:
        """What training minimises: the mean cross-entropy of the table, in nats a character."""
        return cross_entropy(self.predict_table(table), table)

    @property
    def divisible(self) -> bool:
        """Whether the loss of a batch is the mean of its parts', each computed by itself."""
        return False

    @property
    def separable(self) -> bool:
        """Whether a batch's loss is the mean of its parts', apart from dropout's random numbers.

        It is not where a layer normalises over the batch.
        """
        kinds = (BatchNorm, nn.modules.batchnorm._BatchNorm)
        return not any(isinstance(module, kinds) for module in self.modules())

    @property
    def closed_form(self) -> bool:
        """Whether `prepare` alone fits the model, and no step of gradient descent is due."""
        return False

    def prepare(self, train: Documents, val: Documents) -> None:
        """Look at the corpus once, before the first step. `val` may be empty."""

    def counted_tables(self) -> Iterable[Table] | None:
        """Cover the training split with tables of what `prepare` counted; None: it keeps none."""
        return None

    def report(self) -> dict[str, float]:
        """Name what the model itself found in training, to be shown beside its losses."""
        return {}

    def hidden_matrices(self) -> list[Tensor]:
        """Name the matrices between hidden channels, which Muon is made for.

        Those are the weights of all linear maps but the last, which makes the logits.
        """
        layers = [module for module in self.modules() if isinstance(module, nn.Linear)]
        return [layer.weight for layer in layers[:-1] if layer.weight.requires_grad]

    def character_vectors(self) -> tuple[str, Tensor] | None:
        """Find the vectors of the characters, (V, n_embd), and the name of that parameter.

        It is the first `nn.Embedding` with a row for each character; None where there is none.
        """
        for name, module in self.named_modules():
            if isinstance(module, nn.Embedding) and module.num_embeddings == self.vocab_size:
                return f"{name}.weight", module.weight
        return None

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(chain(self.parameters(), self.buffers())).device

    @property
    def n_parameters(self) -> int:
        """Count the parameters."""
        return sum(parameter.numel() for parameter in self.parameters())


def cross_entropy(logits: Tensor, table: Table) -> Tensor:
    """Mean over a table's predictions of -log softmax(logits)[row, target], in nats.

    Args:
        logits: (N, V), one row for each distinct context.
        table: with N distinct contexts.
    """
    if logits.dtype == torch.bfloat16:
        logits = logits.float()
    weights = table.counts.to(logits.dtype) / table.predictions
    if logits.device.type != "cpu":
        return (pair_losses(logits, table) * weights).sum()
    with torch.autocast("cpu", enabled=False):  # the sum over predictions stays in fp32
        return kernels.cross_entropy(logits, table.rows, table.targets, weights)


def pair_losses(logits: Tensor, table: Table) -> Tensor:
    """Negative log-probability of each (context, next character) pair of a table, (P,), in nats."""
    log_probabilities = F.log_softmax(logits, dim=-1)  # (N, V)
    pairs = table.rows * logits.shape[-1] + table.targets  # flat indices: one fast gather
    return -log_probabilities.flatten().index_select(0, pairs)
