"""A keyed order holds every number once, and all orders come alike often."""

from itertools import pairwise, permutations
from math import factorial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from makemore.compute.permutation import permute, scramble
from tests.helpers import chi_square_p

keys = st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 10**6))


def order(n: int, *key: int) -> list[int]:
    return list(map(int, permute(np.arange(n), n, *key)))


@given(st.integers(1, 3000), keys)
def test_an_order_holds_every_number_once(n: int, key: tuple[int, int]) -> None:
    assert sorted(order(n, *key)) == list(range(n))


@given(st.integers(1, 2**62), keys, st.data())
def test_a_place_does_not_depend_on_what_else_is_asked(
    n: int, key: tuple[int, int], data: st.DataObject
) -> None:
    places = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=9, unique=True))
    found = permute(np.array(places), n, *key).tolist()
    assert len(set(found)) == len(places)
    assert all(0 <= one < n for one in found)
    assert [permute(np.array([place]), n, *key).item() for place in places] == found


def test_each_part_of_a_key_changes_the_order() -> None:
    orders = [order(1000, *key) for key in ((0, 0), (0, 1), (1, 0), (2**62, 0))]
    assert len({tuple(one) for one in orders}) == len(orders)
    for one, other in pairwise(orders):
        same = sum(a == b for a, b in zip(one, other, strict=True))
        assert same < 10  # 1 is expected, in the mean


@pytest.mark.parametrize("n", [2, 3, 4, pytest.param(5, marks=pytest.mark.campaign)])
def test_small_orders_come_alike_often(n: int) -> None:
    """Every one of the n! orders, over 100 n! seeds, by chi-square."""
    numbers = {one: number for number, one in enumerate(permutations(range(n)))}
    counts = torch.zeros(factorial(n), dtype=torch.float64)
    for seed in range(100 * factorial(n)):
        counts[numbers[tuple(order(n, seed))]] += 1
    assert chi_square_p(counts, torch.full_like(counts, 100), factorial(n) - 1) > 1e-3


@pytest.mark.parametrize("n", [7, 100, 161 * 161, 10**12])
def test_a_place_holds_each_number_alike_often(n: int) -> None:
    """The first, a middle and the last place, and the step from one place to the next."""
    bins, draws = min(n, 50), 3000
    places = np.array([0, n // 2, n - 2, n - 1])
    found = np.array([permute(places, n, seed, 3) for seed in range(draws)])
    steps = (found[:, 3] - found[:, 2]) % n - 1  # never 0, so from 1 to n - 1
    for column, size in [*((column, n) for column in found.T), (steps, n - 1)]:
        cells = min(bins, size)
        counts = torch.from_numpy(column * cells // size).bincount(minlength=cells).double()
        edges = torch.tensor([-(-cell * size // cells) for cell in range(cells + 1)])
        expected = edges.diff().double() * draws / size
        assert chi_square_p(counts, expected, cells - 1) > 1e-3


def test_half_of_the_bits_of_a_hash_change_with_any_bit() -> None:
    numbers = np.arange(1, 1001, dtype=np.uint64)
    for bit in range(64):
        changed = scramble(numbers) ^ scramble(numbers ^ (np.uint64(1) << np.uint64(bit)))
        assert 30 < np.bitwise_count(changed).mean() < 34
