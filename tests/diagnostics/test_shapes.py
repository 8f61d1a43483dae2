"""Shapes: held to hand counts, the lecture's figures and the models themselves."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from makemore.diagnostics.shapes import Shapes, find_shapes
from makemore.models import ARCHITECTURES, build_model
from makemore.models.settings import CustomSettings
from makemore.models.trust import trust
from tests.helpers import random_model


def shapes_of(name: str, **settings: Any) -> Shapes:
    return find_shapes(random_model(name, 27, **settings))


def outputs(shapes: Shapes) -> dict[str, tuple[int, ...] | None]:
    return {layer.name: layer.output for layer in shapes.layers}


def test_wavenet_has_the_shapes_and_the_parameters_of_the_lecture() -> None:
    found = shapes_of("wavenet")
    seen = outputs(found)
    assert found.contexts == (32, 8)
    assert seen["embedding"] == (32, 8, 24)
    assert [seen[f"layers.{i}"] for i in range(3)] == [(32, 4, 128), (32, 2, 128), (32, 128)]
    assert seen["output"] == seen[""] == (32, 27)
    assert found.n_parameters == 76_579
    products = {layer.name: layer.multiplications for layer in found.layers}
    assert products["layers.0.linear"] == 4 * 48 * 128
    assert products["layers.1.linear"] == 2 * 256 * 128
    assert found.multiplications == (4 * 48 + 2 * 256 + 256) * 128 + 128 * 27


def test_an_mlp_is_counted_by_hand() -> None:
    found = shapes_of("mlp", block_size=3, n_embd=2, n_hidden=4)
    tensors = {name: shape for layer in found.layers for name, shape in layer.parameters.items()}
    assert tensors == {
        "embedding.weight": (27, 2),
        "hidden.weight": (4, 6),
        "hidden.bias": (4,),
        "output.weight": (27, 4),
        "output.bias": (27,),
    }
    assert found.n_parameters == 27 * 2 + 4 * 6 + 4 + 27 * 4 + 27
    assert found.multiplications == 4 * 6 + 27 * 4


def test_a_layer_that_is_called_for_every_character_counts_each_time() -> None:
    found = shapes_of("rnn", n_embd=3, n_hidden=5, block_size=7)
    products = {layer.name: layer.multiplications for layer in found.layers}
    assert products["from_input"] == 7 * 3 * 5
    assert products["from_state"] == 7 * 5 * 5
    assert products["lm_head"] == 7 * 5 * 27


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_tensor_of_every_model_stands_in_it_once(name: str) -> None:
    model = random_model(name, 27)
    found = find_shapes(model)
    counted = [item for layer in found.layers for item in layer.parameters.items()]
    assert dict(counted) == {n: tuple(p.shape) for n, p in model.named_parameters()}
    assert len(counted) == len(dict(counted))
    if counted:
        assert sum(math.prod(shape) for _, shape in counted) == model.n_parameters
    assert found.n_parameters == model.n_parameters
    assert found.layers[-1].name == ""
    total = found.grid().rows[-1]
    assert total[3:] == (f"{model.n_parameters:,}", f"{found.multiplications:,}")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_by_layers_predicts_what_forward_predicts(name: str) -> None:
    model = random_model(name, 27)
    length = model.context_length or model.block_size
    assert length is not None
    contexts = torch.randint(27, (6, length))
    with torch.no_grad():
        expected = model(contexts)
        if model.context_length is not None:
            expected = expected[:, -1]
        torch.testing.assert_close(model.by_layers(contexts), expected, rtol=1e-4, atol=1e-5)


def test_a_user_s_own_model_is_seen_too_and_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "from torch import nn\n"
        "class Own(nn.Module):\n"
        "    def __init__(self, vocab_size):\n"
        "        super().__init__()\n"
        "        self.wte = nn.Embedding(vocab_size, 3)\n"
        "        self.tied = nn.Linear(3, vocab_size, bias=False)\n"
        "        self.tied.weight = self.wte.weight\n"
        "        self.unused = nn.Linear(2, 2)\n"
        "        self.rnn = nn.RNN(3, 3, batch_first=True)\n"
        "    def forward(self, tokens):\n"
        "        return self.tied(self.rnn(self.wte(tokens))[0])\n"
    )
    trust(f"{file}:Own")
    model = build_model(f"{file}:Own", CustomSettings(block_size=9), 5).train()
    found = find_shapes(model, batch_size=4)
    assert model.training
    assert outputs(found) == {
        "module.wte": (4, 9, 3),
        "module.rnn": (4, 9, 3),
        "module.tied": (4, 9, 5),
        "module": (4, 9, 5),
        "module.unused": None,
        "": (4, 9, 5),
    }
    assert found.n_parameters == 5 * 3 + 2 * 2 + 2 + 2 * (3 * 3 + 3), "a tied weight counts once"
    assert "not used" in repr(found)
    assert not any(module._forward_hooks for module in model.modules())
