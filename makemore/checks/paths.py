"""The ways to compute a prediction: `forward`, over a table, step by step. They must agree."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from makemore.checks.finding import Verdict, failed, passed
from makemore.contexts.sequences import pad
from makemore.corpus.documents import Lines
from makemore.models.base import Model, cross_entropy

ROUNDING = 1e-4


def paths_agree(losses: Mapping[str, float]) -> Verdict:
    """See that all ways to compute a loss give the same.

    Args:
        losses: of the same documents by the name of each way, in nats.
    """
    *first, last = (f"{loss:.5f} by {name}" for name, loss in losses.items())
    found = f"The loss of some documents is {', '.join(first)} and {last}."
    if max(losses.values()) - min(losses.values()) <= ROUNDING:
        return passed(found)
    return failed(
        found,
        "forward is the definition: let table_logits and step give its logits, and let a "
        "context_length say how many characters it sees, boundaries before the start among them; "
        "what looks ahead can't agree.",
    )


@torch.no_grad()
def losses_by_path(model: Model, documents: Lines) -> dict[str, float]:
    """Compute the loss of documents by each path of the contract, in evaluation mode, in nats.

    Args:
        model: whose block holds each document.
        documents: at least one.
    """
    model.eval()
    inputs, targets, _ = (torch.from_numpy(array).to(model.device) for array in pad(documents))
    table = model.reader.table(documents).to(model.device)
    return {
        "forward": _mean_loss(model(inputs), targets),
        "table": cross_entropy(model.table_logits(table), table).item(),
        "step": _mean_loss(_by_steps(model, inputs), targets),
    }


def _by_steps(model: Model, inputs: Tensor) -> Tensor:
    """Step through sequences (B, T), whose order turns round at each step: logits (B, T, V)."""
    turned = torch.arange(len(inputs) - 1, -1, -1, device=inputs.device)
    order, state, found = turned.flip(0), None, []
    for place in range(inputs.shape[1]):
        rows = turned if place else None
        order = order.flip(0) if place else order
        logits, state = model.step(inputs[order, place], state, rows)
        found.append(logits[order.argsort()])
    return torch.stack(found, dim=1)


def _mean_loss(logits: Tensor, targets: Tensor) -> float:
    """Mean over logits (B, T, V) of the loss at targets (B, T), -1 where none is predicted."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1).item()
