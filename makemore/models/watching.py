"""See into a model while it predicts: its operations, its attention, its embeddings.

A model may call a function as a module, as a function, or as a kernel of ours. So what is watched
is not its modules but the operations that PyTorch carries out; modules, by their hooks, only tell
where in the model each one is. All works on a user's own model too.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode


@contextmanager
def attention_maps(model: nn.Module) -> Iterator[list[tuple[str, Tensor]]]:
    """Watch every attention of a model for a while, that of PyTorch's kernels too.

    A softmax is attention where no place sees a later one. Until then attention is computed in
    plain operations, which differ from a kernel's by rounding.

    Yields:
        The place of each so far, as `Place` names it, and its weights (..., T, T): of the places
        that are seen (last) by each.
    """
    maps: list[tuple[str, Tensor]] = []
    place = Place()

    def see(name: str, args: Any, run: Callable[[], Any]) -> Any:
        after = run()
        if name in {"_softmax", "_safe_softmax"} and _is_causal(after):
            maps.append((place.name, after.detach()))
        return after

    with sdpa_kernel(SDPBackend.MATH), place.following(model), Operations(see):
        yield maps


@contextmanager
def embeddings(model: nn.Module, tokens: Tensor) -> Iterator[list[Tensor]]:
    """Watch for a while what embeddings make of some tokens, where they read them as they are.

    Yields:
        Each (*tokens.shape, channels) so far, from which gradients can be taken.
    """
    embedded: list[Tensor] = []

    def keep(module: nn.Module, inputs: Any, output: Tensor) -> Tensor | None:
        if not torch.equal(inputs[0], tokens):  # of places, say
            return None
        if not output.requires_grad:
            output = output.detach().requires_grad_()
        embedded.append(output)
        return output

    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    hooks = [table.register_forward_hook(keep) for table in tables]
    try:
        yield embedded
    finally:
        for hook in hooks:
            hook.remove()


def _is_causal(weights: Tensor) -> bool:
    if weights.dim() < 3 or weights.shape[-1] != weights.shape[-2]:
        return False
    return not weights.detach().triu(1).any()


See = Callable[[str, Any, Callable[[], Any]], Any]
"""(name of an operation, its arguments, what carries it out) -> its result."""


class Operations(TorchDispatchMode):
    """Lets every operation be seen, whether a module, a function or a kernel has called it."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Say no: nothing here is compiled, and PyTorch would import its compiler for 1.4 s."""
        return False

    def __init__(self, see: See) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.see = see

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__.rstrip("_")
        return self.see(name, args, lambda: func(*args, **(kwargs or {})))


class Place:
    """Where a computation is: in a module without parts, or behind the last that has ended."""

    def __init__(self) -> None:
        self.inside: list[tuple[str, nn.Module]] = []
        self.last = ""

    @property
    def name(self) -> str:
        """Name that module."""
        if self.inside and not any(True for _ in self.inside[-1][1].children()):
            return self.inside[-1][0]
        return self.last

    @contextmanager
    def following(self, model: nn.Module) -> Iterator[None]:
        """Follow which module of a model is being called."""
        names = {module: name for name, module in model.named_modules()}

        def enter(module: nn.Module, *_: Any) -> None:
            self.inside.append((names[module], module))

        def leave(*_: Any) -> None:
            self.last, _module = self.inside.pop()

        hooks = [module.register_forward_pre_hook(enter) for module in names]
        hooks += [module.register_forward_hook(leave) for module in names]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
