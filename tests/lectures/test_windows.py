"""The lectures' list of names, its windows and its split."""

from pathlib import Path

import pytest
import torch

from makemore.errors import UserError
from makemore.lectures.windows import Names, new_generator
from tests.helpers import write_file


def test_a_window_slides_over_each_word_from_its_start_to_its_end() -> None:
    names = Names(["emma", "mae"])
    assert names.vocabulary.characters == "aem"  # 1, 2, 3 after the boundary 0
    windows = names.windows(["mae"], 2)
    assert windows.contexts.tolist() == [[0, 0], [0, 3], [3, 1], [1, 2]]
    assert windows.targets.tolist() == [3, 1, 2, 0]


def test_the_split_deals_each_name_to_one_part() -> None:
    names = Names([letter * 3 for letter in "abcdefghijklmnopqrst"])
    parts = names.split(1)
    assert [len(part) for part in parts] == [16 * 4, 2 * 4, 2 * 4]
    seen = torch.cat([part.targets for part in parts])
    assert seen.bincount().tolist() == [20] + [3] * 20


def test_the_shuffle_is_that_of_python_with_seed_42() -> None:
    names = Names(list("abcdefghij"))
    first = names.split(1)[0].targets[0]
    # random.seed(42); x = list(range(10)); random.shuffle(x); x[0] is 7
    assert names.vocabulary.decode([int(first)]) == "h"


def test_a_batch_is_drawn_from_all_windows_with_the_lecture_s_random_numbers() -> None:
    windows = Names(["emma", "mae"]).windows(["emma", "mae"], 2)
    batch = windows.batch(5, new_generator())
    chosen = torch.randint(0, 9, (5,), generator=torch.Generator().manual_seed(2147483647))
    assert torch.equal(batch.contexts, windows.contexts[chosen])
    assert torch.equal(batch.targets, windows.targets[chosen])


def test_the_names_that_come_along_are_not_the_original_list() -> None:
    names = Names.read()
    assert names.words[:2] == ["emma", "olivia"]
    assert not names.original


def test_too_short_a_list_is_the_user_s_to_fix(tmp_path: Path) -> None:
    path = write_file(tmp_path / "few.txt", "anna\nbob\n")
    with pytest.raises(UserError, match=r"few\.txt has 2 names: a lecture needs 10 or more\."):
        Names.read(path)
