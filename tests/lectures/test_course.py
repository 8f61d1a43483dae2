"""The lectures from the list to their figures; with the original names, to the digit."""

import os
import time
from pathlib import Path

import pytest
import torch

from makemore.corpus.reading import embedded_names
from makemore.errors import UsageError
from makemore.lectures.course import LECTURES, Course, replay
from tests.helpers import write_file

REPLAYED = [lecture.number for lecture in LECTURES if lecture.file]
ORIGINAL = os.environ.get("MAKEMORE_NAMES")
"""A file with the 32,033 names of the original makemore."""


@pytest.mark.parametrize("number", [2, 3, 6])
def test_a_lecture_is_replayed_on_any_list_of_ten_names(number: int, tmp_path: Path) -> None:
    words = ["zoé", *embedded_names().read_text().split()[:9]]
    found = replay(number, write_file(tmp_path / "ten.txt", "\n".join(words)))
    assert len(found.figures) >= 9
    assert not found.same_data
    assert all(figure.name and figure.write(figure.found) for figure in found.figures)


def test_the_figures_are_the_same_each_time_whatever_was_drawn_before() -> None:
    first = replay(7)
    torch.rand(3)
    assert replay(7) == first
    assert first.same_data


def test_the_list_has_a_line_for_each_lecture() -> None:
    lines = str(Course()).splitlines()
    assert len(lines) == 1 + len(LECTURES)
    assert lines[1].startswith("1  micrograd")
    assert lines[1].endswith("makemore moons")


def test_a_lecture_that_is_not_here_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"There is no lecture 9 here: take 1, 2, 3, 4, 5, 6 or 7\."
    ):
        replay(9)
    with pytest.raises(UsageError, match=r"Lecture 1 has a command of its own: makemore moons\."):
        replay(1)
    with pytest.raises(UsageError, match="makemore train --model mlp --gradients by-hand"):
        replay(5)
    with pytest.raises(UsageError, match=r"Lecture 7 reads no names: leave --names out\."):
        replay(7, tmp_path / "names.txt")


@pytest.mark.campaign
@pytest.mark.skipif(ORIGINAL is None, reason="MAKEMORE_NAMES names no file of the original names")
@pytest.mark.parametrize("number", REPLAYED)
def test_on_the_original_names_every_digit_is_the_lecture_s(number: int) -> None:
    lecture = next(lecture for lecture in LECTURES if lecture.number == number)
    start = time.perf_counter()
    found = replay(number, Path(str(ORIGINAL)) if lecture.reads_names else None)
    assert time.perf_counter() - start < 60
    assert found.same_data
    for figure in found.figures:
        assert figure.agrees, figure
