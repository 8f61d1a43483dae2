"""Threads that share a step, a core each.

PyTorch's own threads split every operation, and at its end each waits for the others, spinning:
some hundreds of times a step. When another program takes one of the cores, all wait for the thread
on it, and two threads are slower than one. So a step is split instead: each worker goes through its
own part of the batch with one thread, and they meet once, to add up their gradients. On idle cores
that is as fast; beside other work it takes what the cores have left. Whatever the timing, the parts
and the order of the sum are the same, and so is the result, bit for bit.

What can't be split so is left to PyTorch's threads where there is enough to do for them; otherwise
one computes alone.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Self, TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_WORKERS = 8
"""Each step's Python runs on one worker at a time, so that more of them would wait for it: of the
8 ms that an eighth of a default step takes, about one is Python's (docs/scale.md)."""

MANY_WORKERS = 5
"""From which on a batch's tables, which one thread makes, take long beside the rest of a step."""

WORTH_SHARING = 1e8
"""Products of a prediction and a weight in a step, from which on PyTorch's threads gain more than
they lose by waiting for each other beside other work: an MLP's step on names has 0.9e8, and gains a
tenth on idle cores, a WaveNet's 5.6e8 (`benchmarks/waiting.py`)."""


def workers_that_help(device: torch.device, divisible: bool) -> int:
    """Say how many workers help with a step: one unless its work can be divided on a CPU.

    Where there are more cores than `MOST_WORKERS`, each worker has two of PyTorch's threads, or
    three and so on, whatever is computed: with 16 cores 8 workers of 2 threads.
    """
    if device.type != "cpu" or not divisible:
        return 1
    cores = torch.get_num_threads()
    threads = -(-cores // MOST_WORKERS)  # of each
    return cores // threads


def threads_that_pay(products: float) -> int:
    """Say how many of PyTorch's threads pay for a step of so many products: one, or all.

    It depends on what is computed alone, not on the time that it takes: the number of threads may
    change how sums are rounded, and the same seed is to give the same weights.
    """
    return 1 if products < WORTH_SHARING else torch.get_num_threads()


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one of PyTorch's threads, so that sums have one order on every machine."""
    usual_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual_threads)


class Workers:
    """Threads to whom work is given, within `with`; there they share PyTorch's own.

    Attributes:
        n: how many.
    """

    def __init__(self, n: int = 1, threads: int | None = None, looks_ahead: bool = False) -> None:
        """Take n workers that share so many of PyTorch's threads; None: all of them.

        Args:
            n: how many.
            threads: of PyTorch's.
            looks_ahead: whether there is time for `ahead` however few they are: on a GPU the CPU
                only waits.
        """
        self.looks_ahead = looks_ahead or n >= MANY_WORKERS
        self.usual_threads = torch.get_num_threads()
        self.threads = max(1, (threads or self.usual_threads) // n)  # of each
        self.n = n
        self.pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self.n > 1 or self.looks_ahead:
            # one more than the caller needs beside it, for what is asked for ahead; and OpenMP and
            # MKL keep a number for each thread, so that a new one is told before its first work
            self.pool = ThreadPoolExecutor(
                self.n, initializer=torch.set_num_threads, initargs=(self.threads,)
            )
        torch.set_num_threads(self.threads)
        return self

    def __exit__(self, *error: object) -> None:
        if self.pool is not None:
            self.pool.shutdown()
        torch.set_num_threads(self.usual_threads)

    def ahead(self, function: Callable[[], Result]) -> Callable[[], Result]:
        """Let something be computed while the workers do what comes next, where they are many.

        Few workers have no time to lose: then it is computed when it is asked for.

        Returns:
            What gives the result, and raises what was raised.
        """
        if self.pool is None or not self.looks_ahead:
            return function
        return self.pool.submit(function).result

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Call a function on each item; every n-th is a worker's, the first the caller's own.

        After an error, or Ctrl-C, no other item is begun.
        """
        if self.pool is None or self.n == 1:
            return [function(item) for item in items]
        results: dict[int, Result] = {}
        going = True

        def work(worker: int) -> None:
            nonlocal going
            try:
                for i in range(worker, len(items), self.n):
                    if not going:
                        break
                    results[i] = function(items[i])
            except BaseException:
                going = False
                raise

        others = [self.pool.submit(work, worker) for worker in range(1, min(self.n, len(items)))]
        work(0)
        for other in others:
            other.result()
        return [results[i] for i in range(len(items))]

    def each(self, function: Callable[[Item], object], items: Iterable[Item]) -> None:
        """Call a function on each item; whoever is free asks for the next, one at a time.

        After an error, or Ctrl-C, no other item is begun.
        """
        if self.pool is None:
            for item in items:
                function(item)
            return
        remaining, taking = iter(items), threading.Lock()
        going = True

        def work() -> None:
            nonlocal going
            try:
                while going:
                    with taking:
                        item = next(remaining, None)
                    if item is None:
                        break
                    function(item)
            except BaseException:
                going = False
                raise

        others = [self.pool.submit(work) for _ in range(1, self.n)]
        work()
        for other in others:
            other.result()
