"""Every registered model meets the contract; then each against an independent truth."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from makemore.contexts import pad
from makemore.corpus import Corpus
from makemore.models import ARCHITECTURES, build_model
from makemore.models.base import Model, cross_entropy, select_rows
from makemore.models.bigram import Bigram, best_smoothing
from makemore.models.mlp import MLP
from makemore.models.settings import BigramSettings, MLPSettings, TransformerSettings
from makemore.models.transformer import Block, Transformer, causal_attention
from makemore.vocabulary import BOUNDARY, Documents, Vocabulary
from tests.conftest import contexts_of, random_model

V = 5
LONGEST = 9
every_model = pytest.mark.parametrize("name", ARCHITECTURES)
texts = st.lists(st.text("abcd", min_size=1, max_size=LONGEST), min_size=1, max_size=12)


def encode(documents: list[str]) -> Documents:
    return Vocabulary("abcd").encode_all(documents)


def plain_losses(model: Model, documents: Documents) -> Tensor:
    """Loss of every prediction of the padded documents, by `forward` alone."""
    inputs, targets, _ = pad(documents, model.block_size)
    logits = model(torch.from_numpy(inputs))
    losses = F.cross_entropy(
        logits.flatten(0, 1), torch.from_numpy(targets).flatten(), ignore_index=-1, reduction="none"
    )
    return losses[torch.from_numpy(targets).flatten() >= 0]


def sequences(documents: Documents) -> Iterator[list[int]]:
    for start, end in zip(documents.offsets[:-1], documents.offsets[1:], strict=True):
        yield [BOUNDARY, *documents.ids[start:end].tolist()]


@every_model
@settings(max_examples=30)
@given(documents=texts)
def test_table_and_plain_forward_give_the_same_loss_and_gradients(
    name: str, documents: list[str]
) -> None:
    encoded = encode(documents)
    plain = random_model(name, V, LONGEST)
    plain_loss = plain_losses(plain, encoded).mean()
    plain_loss.backward()
    tabled = random_model(name, V, LONGEST)
    table = tabled.table(encoded)
    table_loss = cross_entropy(tabled.table_logits(table), table)
    table_loss.backward()
    torch.testing.assert_close(table_loss, plain_loss, atol=1e-5, rtol=0)
    for one, other in zip(tabled.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-4)


@every_model
@settings(max_examples=30)
@given(documents=texts)
def test_table_logits_are_those_of_forward(name: str, documents: list[str]) -> None:
    model = random_model(name, V, LONGEST)
    encoded = encode(documents)
    table = model.table(encoded)
    logits = model.table_logits(table)
    inputs, targets, _ = pad(encoded, model.block_size)
    expected = model(torch.from_numpy(inputs))
    rows = {context: row for row, context in enumerate(contexts_of(table))}
    for s, p in zip(*np.nonzero(targets >= 0), strict=True):
        context = tuple(inputs[s, : p + 1].tolist())
        if model.context_length is not None:
            context = ((BOUNDARY,) * model.context_length + context)[-model.context_length :]
        torch.testing.assert_close(logits[rows[context]], expected[s, p], atol=1e-5, rtol=0)


@every_model
@settings(max_examples=30)
@given(documents=texts)
def test_steps_give_the_logits_of_forward(name: str, documents: list[str]) -> None:
    model = random_model(name, V, LONGEST)
    for tokens in sequences(encode(documents)):
        expected = model(torch.tensor([tokens]))[0]
        state = None
        for position, token in enumerate(tokens):
            logits, state = model.step(torch.tensor([token]), state)
            torch.testing.assert_close(logits[0], expected[position], atol=1e-5, rtol=0)


@every_model
@pytest.mark.parametrize("block_size", [2, 3, 4, 7])
@settings(max_examples=30)
@given(documents=texts)
def test_steps_and_tables_agree_on_documents_longer_than_the_block(
    name: str, block_size: int, documents: list[str]
) -> None:
    if "block_size" not in ARCHITECTURES[name].settings.model_fields:
        pytest.skip("sees one character, or all of them")
    model = random_model(name, V, block_size=block_size)
    encoded = encode(documents)
    total = 0.0
    for tokens in sequences(encoded):
        state = None
        for token, target in zip(tokens, [*tokens[1:], BOUNDARY], strict=True):
            logits, state = model.step(torch.tensor([token]), state)
            total -= logits[0].log_softmax(-1)[target].item()
    table = model.table(encoded)
    loss = cross_entropy(model.table_logits(table), table)
    assert loss.item() == pytest.approx(total / encoded.predictions, abs=1e-5)
    default = cross_entropy(Model.table_logits(model, table), table)
    assert default.item() == pytest.approx(loss.item(), abs=1e-5)


@every_model
def test_the_defaults_of_the_contract_agree_with_what_a_model_overrides(name: str) -> None:
    model = random_model(name, V, LONGEST)
    own, default = None, None
    for token in [0, 1, 2, 3, 4, 1, 1, 2]:
        own_logits, own = model.step(torch.tensor([token, 3]), own)
        default_logits, default = Model.step(model, torch.tensor([token, 3]), default)
        torch.testing.assert_close(own_logits, default_logits, atol=1e-5, rtol=0)


@every_model
def test_a_selected_state_goes_on_as_its_rows_would(name: str) -> None:
    model = random_model(name, V, LONGEST)
    _, state = model.step(torch.tensor([0, 0, 0]), None)
    _, state = model.step(torch.tensor([1, 2, 3]), state)
    selected = select_rows(state, torch.tensor([2, 0, 2]))
    logits, _ = model.step(torch.tensor([4, 4, 4]), selected)
    expected = model(torch.tensor([[0, 3, 4], [0, 1, 4], [0, 3, 4]]))[:, -1]
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)


@every_model
def test_no_logit_depends_on_a_later_character(name: str) -> None:
    model = random_model(name, V, LONGEST)
    tokens = torch.tensor([[0, 1, 2, 3, 4, 1, 2]])
    expected = model(tokens)
    for position in range(1, tokens.shape[1]):
        for other in range(V):
            changed = tokens.clone()
            changed[0, position] = other
            torch.testing.assert_close(
                model(changed)[:, :position], expected[:, :position], atol=0, rtol=0
            )


@every_model
def test_a_fresh_model_is_nearly_indifferent(name: str, names: Corpus) -> None:
    """The first loss is log V: no weight starts with an opinion (makemore, lecture 3)."""
    vocabulary = Vocabulary(names.characters)
    torch.manual_seed(0)
    defaults = ARCHITECTURES[name].settings().resolve(names.longest)
    model = build_model(name, defaults, len(vocabulary))
    table = model.table(vocabulary.encode_all(names.val))
    loss = cross_entropy(model.table_logits(table), table).item()
    assert loss == pytest.approx(math.log(27), abs=0.05)


# bigram


def pair_counts(documents: list[str], vocabulary: Vocabulary) -> Tensor:
    counts = torch.zeros(len(vocabulary), len(vocabulary), dtype=torch.float64)
    for document in documents:
        ids = [BOUNDARY, *vocabulary.encode(document), BOUNDARY]
        for one, other in pairwise(ids):
            counts[one, other] += 1
    return counts


def fit_bigram(train: list[str], val: list[str], **settings: Any) -> Bigram:
    vocabulary = Vocabulary("".join(sorted(set("".join(train + val)))))
    model = Bigram(len(vocabulary), BigramSettings(**settings))
    model.prepare(vocabulary.encode_all(train), vocabulary.encode_all(val))
    return model


@pytest.mark.parametrize("k", [0.0, 0.5, 3.0])
def test_a_counted_bigram_is_the_smoothed_count_matrix(names: Corpus, k: float) -> None:
    model = fit_bigram(names.train, names.val, smoothing=k)
    raised = pair_counts(names.train, Vocabulary(names.characters)) + k
    expected = raised / raised.sum(1, keepdim=True)
    torch.testing.assert_close(model.logits.exp().double(), expected, atol=1e-6, rtol=1e-6)


def test_smoothing_is_the_best_on_validation(names: Corpus) -> None:
    vocabulary = Vocabulary(names.characters)
    train, val = (pair_counts(part, vocabulary) for part in (names.train, names.val))

    def loss(k: float) -> float:
        raised = train + k
        return -(val * (raised / raised.sum(1, keepdim=True)).log()).sum().item()

    k = best_smoothing(train, val)
    assert all(loss(k) <= loss(other) for other in [k * 0.98, k * 1.02, k / 10, k * 10, 1e-4])
    assert fit_bigram(names.train, names.val).report() == {"smoothing": pytest.approx(k)}
    assert fit_bigram(names.train, []).report() == {"smoothing": 1.0}


def test_a_character_never_seen_in_training_is_followed_by_anything(names: Corpus) -> None:
    model = fit_bigram(["ab"], ["c"], smoothing=0.0)
    torch.testing.assert_close(model.logits.exp()[3], torch.full((4,), 0.25))


def test_the_gradient_s_optimum_is_the_counted_one(names: Corpus) -> None:
    """At the counted matrix the gradient of the objective vanishes: it is where descent ends."""
    counted = fit_bigram(names.train, names.val)
    descended = fit_bigram(names.train, names.val, fit="gradient")
    table = descended.table(Vocabulary(names.characters).encode_all(names.train))
    (at_first,) = torch.autograd.grad(descended.loss(table), descended.logits)
    assert at_first.abs().max() > 1e-3
    with torch.no_grad():
        descended.logits.copy_(counted.logits)
    (at_last,) = torch.autograd.grad(descended.loss(table), descended.logits)
    assert at_last.abs().max() < 1e-6


# mlp


def test_the_mlp_is_the_lecture_s_formula() -> None:
    """Emb = C[X]; h = tanh(emb.view(-1, 30) @ W1 + b1); logits = h @ W2 + b2."""
    model = random_model("mlp", 27)
    assert isinstance(model, MLP)
    windows = torch.randint(27, (64, 3))
    c, w1, b1 = model.embedding.weight, model.hidden.weight.T, model.hidden.bias
    w2, b2 = model.output.weight.T, model.output.bias
    assert (c.shape, w1.shape, w2.shape) == ((27, 10), (30, 200), (200, 27))
    expected = torch.tanh(c[windows].view(-1, 30) @ w1 + b1) @ w2 + b2
    torch.testing.assert_close(model.predict(windows), expected)
    assert model.n_parameters == 27 * 10 + 30 * 200 + 200 + 200 * 27 + 27


def test_every_size_of_the_mlp_can_be_set() -> None:
    model = MLP(27, MLPSettings(block_size=5, n_embd=4, n_hidden=7))
    assert model.n_parameters == 27 * 4 + 20 * 7 + 7 + 7 * 27 + 27
    assert model.context_length == 5


# transformer


def test_attention_is_pytorch_s() -> None:
    n_head = 4
    qkv = torch.randn(3, 7, 96)
    q, k, v = (t.unflatten(-1, (n_head, -1)).transpose(1, 2) for t in qkv.chunk(3, dim=-1))
    expected = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
    found = causal_attention(qkv[..., :32], qkv[..., 32:], n_head)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_a_block_is_pytorch_s_pre_norm_layer_with_the_same_weights() -> None:
    block = Block(TransformerSettings(n_embd=32, n_head=4, block_size=8))
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
        return causal_attention(qkv[..., :32], qkv[..., 32:], 4)

    torch.testing.assert_close(block(x, 0, attend), expected, atol=1e-5, rtol=1e-5)


def test_the_default_transformer_has_the_original_makemore_s_parameters() -> None:
    """204,544 is what the original prints for 27 tokens and blocks of 16."""
    model = Transformer(27, TransformerSettings().resolve(longest=15))
    assert model.n_parameters == 204_544


def test_dropout_drops_in_training_alone() -> None:
    model = random_model("transformer", V, LONGEST, dropout=0.5)
    tokens = torch.tensor([[0, 1, 2]])
    torch.testing.assert_close(model(tokens), model(tokens), atol=0, rtol=0)
    model.train()
    assert not torch.equal(model(tokens), model(tokens))
