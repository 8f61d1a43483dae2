"""What a step shows: figures against autograd's and by hand, and that watching changes nothing."""

import math
from functools import partial
from pathlib import Path

import pytest
import torch

from makemore.config import Config, read_config
from makemore.corpus.splits import Corpus
from makemore.models import ARCHITECTURES
from makemore.models.mlp import MLP
from makemore.runs.run import create_run
from makemore.training.learner import Learner
from makemore.training.observation import (
    observe_step,
    results,
    shares,
    watch_some,
)
from tests.helpers import (
    SMALL,
    assert_same_weights,
    metrics_of,
    run_training,
    small_config,
    write_file,
)

CARELESS = """
import torch
from torch import nn

class Careless(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 8)
        self.output = nn.Linear(8, vocab_size)
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, tokens):
        self.calls += 1
        torch.rand(1)
        return self.output(self.embedding(tokens).relu())
"""
"""A model that draws random numbers and changes a buffer in evaluation mode, too."""


def learner_of(model: str, corpus: Corpus, **settings: object) -> Learner:
    config = read_config(None, {"model": model, "batch_size": 32, "max_steps": 9, **settings})
    return Learner(config, corpus, torch.device("cpu"))


@pytest.mark.parametrize("model", [*(m for m in ARCHITECTURES if m != "ngram"), "careless"])
def test_a_step_changes_the_same_whether_it_is_watched_or_not(
    model: str, corpus: Corpus, tmp_path: Path
) -> None:
    settings = SMALL.get(model, {})
    if model == "careless":
        model = f"{write_file(tmp_path / 'careless.py', CARELESS)}:Careless"
    ends = []
    for take in (Learner.step, observe_step, partial(observe_step, full=True)):
        with learner_of(model, corpus, **settings) as learner:
            learner.begin()
            for _ in range(4):
                take(learner)
                if take is not Learner.step:
                    watch_some(learner)
            # weights, buffers, what the optimizer remembers, random numbers
            ends.append({**learner.model.state_dict(), **learner.state()})
    for end in ends[1:]:
        assert end.keys() == ends[0].keys()
        assert all(torch.equal(end[name], tensor) for name, tensor in ends[0].items())


def test_a_run_ends_in_the_same_weights_whatever_is_watched(corpus: Corpus, tmp_path: Path) -> None:
    def config(diagnostics: str) -> Config:
        return small_config("transformer", diagnostics=diagnostics, max_steps=16)

    runs = {name: create_run(tmp_path / name, "gpt") for name in ("off", "light", "full", "turns")}
    for name in ("off", "light", "full"):
        run_training(config(name), corpus, runs[name])
    for name, stop in (("full", 7), ("off", 11), ("light", None)):  # changed as it is resumed
        run_training(config(name), corpus, runs["turns"], stop)
    for name in ("light", "full", "turns"):
        assert_same_weights(runs["off"], runs[name])
    without, seen = metrics_of(runs["off"]), metrics_of(runs["light"])
    assert metrics_of(runs["full"]) == seen
    for line, more in zip(without, seen, strict=True):
        assert line.items() <= more.items()
        assert ("gradient_norm" in more) == ("loss/train" in line)
        assert ("dead/blocks.1.c_fc.silu" in more) == ("loss/val" in line)


def test_the_size_of_an_update_is_the_lecture_s(corpus: Corpus) -> None:
    """log10(std(learning rate * gradient) / std(weights)), for plain gradient descent."""
    learner = learner_of("mlp", corpus, optimizer="sgd", learning_rate=0.1, warmup_steps=0)
    table = learner.next_tables()[0]
    loss = learner.model.loss(table)
    loss.backward()
    gradients = {name: p.grad for name, p in learner.model.named_parameters()}
    seen = observe_step(learner, full=True)
    total = torch.nn.utils.get_total_norm([g for g in gradients.values() if g is not None])
    assert seen.numbers["gradient_norm"] == pytest.approx(total.item(), rel=1e-5)
    matrices = {"embedding.weight", "hidden.weight", "output.weight"}
    for name, parameter in learner.model.named_parameters():
        if name not in matrices:
            assert f"update_ratio/{name}" not in seen.numbers
            continue
        gradient = gradients[name]
        assert gradient is not None
        ratio = seen.step.learning_rate * gradient.std() / parameter.std()
        assert seen.numbers[f"update_ratio/{name}"] == pytest.approx(
            math.log10(ratio.item()), abs=1e-3
        )
        found = seen.histograms[f"gradients/{name}"]
        torch.testing.assert_close(found, gradient.flatten())
        assert torch.equal(seen.histograms[f"weights/{name}"], parameter.flatten())


def test_the_gradient_is_shown_as_it_was_before_it_is_limited(corpus: Corpus) -> None:
    free = observe_step(learner_of("mlp", corpus, grad_clip=0.0), full=True)
    limited = observe_step(learner_of("mlp", corpus, grad_clip=1e-3), full=True)
    assert limited.numbers["gradient_norm"] == free.numbers["gradient_norm"] > 1e-3
    one, other = (seen.histograms["gradients/hidden.weight"] for seen in (free, limited))
    assert torch.equal(one, other)


def test_saturation_is_the_share_of_tanh_beyond_the_threshold(corpus: Corpus) -> None:
    learner = learner_of("mlp", corpus)
    model = learner.model
    assert isinstance(model, MLP)
    with torch.no_grad():
        model.hidden.weight.mul_(8)
    layers = watch_some(learner)
    contexts = learner.watched.contexts  # type: ignore[attr-defined]
    with torch.no_grad():
        expected = torch.tanh(model.hidden(model.embedding(contexts).flatten(1)))
    share = (expected.abs() > 0.97).double().mean().item()
    assert 0.1 < share < 0.9
    assert shares(layers) == {"saturated/norm.tanh": pytest.approx(share, abs=1e-3)}
    (made,) = results(layers).values()
    torch.testing.assert_close(made, expected, atol=1e-5, rtol=1e-5)


def test_a_relu_that_nothing_moves_is_dead(corpus: Corpus, tmp_path: Path) -> None:
    model = f"{write_file(tmp_path / 'careless.py', CARELESS)}:Careless"
    learner = learner_of(model, corpus)
    with torch.no_grad():
        learner.model.get_parameter("module.embedding.weight")[:, 3] = -5.0
    assert list(shares(watch_some(learner)).values()) == [1 / 8]


def test_the_same_documents_are_watched_each_time(corpus: Corpus) -> None:
    learner = learner_of("rnn", corpus)
    one, other = (watch_some(learner)[0].after for _ in range(2))
    assert torch.equal(one, other)
    assert 200 < learner.watched.predictions < 320


def test_a_model_without_nonlinearities_shows_its_updates_alone(corpus: Corpus) -> None:
    learner = learner_of("bigram", corpus, fit="gradient")
    learner.begin()
    assert watch_some(learner) == []
    seen = observe_step(learner)
    assert seen.histograms == {}
    assert set(seen.numbers) == {"gradient_norm", "update_ratio/logits"}
