"""PyTorch's compiler, for what training minimises."""

import os
from importlib.util import find_spec
from shutil import which

import torch

from makemore.errors import UserError
from makemore.models.base import Model


def compile_loss(model: Model) -> None:
    """Let the compiler make a program of a model's loss, at the first step.

    The sizes of tables differ from batch to batch, so the program takes any. Validation and
    sampling compute as ever.

    Raises:
        UserError: the compiler needs another one, which is not here.
    """
    compilers = (os.environ.get("CXX", "g++"), "clang++")
    if model.device.type == "cpu" and not any(map(which, compilers)):
        raise UserError("--compile needs a C++ compiler, and finds none: install g++ or clang++.")
    if model.device.type == "cuda" and find_spec("triton") is None:
        raise UserError("--compile needs Triton on a GPU, and finds none: pip install triton.")
    model.loss = torch.compile(model.loss, dynamic=True)  # type: ignore[method-assign]
