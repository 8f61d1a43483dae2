"""Samples of several models by the same random numbers."""

import copy

import pytest
import torch

from makemore.corpus.splits import Corpus
from makemore.maker import Maker
from makemore.sampling.coupled import draw_coupled
from makemore.sampling.how import make_generator
from makemore.sampling.samples import Sample
from makemore.training.learner import Learner
from tests.helpers import small_config
from tests.training.test_loop import TEXT


def trained(corpus: Corpus, model: str = "mlp", steps: int = 10, **settings: object) -> Maker:
    config = small_config(model, **settings)
    with Learner(config, corpus, torch.device("cpu")) as learner:
        learner.begin()
        for _ in range(steps):
            learner.step()
    return learner.maker


def draw(maker: Maker, n: int, length: int = 15, seed: int = 0) -> list[Sample]:
    return draw_coupled(
        maker.model,
        maker.vocabulary,
        n,
        length,
        make_generator(seed),
        is_text=maker.is_text,
    )


@pytest.mark.parametrize("model", ["mlp", "gru", "transformer"])
def test_each_character_is_drawn_with_its_probability(model: str, corpus: Corpus) -> None:
    maker, n = trained(corpus, model), 20_000
    samples = draw(maker, n, 2)
    firsts, pairs = maker.probabilities(), maker.probabilities("a")
    after_a = [one[1:2] for one in samples if one[0] == "a"]
    for p, share, among in [
        *((p, sum(one[:1] == c for one in samples) / n, n) for c, p in firsts.items()),
        *((p, after_a.count(c) / len(after_a), len(after_a)) for c, p in pairs.items()),
    ]:
        assert abs(share - p) <= 5 * (p * (1 - p) / among) ** 0.5 + 1e-12


def test_samples_end_where_the_model_ends_them_or_are_cut_off(corpus: Corpus) -> None:
    samples = draw(trained(corpus), 200, 6)
    assert {one.finished for one in samples} == {True, False}
    assert all(0 < len(one) <= 6 and (one.finished or len(one) == 6) for one in samples)


def test_the_same_weights_and_numbers_draw_the_same(corpus: Corpus) -> None:
    maker = trained(corpus)
    other = copy.deepcopy(maker)
    assert draw(maker, 20) == draw(other, 20)
    assert draw(maker, 20) != draw(maker, 20, seed=1)


def test_two_models_draw_the_same_letter_as_often_as_the_bound_says(corpus: Corpus) -> None:
    """With a total variation of t at least (1 - t) / (1 + t); never more than 1 - t."""
    one, other, n = trained(corpus, steps=4), trained(corpus, steps=12), 20_000
    p, q = one.probabilities(), other.probabilities()
    t = sum(abs(p[c] - q[c]) for c in p) / 2
    same = sum(a == b for a, b in zip(draw(one, n, 1), draw(other, n, 1), strict=True)) / n
    # of a race with common times, exactly
    exact = sum(1 / sum(max(p[d] / p[c], q[d] / q[c]) for d in p) for c in p if p[c] and q[c])
    assert (1 - t) / (1 + t) <= exact <= 1 - t
    assert abs(same - exact) < 5 * (exact * (1 - exact) / n) ** 0.5
    assert 0.05 < t < 0.9


def test_a_text_goes_on_to_the_end(names: Corpus) -> None:
    maker = trained(TEXT, format="text")
    (one,) = draw(maker, 1, 60)
    assert (len(one), one.finished) == (60, False)
