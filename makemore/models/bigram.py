"""Bigram: the next character depends on the last one alone (Shannon 1948; makemore, lecture 2)."""

import torch
from torch import Tensor, nn

from makemore.contexts.tables import Table
from makemore.contexts.windows import WindowTable
from makemore.corpus.documents import Documents
from makemore.errors import UserError
from makemore.models.base import cross_entropy
from makemore.models.settings import BigramSettings
from makemore.models.window import WindowModel

MOST_CHARACTERS = 2**13
"""Of a vocabulary: a matrix of 2**26 logits, 256 MiB."""
SMOOTHINGS = [10 ** (i / 200) for i in range(-800, 801)]
"""The k among which add-k smoothing is chosen: from 0.0001 to 10,000 in steps of 1.2%."""


class Bigram(WindowModel):
    """A V x V matrix of logits, one row for each last character.

    Its optimum is known: p(next | last) = (count + k) / (row's count + k V), where k is added to
    each of the V * V counts (add-k smoothing). `fit="count"` writes that down; `fit="gradient"`
    starts from equal probabilities and descends to the same point, which is the maximum of the
    likelihood of the counts with k in each.

    Raises:
        UserError: the vocabulary is too large for such a matrix.
    """

    context_length = 1
    smoothing: Tensor
    train_predictions: Tensor

    def __init__(self, vocab_size: int, settings: BigramSettings) -> None:
        super().__init__(vocab_size)
        if vocab_size > MOST_CHARACTERS:
            raise UserError(
                f"A bigram has a number for each pair of characters: it takes up to "
                f"{MOST_CHARACTERS - 1:,} different ones, not {vocab_size - 1:,}. Leave out "
                f"documents with rare ones by --min-count, or take another --model."
            )
        self.settings = settings
        self.logits = nn.Parameter(torch.zeros(vocab_size, vocab_size))
        self.register_buffer("smoothing", torch.tensor(0.0))  # k
        self.register_buffer("train_predictions", torch.tensor(0.0))

    def predict(self, contexts: Tensor, weights: Tensor | None = None) -> Tensor:
        """Look up the last character's row: int64 (..., 1) -> (..., V)."""
        return self.logits[contexts[..., 0]]

    @property
    def closed_form(self) -> bool:
        """Whether counting alone fits the model."""
        return self.settings.fit == "count"

    def prepare(self, train: Documents, val: Documents) -> None:
        """Choose k on the validation documents unless it is given, and fit by counting."""
        counts = self.count(train)
        if self.settings.smoothing is not None:
            k = self.settings.smoothing
        elif len(val):
            k = best_smoothing(counts, self.count(val))
        else:
            k = 1.0  # Laplace
        self.smoothing.fill_(k)
        self.train_predictions.fill_(train.predictions)
        if self.closed_form:
            with torch.no_grad():
                write_smoothed(self.logits, counts, k)

    def count(self, documents: Documents) -> Tensor:
        """How often each character (column) follows each (row): sparse, float64 (V, V)."""
        table = self.reader.table(documents)
        assert isinstance(table, WindowTable)
        pairs = torch.stack([table.contexts[table.rows, 0], table.targets])
        shape, times = (self.vocab_size, self.vocab_size), table.counts.double()
        return torch.sparse_coo_tensor(pairs, times, shape, check_invariants=True).coalesce()

    def loss(self, table: Table) -> Tensor:
        """Cross-entropy, with k more of each pair over the whole training split."""
        data = cross_entropy(self.predict_table(table), table)
        prior = -self.logits.log_softmax(-1).sum() * self.smoothing / self.train_predictions
        return data + prior

    def report(self) -> dict[str, float]:
        """Name the k of add-k smoothing."""
        return {"smoothing": self.smoothing.item()}


def write_smoothed(logits: Tensor, counts: Tensor, k: float) -> None:
    """Write the logarithms of add-k smoothing's probabilities, (V, V), in place.

    A row without any count is uniform.

    Args:
        logits: to be overwritten.
        counts: of each pair, sparse (V, V).
        k: added to each.
    """
    (last, following), totals = counts.indices(), counts.sum(1).to_dense() + k * len(logits)
    unseen = torch.where(totals > 0, k / totals, 1 / len(logits)).log()  # (V,)
    logits.copy_(unseen[:, None].expand_as(logits))
    logits[last, following] = ((counts.values() + k) / totals[last]).log().to(logits)


def best_smoothing(train: Tensor, val: Tensor) -> float:
    """Choose the k of `SMOOTHINGS` with the lowest loss on validation counts; sparse (V, V)."""
    (last, following), times = val.indices(), val.values()  # the pairs that occur: (P,)
    size = len(train)
    pairs = train.indices()[0] * size + train.indices()[1]  # ascending
    wanted = last * size + following
    place = torch.searchsorted(pairs, wanted).clamp(max=len(pairs) - 1)
    count = torch.where(pairs[place] == wanted, train.values()[place], 0)
    total = train.sum(1).to_dense()[last]

    def loss(k: float) -> float:
        probabilities = (count + k) / (total + k * size)
        return -(times * probabilities.log()).sum().item()

    return min(SMOOTHINGS, key=loss)
