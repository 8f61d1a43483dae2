"""Lecture 2, held to counting by hand, to a one-hot net, and to our own model."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from makemore.lectures.bigrams import (
    count,
    descend,
    how_often,
    losses,
    replay,
    smoothed_loss,
    sum_one_by_one,
)
from makemore.lectures.windows import Names, new_generator
from tests.helpers import pair_counts

WORDS = ["emma", "anna", "mae", "eva", "nan", "amen", "man", "ema", "vena", "ann"]


def test_the_exact_loss_is_that_of_counting_pair_by_pair() -> None:
    pairs = Counter(pair for word in WORDS for pair in pairwise(f".{word}."))
    starts: Counter[str] = Counter()
    for (one, _), n in pairs.items():
        starts[one] += n
    loss = -sum(n * math.log(n / starts[pair[0]]) for pair, n in pairs.items()) / pairs.total()
    found = {figure.name: figure.found for figure in replay(Names(WORDS))}
    assert found["loss on the whole list, exact"] == pytest.approx(loss, rel=1e-12)
    assert found["pairs"] == pairs.total()
    assert found["different pairs that occur"] == len(pairs)


def test_the_counts_are_those_of_the_models() -> None:
    names = Names(WORDS)
    counts = count(names.windows(WORDS, 1), len(names.vocabulary))
    assert torch.equal(counts.double(), pair_counts(WORDS, names.vocabulary))


def test_what_was_never_seen_is_impossible_unless_counts_are_smoothed() -> None:
    names = Names(WORDS)
    counts = count(names.windows(WORDS, 1), len(names.vocabulary))
    unseen = names.windows(["vv"], 1)
    assert torch.isinf(losses(unseen, counts, 0, torch.float64)).any()
    assert torch.isfinite(losses(unseen, counts, 1, torch.float64)).all()


def test_a_sum_one_by_one_rounds_as_a_loop_does() -> None:
    numbers = torch.rand(5000) * 3
    total = np.float32(0)
    for number in numbers.tolist():
        total = np.float32(total + np.float32(number))
    assert sum_one_by_one(numbers) == total
    assert sum_one_by_one(numbers) != float(numbers.double().sum())


def test_descent_on_counts_is_descent_on_one_hot_pairs() -> None:
    names = Names(WORDS)
    pairs = names.windows(WORDS, 1)
    size = len(names.vocabulary)
    one_hot = F.one_hot(pairs.contexts[:, 0], size).float()
    logits = torch.randn(size, size, generator=new_generator()).requires_grad_()
    wanted = []
    for _ in range(21):
        loss = F.cross_entropy(one_hot @ logits, pairs.targets) + 0.01 * (logits**2).mean()
        wanted.append(loss.item())
        (gradient,) = torch.autograd.grad(loss, logits)
        logits = (logits - 5 * gradient).detach().requires_grad_()
    assert descend(count(pairs, size), 20, 5, 0.01) == pytest.approx(wanted, abs=1e-5)


def test_descent_ends_at_the_loss_of_the_counts() -> None:
    names = Names(WORDS)
    pairs = names.windows(WORDS, 1)
    counts = count(pairs, len(names.vocabulary))
    exact = float(losses(pairs, counts, 0, torch.float64).mean())
    assert exact < descend(counts, 3000, 10)[-1] < exact + 0.01


def test_smoothed_losses_of_pairs_are_those_of_the_table() -> None:
    names = Names(WORDS)
    size = len(names.vocabulary)
    train, other = names.windows(WORDS[:6], 1), names.windows(WORDS, 1)
    counts = count(train, size)
    for k in (0.3, 1):
        wanted = losses(other, counts, k, torch.float64).mean()
        found = smoothed_loss(*how_often(other, train), k, size)
        assert found == pytest.approx(float(wanted), rel=1e-12)


def test_a_longer_context_is_counted_whole() -> None:
    names = Names(["aab", "ab"])
    windows = names.windows(names.words, 2)  # ..a .aa aab ab. / ..a .ab ab.
    whole, before = how_often(windows, windows)
    assert whole.tolist() == [2, 1, 1, 2, 2, 1, 2]
    assert before.tolist() == [2, 2, 1, 2, 2, 2, 2]
