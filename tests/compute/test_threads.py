"""Workers keep the order of their items, divide the threads, and pass errors on."""

from typing import Any

import pytest
import torch

from makemore.compute.threads import Workers, one_thread, workers_that_help
from tests.helpers import random_model


def test_results_stand_in_the_order_of_their_items(workers: Workers) -> None:
    assert workers.n == 3
    assert workers.map(lambda item: item**2, range(7)) == [0, 1, 4, 9, 16, 25, 36]
    assert workers.map(str, []) == []


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("transformer", {}, (4, 1)),
        ("transformer", {"dropout": 0.1}, (1, 6)),  # draws from one stream
        ("wavenet", {}, (1, 6)),  # normalises over the batch
    ],
)
def test_pytorch_s_threads_are_divided_and_given_back(
    name: str, settings: dict[str, Any], expected: tuple[int, int]
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(6)
    model = random_model(name, 5, **settings)
    n = workers_that_help(torch.device("cpu"), model.divisible)
    with Workers(n) as workers:
        found = workers.map(lambda _: torch.get_num_threads(), range(7))
    assert (workers.n, *set(found)) == expected
    assert torch.get_num_threads() == 6
    torch.set_num_threads(threads)


def test_an_error_in_a_part_reaches_the_caller(workers: Workers) -> None:
    def fail(part: int) -> None:
        if part:
            raise RuntimeError(f"part {part}")

    with pytest.raises(RuntimeError, match="part 1"):
        workers.map(fail, range(3))


def test_one_thread_is_taken_for_a_while_and_the_others_come_back() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3
    torch.set_num_threads(threads)
