"""What is seen of a model while it predicts."""

import math
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.backprop import kernels
from makemore.models.activations import nonlinearities
from makemore.models.watching import attention_maps, embeddings


class Tanh(nn.Module):
    """A linear layer and our kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(5, 4)
        self.nothing = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return kernels.tanh(self.nothing(self.linear(x)))


@pytest.mark.parametrize("fast", [True, False])
def test_our_tanh_is_seen_with_its_values_and_its_gradient(
    fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "OWN_TANH_IS_FAST", fast)
    model, x = Tanh(), 3 * torch.randn(6, 5)
    with nonlinearities(model) as calls:
        y = model(x)
        loss = y.square().sum()
    (call,) = calls
    assert (call.name, call.kind) == ("nothing tanh", "tanh")
    torch.testing.assert_close(call.before, model.linear(x))
    torch.testing.assert_close(call.after, torch.tanh(model.linear(x)))
    (slope,) = torch.autograd.grad(loss, call.result)
    torch.testing.assert_close(slope, 2 * y)


@pytest.mark.parametrize("kind", ["relu", "gelu", "silu", "sigmoid", "tanh"])
def test_every_nonlinearity_is_seen_as_a_module_and_as_a_function(kind: str) -> None:
    modules = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "sigmoid": nn.Sigmoid}
    module = nn.Sequential(nn.Linear(3, 3), modules.get(kind, nn.Tanh)())
    x = torch.randn(4, 3)
    with nonlinearities(module) as calls:
        module(x)
        getattr(torch if kind in {"sigmoid", "tanh"} else F, kind)(x)
    assert [call.kind for call in calls] == [kind, kind]
    assert calls[0].name == f"1 {kind}"
    torch.testing.assert_close(calls[0].after, module(x))


def causal_weights(q: Tensor, k: Tensor) -> Tensor:
    """Compute attention's weights one by one: (B, heads, T, T)."""
    *several, n, width = q.shape
    weights = torch.zeros(*several, n, n)
    for place in range(n):
        scores = torch.stack([(q[..., place, :] * k[..., s, :]).sum(-1) for s in range(place + 1)])
        exp = (scores / math.sqrt(width)).exp()
        weights[..., place, : place + 1] = (exp / exp.sum(0)).movedim(0, -1)
    return weights


@pytest.mark.parametrize("how", ["is_causal", "mask", "by hand"])
def test_attention_is_seen_however_it_is_computed(how: str) -> None:
    q, k, v = torch.randn(3, 2, 4, 6, 8)
    later = torch.ones(6, 6).triu(1).bool()
    with attention_maps(nn.Module()) as maps:
        if how == "is_causal":
            F.scaled_dot_product_attention(q, k, v, is_causal=True)
        elif how == "mask":
            F.scaled_dot_product_attention(q, k, v, attn_mask=~later)
        else:
            (q @ k.mT / math.sqrt(8)).masked_fill(later, -math.inf).softmax(-1) @ v
    ((_, found),) = maps
    torch.testing.assert_close(found, causal_weights(q, k))


def test_pytorch_s_own_layer_is_seen_too() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    with attention_maps(layer) as maps:
        layer(torch.randn(1, 5, 8), src_mask=mask, is_causal=True)
    ((_, weights),) = maps
    assert weights.shape[-2:] == (5, 5)
    torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))


def test_a_softmax_over_characters_is_no_attention() -> None:
    with attention_maps(nn.Module()) as maps:
        torch.randn(2, 6, 6).softmax(-1)
        torch.randn(6, 6).tril().softmax(-1)
    assert not maps


def test_embeddings_of_other_ids_are_not_those_of_the_tokens() -> None:
    model = nn.Sequential(nn.Embedding(9, 4))
    tokens = torch.tensor([[1, 2, 3]])
    with embeddings(model, tokens) as embedded:
        model(tokens)
        model(torch.arange(3))
    assert [one.shape for one in embedded] == [(1, 3, 4)]


def test_watching_imports_no_compiler() -> None:
    """PyTorch's takes over a second, and a training of a few seconds would pay for it."""
    code = (
        "import sys, torch; from makemore.models.watching import Operations\n"
        "with Operations(lambda name, args, run: run()): torch.ones(2).tanh()\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
