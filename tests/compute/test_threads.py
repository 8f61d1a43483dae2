"""Workers keep the order of their items, divide the threads, and pass errors on."""

import threading
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
import torch

from makemore.compute.threads import Workers, one_thread, workers_that_help
from makemore.config import Config
from makemore.corpus.splits import Corpus
from makemore.training.learner import Learner
from tests.helpers import random_model


def test_results_stand_in_the_order_of_their_items(workers: Workers) -> None:
    assert workers.n == 3
    assert workers.map(lambda item: item**2, range(7)) == [0, 1, 4, 9, 16, 25, 36]
    assert workers.map(str, []) == []


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("transformer", {}, (6, 1)),
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


@pytest.mark.parametrize(
    ("cores", "expected"),
    [(1, (1, 1)), (2, (2, 1)), (8, (8, 1)), (9, (4, 2)), (12, (6, 2)), (16, (8, 2)), (96, (8, 12))],
)
def test_workers_and_their_threads_take_all_cores(
    cores: int, expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: cores)
    workers = Workers(workers_that_help(torch.device("cpu"), divisible=True))
    assert (workers.n, workers.threads) == expected
    assert workers.n * workers.threads > 0.85 * cores


def test_an_error_in_a_part_reaches_the_caller(workers: Workers) -> None:
    def fail(part: int) -> None:
        if part:
            raise RuntimeError(f"part {part}")

    with pytest.raises(RuntimeError, match="part 1"):
        workers.map(fail, range(3))


def test_each_item_is_taken_once_by_whoever_is_free(workers: Workers) -> None:
    busy, done = Event(), []

    def work(item: int) -> None:
        if item == 0:
            busy.wait(60)  # the others do all the rest in the meantime
        done.append(item)
        if len(done) == 99:
            busy.set()

    workers.each(work, iter(range(100)))
    assert sorted(done) == list(range(100))
    assert done[-1] == 0


@pytest.mark.parametrize("failing", ["an item", "the call"])
def test_an_error_in_each_reaches_the_caller_and_no_other_item_is_begun(
    workers: Workers, failing: str
) -> None:
    begun = []

    def items() -> Iterator[int]:
        yield from range(5)
        if failing == "an item":
            raise RuntimeError(failing)
        yield from range(5, 10_000)

    def work(item: int) -> None:
        begun.append(item)
        if item == 4 and failing == "the call":
            raise RuntimeError(failing)

    with pytest.raises(RuntimeError, match=failing):
        workers.each(work, items())
    assert len(begun) < 10_000


@pytest.mark.parametrize("raised", [RuntimeError, KeyboardInterrupt])
def test_after_an_error_no_other_item_is_begun(
    workers: Workers, raised: type[BaseException]
) -> None:
    failed, going_on = Event(), Event()
    begun = []

    def fail(item: int) -> None:
        begun.append(item)
        if item == 0:
            failed.set()
            raise raised
        failed.wait()
        going_on.wait(0.001)  # long enough for the caller to have raised

    with pytest.raises(raised):
        workers.map(fail, range(300))
    assert len(begun) < 30


@pytest.mark.parametrize(
    ("model", "settings", "expected"),
    [
        ("mlp", {}, 1),  # its step is too short for a second to pay
        ("mlp", {"n_hidden": 1000}, 6),
        ("mlp", {"batch_size": 0}, 6),
        ("wavenet", {}, 6),
        ("transformer", {"dropout": 0.1}, 6),
        ("transformer", {}, 1),  # of four workers, each
    ],
    ids=str,
)
def test_pytorch_s_threads_are_taken_where_they_pay(
    names: Corpus, model: str, settings: dict[str, Any], expected: int
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(6)
    config = Config.from_values({"model": model, **settings})
    with Learner(config, names, torch.device("cpu")) as learner:
        assert {*learner.workers.map(lambda _: torch.get_num_threads(), range(7))} == {expected}
    assert torch.get_num_threads() == 6
    torch.set_num_threads(threads)


def test_one_thread_is_taken_for_a_while_and_the_others_come_back() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3
    torch.set_num_threads(threads)


def test_a_worker_that_looks_ahead_has_a_thread_for_it() -> None:
    """As on a GPU, where the CPU only waits: the others compute when they are asked."""
    here = threading.get_ident()
    for looks_ahead in (True, False):
        with Workers(1, 1, looks_ahead=looks_ahead) as workers:
            assert (workers.ahead(threading.get_ident)() != here) == looks_ahead
            assert workers.map(abs, [-1, 2]) == [1, 2]
