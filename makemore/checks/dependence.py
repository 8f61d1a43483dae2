"""Which prediction depends on which character: on no later one, and on no other row's."""

import torch
from torch import Tensor, nn

from makemore.checks.finding import Verdict, failed, passed
from makemore.models.watching import embeddings

NOTHING = 1e-5
"""The largest change of a logit, of those of size 1, that is rounding."""


def dependences(model: nn.Module, tokens: Tensor) -> Tensor:
    """Find which prediction depends on which token, in evaluation mode.

    By gradient where an embedding reads the tokens as they are; and by another character in each
    place in turn, which also finds what goes another way. A model that is still random draws the
    same random numbers each time: chance is no dependence.

    Args:
        model: tokens (B, T) -> logits (B, T, V), with weights that hide nothing, as 0 would.
        tokens: int64 (B, T).

    Returns:
        bool (B, T, B, T): whether the logits of (row, place) depend on the token of (row, place).
    """
    model.eval()
    return by_change(model, tokens) | by_gradient(model, tokens)


@torch.no_grad()
def by_change(model: nn.Module, tokens: Tensor) -> Tensor:
    """Put another character in each place in turn: bool (B, T, B, T)."""
    logits = _predict(model, tokens)
    vocab_size, scale = logits.shape[-1], logits.abs().max().clamp(min=1)
    found = torch.zeros(*tokens.shape, *tokens.shape, dtype=torch.bool)
    for row in range(tokens.shape[0]):
        for place in range(tokens.shape[1]):
            changed = tokens.clone()
            changed[row, place] = (changed[row, place] + 1) % vocab_size
            moved = (_predict(model, changed) - logits).abs().amax(-1) > NOTHING * scale  # (B, T)
            found[:, :, row, place] = moved.cpu()
    return found


def by_gradient(model: nn.Module, tokens: Tensor) -> Tensor:
    """Differentiate every logit by what embeddings make of each token: bool (B, T, B, T)."""
    with embeddings(model, tokens) as embedded:
        logits = _predict(model, tokens)
    found = torch.zeros(*tokens.shape, *tokens.shape, dtype=torch.bool)
    if not embedded:
        return found
    # of random sums, so that no gradients cancel
    sums = (logits * torch.randn(logits.shape[-1], device=logits.device)).sum(-1)  # (B, T)
    for row in range(tokens.shape[0]):
        for place in range(tokens.shape[1]):
            slopes = torch.autograd.grad(
                sums[row, place], embedded, retain_graph=True, materialize_grads=True
            )
            for slope in slopes:
                found[row, place] |= (slope != 0).any(-1).cpu()
    return found


def _predict(model: nn.Module, tokens: Tensor) -> Tensor:
    torch.manual_seed(0)
    logits: Tensor = model(tokens)
    return logits


def sees(depends: Tensor) -> int | None:
    """Count how many of the last characters a prediction depends on; None: all that there are.

    Args:
        depends: what `dependences` gives, (B, T, B, T).
    """
    row, place, other, seen = depends.nonzero(as_tuple=True)
    back = (place - seen)[(row == other) & (seen <= place)]
    characters = int(back.max()) + 1 if len(back) else 0
    return characters if 0 < characters < depends.shape[1] else None


def sees_no_later_character(depends: Tensor) -> Verdict:
    """See that no prediction depends on a later token of its own row.

    Args:
        depends: what `dependences` gives, (B, T, B, T).
    """
    rows, length = depends.shape[:2]
    own = depends[range(rows), :, range(rows)]  # (B, T, T)
    ahead = own & torch.ones(length, length, dtype=torch.bool).triu(1)
    n = int(ahead.any(-1).sum())
    found = f"{n} of {rows * length} predictions depend on a later character."
    if not n:
        return passed(found)
    place, later = ahead.any(0).nonzero()[0].tolist()
    return failed(
        f"{found} The first is prediction {place + 1}, which sees character {later + 1}.",
        "It predicts what it has seen: mask what comes later, and see that no view stands for a "
        "transpose or a permute.",
    )


def rows_stand_apart(depends: Tensor) -> Verdict:
    """See that no prediction depends on another row of its batch, in evaluation mode.

    Args:
        depends: what `dependences` gives, (B, T, B, T).
    """
    rows, length = depends.shape[:2]
    others = depends & ~torch.eye(rows, dtype=torch.bool)[:, None, :, None]
    n = int(others.any((2, 3)).sum())
    found = f"{n} of {rows * length} predictions depend on another row of the batch."
    if not n:
        return passed(found)
    return failed(
        found,
        "A view mixes dimensions that only a permute or transpose may exchange, or something is "
        "taken over the batch: keep the batch dimension first and apart.",
    )
