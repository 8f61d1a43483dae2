"""Lecture 3: the floor of a table, and a batch learned by heart."""

import math
from collections import Counter

import pytest
import torch

from makemore.lectures.mlp import BLOCK_SIZE, by_heart, floor, make_weights, mean_loss, sweep
from makemore.lectures.windows import Names, Windows

WORDS = ["emma", "olivia", "ava", "isabella", "sophia"]


def test_the_floor_is_the_entropy_of_what_follows_each_context() -> None:
    windows = Names(WORDS).windows(WORDS, BLOCK_SIZE)
    together = Counter(
        (tuple(context), target)
        for context, target in zip(windows.contexts.tolist(), windows.targets.tolist(), strict=True)
    )
    alone: Counter[tuple[int, ...]] = Counter()
    for (context, _), n in together.items():
        alone[context] += n
    entropy = -sum(n * math.log(n / alone[c]) for (c, _), n in together.items()) / len(windows)
    assert floor(windows) == pytest.approx(entropy)


def test_the_first_names_make_32_windows_whose_floor_is_closed_form() -> None:
    # five start the same way and go on differently; all other contexts are followed by one
    # character: 5 ln 5 / 32
    windows = Names(WORDS).windows(WORDS, BLOCK_SIZE)
    assert len(windows) == 32
    assert floor(windows) == pytest.approx(5 * math.log(5) / 32)


def test_a_table_without_choice_has_no_floor() -> None:
    assert floor(Windows(torch.tensor([[0, 1], [1, 2]]), torch.tensor([2, 0]))) == 0


def test_a_batch_learned_by_heart_comes_near_the_floor_from_above() -> None:
    windows = Names(WORDS).windows(WORDS, BLOCK_SIZE)
    vocab_size = int(windows.targets.max()) + 1
    found = {figure.name: figure.found for figure in by_heart(windows, make_weights(vocab_size))}
    assert floor(windows) < float(str(found["after 999"])) < floor(windows) + 0.02


def test_the_loss_of_equal_logits_is_ln_v() -> None:
    weights = [0 * weight for weight in make_weights(27)]
    windows = Names(WORDS).windows(WORDS, BLOCK_SIZE)
    assert mean_loss(weights, windows).item() == pytest.approx(math.log(27))


def test_the_best_rates_of_a_sweep_are_neither_its_lowest_nor_its_highest() -> None:
    names = Names.read()
    (tenths,) = sweep(names.windows(names.words[:2000], BLOCK_SIZE), 27)
    assert isinstance(tenths.found, tuple)
    assert 5 <= tenths.found.index(min(tenths.found)) <= 8  # 0.03 to 0.5
