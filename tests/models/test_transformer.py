"""The transformer against its formula and PyTorch's own layer."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from makemore.config import read_config
from makemore.models import build_model
from makemore.models.attention import attention, rotate
from makemore.models.base import Model
from makemore.models.settings import TransformerSettings
from makemore.models.transformer import Block, Transformer
from tests.helpers import CONFIG_FOLDER, random_documents, random_model

V = 5
LONGEST = 9

CLASSIC = {
    "norm": "layer",
    "positions": "learned",
    "activation": "gelu",
    "qk_norm": False,
    "bias": True,
    "zero_init": False,
}


def test_a_block_is_pytorch_s_pre_norm_layer_with_the_same_weights() -> None:
    settings = TransformerSettings.model_validate({**CLASSIC, "n_embd": 32}).resolve(longest=7)
    block = Block(settings)
    reference = nn.TransformerEncoderLayer(
        32,
        4,
        dim_feedforward=128,
        dropout=0.0,
        activation=nn.GELU(approximate="tanh"),
        batch_first=True,
        norm_first=True,
    )
    pairs = [
        (reference.self_attn.in_proj_weight, block.c_attn.weight),
        (reference.self_attn.in_proj_bias, block.c_attn.bias),
        (reference.self_attn.out_proj.weight, block.c_proj.weight),
        (reference.self_attn.out_proj.bias, block.c_proj.bias),
        (reference.linear1.weight, block.c_fc.weight),
        (reference.linear1.bias, block.c_fc.bias),
        (reference.linear2.weight, block.mlp_proj.weight),
        (reference.linear2.bias, block.mlp_proj.bias),
    ]
    with torch.no_grad():
        for theirs, ours in pairs:
            theirs.copy_(ours.normal_(std=0.2))
    x = torch.randn(3, 8, 32)
    mask = nn.Transformer.generate_square_subsequent_mask(8)
    expected = reference(x, src_mask=mask, is_causal=True)

    def attend(layer: int, qkv: Tensor) -> Tensor:
        return attention(qkv, 4)

    torch.testing.assert_close(block(x, torch.arange(8), 0, attend), expected, atol=1e-5, rtol=1e-5)


def test_the_gpt2_config_is_the_original_makemore_s_block() -> None:
    """The original counts 202,816 for 27 tokens and blocks of 16, and leaves out its head."""
    config = read_config(CONFIG_FOLDER / "gpt2.toml", {}).resolve(longest=15)
    size = {"n_layer": 4, "n_embd": 64, "n_hidden": 256, "block_size": 16}
    assert config.architecture == TransformerSettings.model_validate({**CLASSIC, **size})
    assert build_model(config.model, config.architecture, 27).n_parameters == 202_816 + 27 * 64


def test_the_default_transformer_has_no_more_parameters_than_the_original() -> None:
    model = build_model("transformer", TransformerSettings().resolve(longest=15), 27)
    assert 180_000 < model.n_parameters <= 202_816


def test_an_mlp_has_no_more_parameters_with_gates_than_without() -> None:
    for n_embd in (24, 64, 88, 128, 384):
        gelu, swiglu = (
            Block(TransformerSettings(n_embd=n_embd, activation=activation).resolve(longest=15))
            for activation in ("gelu", "swiglu")
        )
        assert gelu.mlp_proj.in_features == 4 * n_embd
        assert swiglu.mlp_proj.in_features % 32 == 0
        fewer = 8 * n_embd**2 - 3 * n_embd * swiglu.mlp_proj.in_features
        assert 0 <= fewer < 3 * n_embd * 32
    one = Block(TransformerSettings(n_hidden=7).resolve(longest=15))
    assert one.mlp_proj.in_features == 7


@pytest.mark.parametrize("activation", ["swiglu", "relu2", "relu", "gelu"])
@pytest.mark.parametrize("norm", ["rms", "layer", "none"])
def test_a_modern_block_is_its_formula(norm: str, activation: str) -> None:
    """Written out position by position and head by head, with scaled_dot_product_attention."""
    chosen = {"norm": norm, "activation": activation, "positions": "rotary", "qk_norm": True}
    sizes = {"n_embd": 24, "n_head": 2, "block_size": 6}
    settings = TransformerSettings.model_validate(chosen | sizes).resolve(longest=5)
    block = Block(settings)
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.3)
    x = torch.randn(2, 6, 24)

    def normalised(y: Tensor, layer: Any) -> Tensor:
        if norm == "rms":
            y = y / (y.square().mean(-1, keepdim=True) + 1e-7).sqrt() * layer.weight
        if norm == "layer":
            centred = y - y.mean(-1, keepdim=True)
            spread = (y.var(-1, keepdim=True, unbiased=False) + 1e-5).sqrt()
            y = centred / spread * layer.weight + layer.bias
        return y

    q, k, v = (normalised(x, block.ln_1) @ block.c_attn.weight.T).split(24, dim=-1)
    heads = []
    for one in (slice(0, 12), slice(12, 24)):
        turned = []
        for y in (q[..., one], k[..., one]):
            y = y / y.square().mean(-1, keepdim=True).sqrt()
            turned.append(rotate(y[:, :, None], torch.arange(6).expand(2, 6))[:, :, 0])
        heads.append(
            F.scaled_dot_product_attention(turned[0], turned[1], v[..., one], is_causal=True)
        )
    y = x + torch.cat(heads, -1) @ block.c_proj.weight.T
    hidden = normalised(y, block.ln_2) @ block.c_fc.weight.T
    if activation == "swiglu":
        gate, unit = hidden[..., :64], hidden[..., 64:]
        hidden = gate * gate.sigmoid() * unit
    elif activation in ("relu", "relu2"):
        hidden = hidden.clamp(min=0) ** {"relu": 1, "relu2": 2}[activation]
    else:
        hidden = F.gelu(hidden, approximate="tanh")
    expected = y + hidden @ block.mlp_proj.weight.T

    def attend(layer: int, qkv: Tensor) -> Tensor:
        return attention(qkv, 2)

    found = block(x, torch.arange(6), 0, attend)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("positions", ["rotary", "learned"])
@pytest.mark.parametrize("qk_norm", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_every_choice_of_block_has_a_table_path_and_a_step(
    positions: str, qk_norm: bool, bias: bool
) -> None:
    chosen = {"positions": positions, "qk_norm": qk_norm, "bias": bias, "n_layer": 2}
    model = random_model("transformer", V, LONGEST, **chosen)
    documents = random_documents(V)
    table = model.reader.table(documents)
    expected = Model.table_logits(model, table)
    for training in (True, False):  # where alike tokens don't share, and where they do
        found = model.train(training).table_logits(table)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    own, default = None, None
    for token in [0, 1, 2, 3, 4]:
        logits, own = model.step(torch.tensor([token]), own)
        default_logits, default = Model.step(model, torch.tensor([token]), default)
        torch.testing.assert_close(logits, default_logits, atol=1e-5, rtol=0)


def test_a_block_that_starts_at_zero_adds_nothing() -> None:
    model = Transformer(27, TransformerSettings(zero_init=True).resolve(longest=8))
    tokens = torch.randint(27, (2, 9))
    assert model.wpe is not None
    expected = model.lm_head(model.ln_f(model.wte(tokens) + model.wpe.weight))
    torch.testing.assert_close(model(tokens), expected)


def test_dropout_drops_in_training_alone() -> None:
    model = random_model("transformer", V, LONGEST, dropout=0.5)
    tokens = torch.tensor([[0, 1, 2]])
    torch.testing.assert_close(model(tokens), model(tokens), atol=0, rtol=0)
    model.train()
    assert not torch.equal(model(tokens), model(tokens))


def test_norms_without_gains_make_microgpt_of_4192_parameters() -> None:
    """Its count is published; the norm is x over the root of its mean square, and no more."""
    config = read_config(CONFIG_FOLDER / "published" / "microgpt.toml", {})
    model = build_model("transformer", config.architecture.resolve(15), 27)
    assert model.n_parameters == 4192
    assert isinstance(model, Transformer)
    x = torch.randn(5, 16)
    root = x.square().mean(-1, keepdim=True).sqrt()
    torch.testing.assert_close(model.ln_f(x), x / root, rtol=1e-5, atol=1e-5)
