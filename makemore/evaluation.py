"""Exact losses, and what they mean."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch

from makemore.contexts import Table
from makemore.models.base import Model, pair_losses
from makemore.vocabulary import Documents

LOGITS_AT_A_TIME = 2**24
"""Logits of one table in an evaluation, which bounds its memory (64 MiB in fp32)."""


@dataclass(frozen=True)
class Evaluation:
    """How well a model predicts some documents.

    Attributes:
        documents: how many there are.
        predictions: every character and every document's end.
        loss: mean over the predictions of -log p(next character | context), in nats.
    """

    documents: int
    predictions: int
    loss: float

    @property
    def bits(self) -> float:
        """Loss in bits a character: what an ideal compressor driven by the model would need."""
        return self.loss / math.log(2)

    @property
    def perplexity(self) -> float:
        """Among how many equally likely characters the model is left to choose: exp(loss)."""
        return math.exp(self.loss) if self.loss < 700 else math.inf

    def figures(self) -> dict[str, float]:
        """Name all that is measured."""
        return {
            "documents": self.documents,
            "predictions": self.predictions,
            "loss": self.loss,
            "bits": self.bits,
            "perplexity": self.perplexity,
        }


def tables(model: Model, documents: Documents) -> Iterator[Table]:
    """Cover the documents with tables whose logits are `LOGITS_AT_A_TIME` at most."""
    for table in model.tables(documents, LOGITS_AT_A_TIME // max(model.vocab_size, 256)):
        yield table.to(model.device)


@torch.inference_mode()
def evaluate(
    model: Model, documents: Documents, covering: Iterable[Table] | None = None
) -> Evaluation:
    """Compute the exact loss over all documents, at least one.

    Args:
        model: left in the mode, training or not, that it was in.
        documents: what to predict.
        covering: `tables` of the documents, where they are at hand.
    """
    was_training = model.training
    model.eval()
    total = 0.0
    for table in tables(model, documents) if covering is None else covering:
        losses = pair_losses(model.logits_of(table), table).cpu().double()
        total += (losses * table.counts.cpu()).sum().item()
    model.train(was_training)
    return Evaluation(len(documents), documents.predictions, total / documents.predictions)
