"""The bigram against the matrix of counted pairs."""

import pytest
import torch

from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.models.bigram import Bigram, best_smoothing
from makemore.models.settings import BigramSettings
from tests.helpers import Runner, fit_bigram, measured_losses, pair_counts


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

    k = best_smoothing(train.to_sparse(), val.to_sparse())
    assert all(loss(k) <= loss(other) for other in [k * 0.98, k * 1.02, k / 10, k * 10, 1e-4])
    assert fit_bigram(names.train, names.val).report() == {"smoothing": pytest.approx(k)}
    assert fit_bigram(names.train, []).report() == {"smoothing": 1.0}


def test_a_character_never_seen_in_training_is_followed_by_anything(names: Corpus) -> None:
    model = fit_bigram(["ab"], ["c"], smoothing=0.0)
    torch.testing.assert_close(model.logits.exp()[3], torch.full((4,), 0.25))


def test_a_matrix_too_large_is_refused_in_a_sentence() -> None:
    assert Bigram(3001, BigramSettings()).n_parameters == 3001**2
    with pytest.raises(UserError, match="up to 8,191 different ones, not 19,999"):
        Bigram(20_000, BigramSettings())


def test_the_gradient_s_optimum_is_the_counted_one(names: Corpus) -> None:
    """At the counted matrix the gradient of the objective vanishes: it is where descent ends."""
    counted = fit_bigram(names.train, names.val)
    descended = fit_bigram(names.train, names.val, fit="gradient")
    table = descended.reader.table(Vocabulary(names.characters).encode_lines(names.train))
    (at_first,) = torch.autograd.grad(descended.loss(table), descended.logits)
    assert at_first.abs().max() > 1e-3
    with torch.no_grad():
        descended.logits.copy_(counted.logits)
    (at_last,) = torch.autograd.grad(descended.loss(table), descended.logits)
    assert at_last.abs().max() < 1e-6


def test_a_bigram_descends_to_the_losses_that_counting_gives(run_makemore: Runner) -> None:
    assert run_makemore("train", "--model", "bigram", "--out", "counted").exit_code == 0
    flags = ["--model", "bigram", "--fit", "gradient", "--out", "descended"]
    assert run_makemore("train", *flags).exit_code == 0
    counted = measured_losses(run_makemore, "counted")
    assert measured_losses(run_makemore, "descended/last.safetensors") == pytest.approx(
        counted, abs=1e-5
    )
    assert measured_losses(run_makemore, "descended") == pytest.approx(counted, abs=1e-4)
