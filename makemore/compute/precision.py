"""In how many bits a training multiplies.

Weights, sums, normalisations and losses are fp32 everywhere; what changes is what goes into matrix
products. A GPU takes bf16 several times as fast (mixed precision: Micikevicius et al. 2018,
https://arxiv.org/abs/1710.03740; bf16 has fp32's range, so that no loss is scaled). Validation,
evaluation and sampling stay in fp32, or multiply in tf32 where that was asked for: it holds for the
whole process.
"""

from contextlib import AbstractContextManager, nullcontext

import torch

from makemore.errors import UsageError


def pick_precision(name: str, device: torch.device) -> str:
    """Find the precision for `--precision`: auto is bf16 on a CUDA GPU that has it, else fp32.

    tf32, for the products of a CUDA GPU, takes effect here; it holds for all of them from then on.

    Raises:
        UsageError: the device has no such precision.
    """
    cuda = device.type == "cuda"
    if name == "auto":
        return "bf16" if cuda and torch.cuda.is_bf16_supported() else "fp32"
    if name == "tf32":
        if not cuda or torch.cuda.get_device_capability(device) < (8, 0):
            raise UsageError("--precision tf32 is for CUDA GPUs from Ampere on: take fp32 here.")
        torch.set_float32_matmul_precision("high")
    if name == "bf16" and cuda and not torch.cuda.is_bf16_supported():
        raise UsageError("--precision bf16: this GPU doesn't have it; take fp32.")
    return name


def multiplying_in(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Let this thread's products take their factors in the precision that was picked."""
    if precision != "bf16":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)
