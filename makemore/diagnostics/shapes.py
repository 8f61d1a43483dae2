"""What shape has everything? A model's layers, as one batch of contexts goes through them."""

import math
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from makemore.corpus.predictions import BOUNDARY
from makemore.display import Grid, Shown
from makemore.models.base import Model

BATCH_SIZE = 32
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One module.

    Attributes:
        name: where it stands in the model; "" for the model itself.
        kind: its class.
        output: shape of what it gave for the batch; None where it was not called.
        parameters: the shape of each of its own, by its name in the model.
        buffers: likewise, the tensors that gradient descent doesn't change.
        multiplications: of weights, where it is a linear layer: for one row of the batch.
    """

    name: str
    kind: str
    output: Shape | None
    parameters: dict[str, Shape]
    buffers: dict[str, Shape]
    multiplications: int


@dataclass(frozen=True, repr=False)
class Shapes(Shown):
    """The layers of a model in the order in which they are done, the model itself last.

    Attributes:
        contexts: shape of the batch of token ids, (B, T).
        n_parameters: of the model, as it counts them.
    """

    contexts: tuple[int, int]
    layers: list[Layer]
    n_parameters: int

    @property
    def multiplications(self) -> int:
        """Those of all linear layers, for one row of the batch."""
        return sum(layer.multiplications for layer in self.layers)

    def grid(self) -> Grid:
        """Show a row for each layer, what it gives, and below it one for each of its tensors."""
        rows = [("contexts", "ids", str(self.contexts), "", "")]
        for layer in self.layers:
            output = "not used" if layer.output is None else str(layer.output)
            products = f"{layer.multiplications:,}" if layer.multiplications else ""
            rows.append((layer.name or "the model", layer.kind, output, "", products))
            for name, shape in layer.parameters.items():
                rows.append((_indent(name), "", str(shape), f"{math.prod(shape):,}", ""))
            for name, shape in layer.buffers.items():
                rows.append((_indent(name), "", str(shape), "-", ""))
        rows.append(("total", "", "", f"{self.n_parameters:,}", f"{self.multiplications:,}"))
        return Grid(rows, ["", "", "shape", "parameters", "multiplications"], left=3)

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        return {
            "contexts": self.contexts,
            "layers": [vars(layer) for layer in self.layers],
            "parameters": self.n_parameters,
            "multiplications": self.multiplications,
        }


@torch.inference_mode()
def find_shapes(model: Model, batch_size: int = BATCH_SIZE) -> Shapes:
    """Let a batch of contexts, as long as they may be, go through a model and watch its modules.

    Multiplications are those of `nn.Linear` layers, once for each number that comes out and each
    that goes into it, however often the layer is called. Attention's own come on top.

    Args:
        model: left in the mode, training or not, that it was in.
        batch_size: how many contexts.
    """
    length = model.context_length or model.block_size
    assert length is not None, "a model of the whole prefix has a block"
    contexts = torch.full((batch_size, length), BOUNDARY, device=model.device)
    outputs: dict[str, Shape | None] = {}  # in the order in which modules end
    products: Counter[str] = Counter()
    names = {module: name for name, module in model.named_modules()}

    def watch(module: nn.Module, inputs: Any, output: Any) -> None:
        first = output[0] if isinstance(output, tuple) else output  # nn.LSTM gives its state too
        if not isinstance(first, Tensor):
            return
        name = names[module]
        outputs[name] = tuple(first.shape)
        if isinstance(module, nn.Linear):
            products[name] += first.numel() * module.in_features // batch_size

    hooks = [module.register_forward_hook(watch) for module in names if module is not model]
    try:
        with model.evaluating():
            logits = model.by_layers(contexts)
    finally:
        for hook in hooks:
            hook.remove()
    # what the model reads without a call comes behind, and the model itself last
    for module, name in names.items():
        if name and name not in outputs and _has_tensors(module):
            outputs[name] = None
    outputs[""] = tuple(logits.shape)
    parameters = {name: tuple(tensor.shape) for name, tensor in model.named_parameters()}
    buffers = {name: tuple(tensor.shape) for name, tensor in model.named_buffers()}
    layers = [
        Layer(
            name,
            type(model.get_submodule(name)).__name__,
            output,
            _own(name, parameters),
            _own(name, buffers),
            products[name],
        )
        for name, output in outputs.items()
    ]
    return Shapes((batch_size, length), layers, model.n_parameters)


def _indent(name: str) -> str:
    return "  " + name.rpartition(".")[2]


def _has_tensors(module: nn.Module) -> bool:
    return any(True for _ in chain(module.parameters(False), module.buffers(False)))


def _own(layer: str, shapes: dict[str, Shape]) -> dict[str, Shape]:
    """Pick the tensors that belong to a module itself, by their whole names."""
    return {name: shape for name, shape in shapes.items() if name.rpartition(".")[0] == layer}
