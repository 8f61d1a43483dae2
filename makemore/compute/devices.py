"""The device that computes, and the same sums in every run."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch

from makemore.errors import UsageError, UserError

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Names of mallopt(3)'s options."""


def pick_device(name: str) -> torch.device:
    """Find the device for `--device`: auto is CUDA where there is a GPU, otherwise the CPU.

    An Apple GPU is only taken when it is asked for: to start the many small operations of a step
    there may take longer than to compute them here, and no test of ours has run on one.
    A CPU is told to keep its memory for what comes next, a GPU to multiply in one order.

    Raises:
        UsageError: the device that is asked for is not here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: PyTorch finds no CUDA GPU here; try --device cpu.")
    if name == "mps" and not torch.backends.mps.is_available():
        raise UsageError("--device mps: PyTorch finds no Apple GPU here; try --device cpu.")
    if name == "cuda":  # read when the first product is computed
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    if name == "cpu":
        keep_memory()
    return torch.device(name)


@contextmanager
def reproducible(device: torch.device, strict: bool = False) -> Iterator[None]:
    """Let what is computed within add in the same order in every run, also where PyTorch does not.

    Without it, the derivative of `x[rows]` adds up in the order in which PyTorch's threads come by,
    on a CPU too. It is set for the process, and afterwards as it was before.

    Args:
        device: that computes, from `pick_device`.
        strict: refuse an operation that has no such way; otherwise PyTorch warns, and goes on.

    Raises:
        UserError: there is such an operation.
    """
    filling: Any = torch.utils.deterministic
    mode, fill = torch.get_deterministic_debug_mode(), filling.fill_uninitialized_memory
    chooses = torch.backends.cudnn.benchmark
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = False  # which chooses by the clock
    # what use_deterministic_algorithms, which imports PyTorch's compiler for a second, does
    torch.set_deterministic_debug_mode("error" if strict else "warn")
    filling.fill_uninitialized_memory = False  # of ours, nothing reads it
    try:
        yield
    except RuntimeError as error:
        operation, is_refused, _ = str(error).partition(" does not have a deterministic")
        if not is_refused:
            raise
        raise UserError(
            f"--deterministic: {operation} can't give the same bits every time on "
            f"{device.type}: take another operation, or leave --deterministic out."
        ) from error
    finally:
        torch.set_deterministic_debug_mode(mode)
        filling.fill_uninitialized_memory = fill
        torch.backends.cudnn.benchmark = chooses


def keep_memory() -> None:
    """Let the C library keep what tensors free, for the next step's tensors of the same size.

    Otherwise glibc gives the large ones back to the system, which then clears each page anew when
    it is next touched: up to a fifth of a step, and of one of 10 million parameters as much again
    for each vector of that length. Another C library is left as it is.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        for option, size in ((M_TRIM_THRESHOLD, 2**30), (M_MMAP_MAX, 0)):
            libc.mallopt(option, size)
