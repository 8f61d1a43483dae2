"""Processes that train one model together, as `torchrun` starts them.

Each computes the gradient of its share of every batch. What they say to each other in a step is one
sum over the network: of the gradient, of the loss and the predictions it is the mean of, and of
whether someone was asked to stop. So all take the same step, and all stop behind the same one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from makemore.compute import torchrun
from makemore.errors import UserError

Item = TypeVar("Item")


class Processes:
    """One of n processes; alone, what it is asked for costs nothing.

    Attributes:
        rank: its number, from 0 on.
        n: how many there are.
    """

    def __init__(self, rank: int = 0, n: int = 1) -> None:
        self.rank = rank
        self.n = n
        self._asked = self._stops = False

    @property
    def leads(self) -> bool:
        """Whether it is the one that writes and speaks."""
        return self.rank == 0

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """Give the items that are its own: a stretch, as long as the others' or one longer."""
        return items[len(items) * self.rank // self.n : len(items) * (self.rank + 1) // self.n]

    def agree(self, asked: bool) -> bool:
        """Tell whether all stop now, where this one may have been asked to.

        They stop together: what one was asked, the others learn with the next sum.
        """
        if self.n == 1:
            return asked
        self._asked |= asked
        return self._stops

    def add_up(self, vector: Tensor, *numbers: float, as_type: torch.dtype) -> list[float]:
        """Add up a vector (n,), in its place, and numbers over all processes.

        Each gets the same result, bit for bit. The vector goes over the network as `as_type`; the
        numbers go behind it where that is its own type, and by themselves otherwise.

        Raises:
            UserError: another process has gone.
        """
        told = vector.new_tensor([*numbers, float(self._asked)])
        together = as_type == vector.dtype
        message = torch.cat([vector, told]) if together else vector.to(as_type)
        self._sum(message)
        vector.copy_(message[: len(vector)])
        if together:
            told = message[len(vector) :]
        else:
            self._sum(told)
        *found, asked = told.tolist()
        self._stops = asked > 0
        return found

    def add_numbers(self, *numbers: float) -> list[float]:
        """Add up numbers over all processes, in double precision.

        Raises:
            UserError: another process has gone.
        """
        if self.n == 1:
            return list(numbers)
        told = torch.tensor(numbers, dtype=torch.float64)
        self._sum(told)
        return told.tolist()

    def least(self, number: int) -> int:
        """Find the least of a number that each process has."""
        if self.n == 1:
            return number
        found = torch.tensor(number)
        with _lost_others(self):
            dist.all_reduce(found, dist.ReduceOp.MIN)
        return int(found)

    def _sum(self, message: Tensor) -> None:
        with _lost_others(self):
            dist.all_reduce(message)


ALONE = Processes()


@contextmanager
def processes_of_torchrun() -> Iterator[Processes]:
    """Meet the other processes, if `torchrun` has started some; otherwise be alone.

    CPUs talk by gloo, GPUs by NCCL, and each process of a machine takes a GPU of its own.

    Raises:
        UserError: the others can't be reached.
    """
    if torchrun.n_processes() == 1:
        yield ALONE
        return
    processes = Processes(torchrun.rank(), torchrun.n_processes())
    if torch.cuda.is_available():
        torch.cuda.set_device(torchrun.local_rank())
    with _lost_others(processes):
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield processes
    finally:
        dist.destroy_process_group()


@contextmanager
def _lost_others(processes: Processes) -> Iterator[None]:
    """Say what it means when the network fails: PyTorch raises a RuntimeError of many kinds."""
    try:
        yield
    except RuntimeError as error:
        raise UserError(
            f"Process {processes.rank + 1} of {processes.n} has lost the others: one of them has "
            f"ended, or the network between them has; what it said itself tells more."
        ) from error
