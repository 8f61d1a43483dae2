"""Before all training: what does knowing nothing cost, and can one batch be learned by heart?"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

import torch

from makemore.checks.finding import Verdict, failed, passed, warning
from makemore.contexts.prefixes import PrefixTable
from makemore.contexts.sequences import SequenceTable
from makemore.contexts.tables import Table
from makemore.contexts.windows import WindowTable

WASTED, WRONG = 0.25, 2.0
"""Nats above ln V: where it is worth a word, and where it is a mistake. Logits of a spread s cost
about s² / 2: PyTorch's own layer of inputs of size 1 gives 0.17, a table of logits of spread 1 0.5,
one of spread 2 2.0, and the lecture's first network 24.6."""
CONFIDENT = 10.0
"""Spread of the logits behind about 100 units and output weights of spread 1."""
NEAR = 0.02
"""Share of the way from ln V to the floor that may be left."""


def loss_at_the_start(loss: float, vocab_size: int) -> Verdict:
    """Compare a fresh model's loss with ln V, that of no opinion (lecture 4).

    Args:
        loss: in nats a character.
        vocab_size: V.
    """
    indifferent = math.log(vocab_size)
    found = (
        f"The loss starts at {loss:.4f}; no opinion costs ln {vocab_size} = {indifferent:.4f}, "
        f"and opinions that are confident and wrong about {confident_loss(vocab_size):.1f}."
    )
    if not loss <= indifferent + WASTED:
        say = warning if loss <= indifferent + WRONG else failed
        return say(
            found,
            "The first logits are too large: give the output layer small weights (times 0.01) and "
            "no bias at the start, or the first steps do nothing but shrink them.",
        )
    if loss < indifferent - WASTED:
        return failed(
            found,
            "A fresh model can't know so much: see that it doesn't get to see what it predicts, "
            "and that the loss is a mean over all predictions.",
        )
    return passed(found)


def confident_loss(vocab_size: int) -> float:
    """Expect the loss of logits that have a spread of 10 and know nothing, in nats.

    It is the mean of log(sum of exp(logits)) - logit, where the last mean is 0.
    """
    generator = torch.Generator().manual_seed(0)
    logits = CONFIDENT * torch.randn(1000, vocab_size, generator=generator)
    return logits.logsumexp(1).mean().item()


def floor_of(table: Table, sees: int | None = None) -> float:
    """Give the lowest loss that anyone who sees the contexts of a table can reach, in nats.

    The same context is followed by different characters, and the best guess is how often each
    follows: the entropy of the table.

    Args:
        table: of the batch.
        sees: how many of the last characters are seen; None: the whole context.
    """
    contexts = spell(table)
    followers: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for row, target, count in zip(
        table.rows.tolist(), table.targets.tolist(), table.counts.tolist(), strict=True
    ):
        context = contexts[row]
        followers[context if sees is None else context[-sees:]][target] += count
    total = 0.0
    for counts in followers.values():
        n = counts.total()
        total -= sum(count * math.log(count / n) for count in counts.values())
    return total / table.predictions


def spell(table: Table) -> list[tuple[int, ...]]:
    """Spell out the context of each row of a table, its oldest character first."""
    if isinstance(table, WindowTable):
        return [tuple(window) for window in table.contexts.tolist()]
    if isinstance(table, SequenceTable):
        rows = table.tokens.tolist()
        return [tuple(tokens[: end + 1]) for tokens in rows for end in range(len(tokens))]
    assert isinstance(table, PrefixTable)
    contexts: list[tuple[int, ...]] = []
    for token, parent in zip(table.tokens.tolist(), table.parents.tolist(), strict=True):
        contexts.append((*(contexts[parent] if parent >= 0 else ()), token))
    return contexts


def one_batch_is_learned(losses: Iterable[float], floor: float, vocab_size: int) -> Verdict:
    """See that training on one and the same batch comes near its floor.

    Args:
        losses: of the batch, step after step, in nats; no more are asked for than needed.
        floor: the lowest that is possible, as `floor_of` finds it.
        vocab_size: V.
    """
    enough = floor + NEAR * (math.log(vocab_size) - floor)
    lowest, steps = math.inf, 0
    for loss in losses:
        steps, lowest = steps + 1, min(lowest, loss)
        if lowest <= enough:
            break
    found = (
        f"One batch, again and again: loss {lowest:.4f} within {steps} steps, its floor {floor:.4f}"
    )
    if lowest <= enough:
        return passed(f"{found}.")
    return failed(
        f"{found}; {enough:.4f} would be near.",
        "What can't learn a handful of documents by heart learns no corpus either: look at the "
        "other findings first, then at the forward pass, the targets and the learning rate.",
    )
