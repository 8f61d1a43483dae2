"""Lecture 2: bigrams, counted and by gradient descent.

P(next | last) is how often a pair was seen, over all pairs that start alike. Descent finds the same
table, from random logits (V, V), one row for each last character. The loss needs the counts of the
pairs and no more, so each of the descents here is a few operations on a table of 27 by 27.

https://github.com/karpathy/nn-zero-to-hero, lecture 2; Shannon 1948 for the counts.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from makemore.lectures.figures import Figure
from makemore.lectures.windows import Names, Windows, new_generator

NEVER = "andrejq"
"""A name whose last pair but one, "jq", is in no name of the list."""


def replay(names: Names) -> Iterator[Figure]:
    """Give the figures of the lecture: first the counts, then the descents."""
    vocab_size = len(names.vocabulary)
    pairs = names.windows(names.words, 1)
    counts = count(pairs, vocab_size)
    yield Figure("pairs", 228_146, len(pairs), form=",d")
    yield Figure("different pairs that occur", 627, int((counts > 0).sum()), form="d")
    yield from counted(names, pairs, counts)
    yield from one_word(names, vocab_size)
    yield from descended(counts)
    yield from trigrams(names)


def count(pairs: Windows, vocab_size: int) -> Tensor:
    """Count each pair: int64 (V, V), last character by next."""
    index = pairs.contexts[:, 0] * vocab_size + pairs.targets
    return index.bincount(minlength=vocab_size**2).view(vocab_size, vocab_size)


def losses(pairs: Windows, counts: Tensor, k: float, dtype: torch.dtype) -> Tensor:
    """Give -log p of each pair, (N,), with k added to each count."""
    smoothed = counts.to(dtype) + k
    p = smoothed / smoothed.sum(1, keepdim=True)
    return -p[pairs.contexts[:, 0], pairs.targets].log()


def sum_one_by_one(numbers: Tensor) -> float:
    """Add float32 numbers as a loop does: after each addition the sum is rounded."""
    return float(np.cumsum(numbers.numpy(), dtype=np.float32)[-1])


def counted(names: Names, pairs: Windows, counts: Tensor) -> Iterator[Figure]:
    """Measure the counted table: on the whole list, on some words, on what was never seen."""

    def of(words: Sequence[str], k: float = 0) -> Tensor:
        return losses(names.windows(words, 1), counts, k, torch.float64)

    yield Figure("loss without counts: ln V", 3.2958, math.log(len(counts)))
    exact = losses(pairs, counts, 0, torch.float64).mean()
    yield Figure(
        "loss on the whole list, exact",
        2.4540145,
        exact.item(),
        "`--model bigram --smoothing 0 --split 1,0,0` gives this.",
        ".7f",
    )
    smoothed = losses(pairs, counts, 1, torch.float64).mean()
    yield Figure("with 1 added to each count, exact", 2.4545768, smoothed.item(), form=".7f")
    total = sum_one_by_one(losses(pairs, counts, 1, torch.float32))
    yield Figure(
        "with 1 added, summed one by one in float32",
        2.4543561935424805,
        float(np.float32(total) / np.float32(len(pairs))),
        "Losses are sums over a table, so that no rounding adds up.",
        ".7f",
    )
    first = of(names.words[:1])
    yield Figure(
        f"probabilities in {names.words[0]!r}",
        (0.0478, 0.0377, 0.0253, 0.3899, 0.1960),
        tuple(torch.exp(-first).tolist()),
    )
    yield Figure(f"loss of {names.words[0]!r}", 2.5138, first.mean().item())
    yield Figure("loss of the first three names", 2.4241, of(names.words[:3]).mean().item())
    if set(NEVER) <= set(names.vocabulary.characters):
        yield Figure(f"loss of {NEVER!r}", math.inf, of([NEVER]).mean().item())
        yield Figure(
            "the same with 1 added",
            3.4834,
            of([NEVER], 1).mean().item(),
            "`bigram` chooses what it adds on the validation split.",
        )
    p = (counts / counts.sum(1))[:4]
    yield Figure(
        "rows of P add up to, where keepdim is forgotten",
        (7.02, 4.41, 0.20, 0.37),
        tuple(p.sum(1).tolist()),
        form=".2f",
    )


def one_word(names: Names, vocab_size: int) -> Iterator[Figure]:
    """Descend on the pairs of the first word alone, with a rate of 0.1."""
    word = names.words[0]
    counts = count(names.windows([word], 1), vocab_size)
    found = descend(counts, steps=4, learning_rate=0.1)
    yield Figure(f"{word!r}, random logits: loss", 3.7693050, found[0], form=".6f")
    yield Figure("and after 1, 2, 3 steps", (3.7492, 3.7292, 3.7092), tuple(found[1:4]))
    yield Figure("after 4", 3.6891887187957764, found[4], form=".6f")


def descended(counts: Tensor) -> Iterator[Figure]:
    """Descend on the whole list, with a rate of 50 and a small price on large logits."""
    found = descend(counts, steps=200, learning_rate=50, penalty=0.01)
    places = (0, 1, 10, 100, 200)
    yield Figure(
        "whole list by descent: loss after 0, 1, 10, 100, 200 steps",
        (3.7686, 3.3788, 2.6965, 2.4900, 2.4830),
        tuple(found[place] for place in places),
        "`--model bigram --fit gradient` starts at ln V, and ends at the counts.",
    )
    found = descend(counts, steps=1000, learning_rate=50)
    yield Figure(
        "without the price: after 100, 200, 1,000",
        (2.4727, 2.4623, 2.4554),
        tuple(found[place] for place in (100, 200, 1000)),
    )


def descend(counts: Tensor, steps: int, learning_rate: float, penalty: float = 0.0) -> list[float]:
    """Learn logits from counts (V, V) by plain gradient descent.

    Args:
        counts: how often each pair is in the data.
        steps: how many.
        learning_rate: by how much of its gradient a logit changes.
        penalty: what the mean of all squared logits counts in the loss.

    Returns:
        The loss before each step, and after the last.
    """
    logits = torch.randn(counts.shape, generator=new_generator()).requires_grad_()
    weights = counts / counts.sum()
    found = []
    for _ in range(steps + 1):
        loss = -(weights * F.log_softmax(logits, 1)).sum() + penalty * (logits**2).mean()
        found.append(loss.item())
        (gradient,) = torch.autograd.grad(loss, logits)
        with torch.no_grad():
            logits -= learning_rate * gradient
    return found


def trigrams(names: Names) -> Iterator[Figure]:
    """Solve the lecture's exercises: two characters of context, smoothed by the best amount."""
    vocab_size = len(names.vocabulary)
    everything = names.windows(names.words, 2)
    seen = how_often(everything, everything)
    yield Figure(
        "exercise, trigrams: loss on the whole list, with 0 or 1 added",
        (2.1857, 2.2126),
        (smoothed_loss(*seen, 0, vocab_size), smoothed_loss(*seen, 1, vocab_size)),
    )
    train, val, test = names.split(2)
    on_val, on_test = how_often(val, train), how_often(test, train)
    amounts = [10 ** (tenth / 10) for tenth in range(-30, 21)]  # 0.001 to 100
    best = min(amounts, key=lambda k: smoothed_loss(*on_val, k, vocab_size))
    yield Figure("exercise: what to add, chosen on val", 0.158, best, form=".3f")
    yield Figure(
        "the loss then, on val and test",
        (2.2221, 2.2234),
        (smoothed_loss(*on_val, best, vocab_size), smoothed_loss(*on_test, best, vocab_size)),
        "On the same split `--model ngram --order 3` reaches 2.2185 on both.",
    )


def how_often(data: Windows, seen: Windows) -> tuple[Tensor, Tensor]:
    """Count how often each prediction (N,) of `data` was seen, and how often its context (N,)."""
    whole, before = Counter(_keys(seen)), Counter(map(tuple, seen.contexts.tolist()))
    keys = _keys(data)
    return (
        torch.tensor([whole[key] for key in keys], dtype=torch.float64),
        torch.tensor([before[context] for context, _ in keys], dtype=torch.float64),
    )


def _keys(data: Windows) -> list[tuple[tuple[int, ...], int]]:
    contexts = map(tuple, data.contexts.tolist())
    return list(zip(contexts, data.targets.tolist(), strict=True))


def smoothed_loss(whole: Tensor, before: Tensor, k: float, vocab_size: int) -> float:
    """Give the mean loss of predictions, with k added to the count of each."""
    return -((whole + k) / (before + k * vocab_size)).log().mean().item()
