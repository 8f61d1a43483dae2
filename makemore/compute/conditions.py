"""What the last bits of a training depend on, beside its settings and its corpus."""

from dataclasses import dataclass, fields
from typing import Self

import torch

import makemore
from makemore.compute.threads import Workers


@dataclass(frozen=True)
class Conditions:
    """Where and with what a training computes: under the same, the same seed gives the same bits.

    Attributes:
        makemore, pytorch: their versions.
        processor: the vector instructions that PyTorch takes, AVX512 for example; or the GPU.
        workers: how many share a step.
        threads: of PyTorch, for each of them.
        processes: that share a training.
    """

    makemore: str
    pytorch: str
    processor: str
    workers: int
    threads: int
    processes: int = 1

    @classmethod
    def of(cls, device: torch.device, workers: Workers, processes: int = 1) -> Self:
        """Find out those of a training here."""
        processor = torch.backends.cpu.get_cpu_capability()
        if device.type != "cpu":
            processor = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        versions = makemore.__version__, torch.__version__
        return cls(*versions, processor, workers.n, workers.threads, processes)

    def difference(self, now: Self) -> str | None:
        """Say what is another now, as "pytorch 2.12 (now 2.13)"; None where all is the same."""
        pairs = [(f.name, getattr(self, f.name), getattr(now, f.name)) for f in fields(self)]
        return ", ".join(f"{name} {a} (now {b})" for name, a, b in pairs if a != b) or None
