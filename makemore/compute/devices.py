"""The device that computes, and the same sums in every run."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

import torch

from makemore.errors import UsageError

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Names of mallopt(3)'s options."""


def pick_device(name: str) -> torch.device:
    """Find the device for `--device`: auto is CUDA where there is a GPU, otherwise the CPU.

    An Apple GPU is only taken when it is asked for: to start the many small operations of a step
    there may take longer than to compute them here, and no test of ours has run on one.
    A CPU is told to keep its memory for what comes next.

    Raises:
        UsageError: the device that is asked for is not here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: PyTorch finds no CUDA GPU here; try --device cpu.")
    if name == "mps" and not torch.backends.mps.is_available():
        raise UsageError("--device mps: PyTorch finds no Apple GPU here; try --device cpu.")
    if name == "cpu":
        keep_memory()
    return torch.device(name)


def compute_reproducibly(device: torch.device) -> None:
    """Let every run add in the same order, so that a resumed one repeats an uninterrupted one.

    MKL promises the same products from one process to the next only if it is told so before the
    first of them (Intel's "conditional numerical reproducibility"). It is told so on Intel's
    processors: on others that may be a slower way. Should a GPU have no such way for an operation,
    PyTorch warns and goes on.
    """
    with suppress(OSError):
        if "GenuineIntel" in Path("/proc/cpuinfo").read_text():
            os.environ.setdefault("MKL_CBWR", "AUTO")
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def keep_memory() -> None:
    """Let the C library keep what tensors free, for the next step's tensors of the same size.

    Otherwise glibc gives the large ones back to the system, which then clears each page anew when
    it is next touched: up to a fifth of a step. Another C library is left as it is.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        for option, size in ((M_TRIM_THRESHOLD, 2**30), (M_MMAP_THRESHOLD, 2**25)):
            libc.mallopt(option, size)
