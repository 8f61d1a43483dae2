"""Distances against the plain recursion and closed forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.evaluation.distances import nearest, total_variation

WORDS = st.lists(st.text("abé🙂", max_size=9), min_size=1, max_size=6)


def levenshtein(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row = row, [i]
        for j, b in enumerate(other, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
    return row[-1]


@given(WORDS, WORDS)
def test_the_nearest_is_that_of_the_plain_recursion(ones: list[str], others: list[str]) -> None:
    expected = [min(levenshtein(one, other) for other in others) for one in ones]
    assert nearest(ones, others).tolist() == expected


def test_distances_of_long_and_of_many_documents_are_exact() -> None:
    long = "abcdefgh" * 40
    changed = "x" + long[:200] + long[201:]
    assert nearest([long] * 70, [changed, "abc"]).tolist() == [2] * 70


def test_total_variation_is_half_the_sum_of_differences() -> None:
    assert total_variation("aab", "abb") == pytest.approx(1 / 3)
    assert total_variation([1, 2], [2, 1, 1, 2]) == 0
    assert total_variation("ab", "cd") == 1
