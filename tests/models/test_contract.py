"""The contract that every registered model meets."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from makemore.contexts.sequences import pad
from makemore.corpus.documents import Documents, Lines
from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.evaluation.losses import evaluate
from makemore.models import ARCHITECTURES, build_model
from makemore.models.base import Model, cross_entropy
from tests.helpers import contexts_of, random_model

V = 5
LONGEST = 9
every_model = pytest.mark.parametrize("name", ARCHITECTURES)
texts = st.lists(st.text("abcd", min_size=1, max_size=LONGEST), min_size=1, max_size=12)


def encode(documents: list[str]) -> Lines:
    return Vocabulary("abcd").encode_lines(documents)


def plain_losses(model: Model, documents: Documents) -> Tensor:
    """Loss of every prediction of the padded documents, by `forward` alone."""
    inputs, targets, _ = pad(documents, model.block_size)
    logits = model(torch.from_numpy(inputs))
    losses = F.cross_entropy(
        logits.flatten(0, 1), torch.from_numpy(targets).flatten(), ignore_index=-1, reduction="none"
    )
    return losses[torch.from_numpy(targets).flatten() >= 0]


def sequences(documents: Lines) -> Iterator[list[int]]:
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
    tabled = random_model(name, V, LONGEST)
    table = tabled.reader.table(encoded)
    table_loss = cross_entropy(tabled.table_logits(table), table)
    torch.testing.assert_close(table_loss, plain_loss, atol=1e-5, rtol=0)
    if not list(plain.parameters()):
        return  # it counts
    plain_loss.backward()
    table_loss.backward()
    for one, other in zip(tabled.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-4)


@every_model
@settings(max_examples=30)
@given(documents=texts)
def test_table_logits_are_those_of_forward(name: str, documents: list[str]) -> None:
    model = random_model(name, V, LONGEST)
    encoded = encode(documents)
    table = model.reader.table(encoded)
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
    if "block_size" not in ARCHITECTURES[name].model_fields:
        pytest.skip("has no block")
    if name == "wavenet" and block_size in (3, 7):
        pytest.skip("fuses by pairs")
    model = random_model(name, V, block_size=block_size)
    encoded = encode(documents)
    total = 0.0
    for tokens in sequences(encoded):
        state = None
        for token, target in zip(tokens, [*tokens[1:], BOUNDARY], strict=True):
            logits, state = model.step(torch.tensor([token]), state)
            total -= logits[0].log_softmax(-1)[target].item()
    table = model.reader.table(encoded)
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
def test_a_sequence_goes_on_in_several_ways_or_in_none(name: str) -> None:
    model = random_model(name, V, LONGEST)
    _, start = model.step(torch.tensor([0]), None)
    _, state = model.step(torch.tensor([1, 2, 3]), start, torch.tensor([0, 0, 0]))
    going_on = torch.tensor([4, 4, 1, 0]), state, torch.tensor([2, 0, 2, 2])
    logits, further = model.step(*going_on)
    sequences = torch.tensor([[0, 3, 4], [0, 1, 4], [0, 3, 1], [0, 3, 0]])
    torch.testing.assert_close(logits, model(sequences)[:, -1], atol=1e-5, rtol=0)
    again, _ = model.step(*going_on)  # the state was left as it was
    torch.testing.assert_close(again, logits, atol=0, rtol=0)
    logits, _ = model.step(torch.tensor([2]), further, torch.tensor([1]))
    expected = model(torch.tensor([[0, 1, 4, 2]]))[:, -1]
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)


@every_model
@pytest.mark.parametrize("block_size", [2, 4])
def test_sequences_go_on_in_several_ways_past_the_block(name: str, block_size: int) -> None:
    if "block_size" not in ARCHITECTURES[name].model_fields:
        pytest.skip("has no block")
    model = random_model(name, V, block_size=block_size)
    generator = torch.Generator().manual_seed(0)
    boundary = torch.tensor([BOUNDARY])
    _, own = model.step(boundary, None)
    _, default = Model.step(model, boundary, None)
    n_before = 1
    for n in (2, 3, 5, 4, 1, 3, 3, 2):
        tokens = torch.randint(V, (n,), generator=generator)
        rows = torch.randint(n_before, (n,), generator=generator)
        logits, own = model.step(tokens, own, rows)
        expected, default = Model.step(model, tokens, default, rows)
        torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)
        n_before = n


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
def test_no_gradient_flows_from_a_logit_to_a_later_character(name: str) -> None:
    """Every place has a character of its own, so its row of the embedding stands for the place."""
    length = 7
    model = random_model(name, length + 1, LONGEST)
    if not list(model.parameters()):
        pytest.skip("counts: the test above holds it")
    embedding = next(p for p in model.parameters() if len(p) == length + 1)
    tokens = torch.arange(1, length + 1)[None]
    logits = model(tokens)[0]
    for position in range(length):
        weighted = (logits[position] * torch.randn(length + 1)).sum()
        (gradient,) = torch.autograd.grad(weighted, embedding, retain_graph=True)
        seen = gradient[1:].abs().sum(1) > 0  # (length,)
        assert not seen[position + 1 :].any()
        first = 0
        if model.context_length is not None:
            first = max(0, position + 1 - model.context_length)
        assert seen[first : position + 1].all()
        assert not seen[:first].any()


@every_model
@settings(max_examples=20)
@given(text=st.text("abcd", min_size=1, max_size=60), block_size=st.sampled_from([2, 4, 8]))
def test_every_character_of_a_text_is_evaluated_once(name: str, text: str, block_size: int) -> None:
    """Against a plain loop over `forward`, which sees at least half a block where there is one."""
    has_block = "block_size" in ARCHITECTURES[name].model_fields
    model = random_model(name, V, **({"block_size": block_size} if has_block else {}))
    encoded = Vocabulary("abcd").encode_text(text)
    tokens = [BOUNDARY, *encoded.ids.tolist()]
    total = 0.0
    for position, target in enumerate(tokens[1:]):
        start = 0
        if model.context_length is None and position >= block_size:
            half = block_size // 2
            start = ((position - block_size) // half + 1) * half
            assert half <= position + 1 - start <= block_size
        logits = model(torch.tensor([tokens[start : position + 1]]))[0, -1]
        if model.context_length is not None:
            logits = model(torch.tensor([tokens[: position + 1]]))[0, -1]
        total -= logits.log_softmax(-1)[target].item()
    found = evaluate(model, encoded)
    assert found.predictions == len(text)
    assert found.loss == pytest.approx(total / len(text), abs=1e-5)


@every_model
def test_a_batch_of_windows_has_the_loss_of_its_windows(name: str) -> None:
    model = random_model(name, V, LONGEST)
    encoded = Vocabulary("abcd").encode_text("abcdabcaabbccddabcd" * 5)
    starts = np.array([3, 40, 40, 11])
    windows = encoded.windows(starts, model.reader.window_size)
    table = model.reader.prepare(encoded).table(windows)
    tokens = np.array([BOUNDARY, *encoded.ids])
    losses = []
    for start in starts:
        end = start + model.reader.window_size
        first = start if model.context_length is None else start + 1 - model.context_length
        logits = model(torch.from_numpy(tokens[None, max(0, first) : end]))[0]
        targets = torch.from_numpy(tokens[start + 1 : end + 1])
        losses.append(F.cross_entropy(logits[-len(targets) :], targets, reduction="none"))
    found = cross_entropy(model.predict_table(table), table)
    torch.testing.assert_close(found, torch.cat(losses).mean(), atol=1e-5, rtol=0)


@every_model
def test_a_fresh_model_is_nearly_indifferent(name: str, names: Corpus) -> None:
    """The first loss is log V: no weight starts with an opinion (makemore, lecture 4)."""
    vocabulary = Vocabulary(names.characters)
    torch.manual_seed(0)
    defaults = ARCHITECTURES[name]().resolve(names.longest)
    model = build_model(name, defaults, len(vocabulary))
    table = model.reader.table(vocabulary.encode_lines(names.val))
    loss = cross_entropy(model.table_logits(table), table).item()
    assert loss == pytest.approx(math.log(27), abs=0.05)


@every_model
def test_what_muon_has_does_not_depend_on_the_size_of_the_vocabulary(name: str) -> None:
    sizes = {"n_embd": 64} if "n_embd" in ARCHITECTURES[name].model_fields else {}
    models = [random_model(name, vocab_size, **sizes) for vocab_size in (9, 64, 200)]
    assert len({len(model.hidden_matrices()) for model in models}) == 1
