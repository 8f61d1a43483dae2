"""What is computed gives the same bits every time, whatever PyTorch's threads are doing."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from makemore.compute.devices import reproducible
from makemore.errors import UserError

CPU = torch.device("cpu")


@pytest.fixture
def _two_threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("_two_threads")
def test_the_derivative_of_rows_looked_up_adds_up_in_their_order() -> None:
    """PyTorch's own two threads do so in any order: a race, which no test can rely on."""
    matrix = torch.randn(50, 64, requires_grad=True)
    rows, slope = torch.randint(50, (2000,)), torch.randn(2000, 64)
    in_order = torch.zeros(50, 64)
    for row, one in zip(rows.tolist(), slope, strict=True):
        in_order[row] += one
    with reproducible(CPU):
        for _ in range(10):
            (found,) = torch.autograd.grad(matrix[rows], matrix, slope)
            assert torch.equal(found, in_order)


def test_what_was_set_before_is_set_again() -> None:
    def now() -> tuple[int, bool]:
        filling: bool = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
        return torch.get_deterministic_debug_mode(), filling

    before = now()
    with reproducible(CPU, strict=True):
        assert now() == (2, False)
        with reproducible(CPU):
            assert now() == (1, False)
        assert now() == (2, False)
    assert now() == before == (0, True)


def put(x: Tensor) -> Tensor:
    """Call one of the few operations that PyTorch has no deterministic way for on a CPU."""
    return x.put_(torch.tensor([1]), torch.tensor([2.0]))


def test_an_operation_without_such_a_way_is_refused_where_that_is_asked_for() -> None:
    with (
        pytest.raises(UserError, match=r"--deterministic: put_ can't give the same bits"),
        reproducible(CPU, strict=True),
    ):
        put(torch.zeros(3))
    with pytest.warns(UserWarning, match="put_ does not have"), reproducible(CPU):
        put(torch.zeros(3))


def test_another_error_passes() -> None:
    with pytest.raises(RuntimeError, match="shape"), reproducible(CPU, strict=True):
        torch.zeros(2, 3) @ torch.zeros(2, 3)


def test_every_tensor_begins_where_the_next_process_would_begin_it() -> None:
    """MKL's products of a matrix and a vector round by where they begin, up to 64 bytes apart."""
    kept = [torch.empty(n) for n in range(1, 2000)]
    assert {tensor.data_ptr() % 64 for tensor in kept} == {0}
    counts = torch.from_numpy(np.arange(1001)[1:])  # numpy's memory begins anywhere
    assert counts.to(torch.float32).data_ptr() % 64 == 0
