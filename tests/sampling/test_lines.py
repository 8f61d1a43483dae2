"""Samples against the distribution that they are drawn from."""

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.models import ARCHITECTURES
from makemore.models.base import Model, State
from makemore.sampling import lines
from makemore.sampling.lines import novel_samples, sample_lines
from makemore.sampling.sampler import Sampler, draw_characters
from makemore.sampling.samples import Sample, look_up
from makemore.sampling.text import stream
from tests.helpers import random_model
from tests.models.test_window_models import fit_bigram, pair_counts


def chi_square_p(observed: Tensor, expected: Tensor, degrees: int) -> float:
    """Probability of a chi-square statistic at least as large, were the draws from `expected`."""
    statistic = ((observed - expected) ** 2 / expected).sum()
    half = torch.tensor(degrees / 2, dtype=torch.float64)
    return float(torch.special.gammaincc(half, statistic / 2))


def whole(samples: Iterable[Sample]) -> list[tuple[str, bool]]:
    """Give all that a sample says, where two are compared: as a string it is but its text."""
    return [(one, one.finished) for one in samples]


def draw(
    model: Model, n: int, characters: str, prompt: str = "", **settings: float
) -> list[Sample]:
    generator = torch.Generator().manual_seed(5)
    sampler = Sampler(**{"max_length": 60, **settings})  # type: ignore[arg-type]
    return list(
        sample_lines(model, Vocabulary(characters), n, generator, prompt=prompt, sampler=sampler)
    )


@pytest.mark.parametrize("temperature", [1.0, 0.7, 1.5])
def test_samples_of_a_bigram_follow_its_matrix(names: Corpus, temperature: float) -> None:
    model = fit_bigram(names.train, names.val)
    matrix = (model.logits.detach().double() / temperature).softmax(-1)
    drawn = draw(model, 20_000, names.characters, temperature=temperature, max_length=1000)
    assert all(one.finished for one in drawn)
    observed = pair_counts(drawn, Vocabulary(names.characters))
    totals = observed.sum(1, keepdim=True)
    expected = totals * matrix
    common = expected >= 5  # where the chi-square approximation holds; the rest is one cell a row
    rest_observed = (observed * ~common).sum(1)
    rest_expected = (expected * ~common).sum(1)
    tail = rest_expected >= 5
    p = chi_square_p(
        torch.cat([observed[common], rest_observed[tail]]),
        torch.cat([expected[common], rest_expected[tail]]),
        degrees=int(common.sum() + tail.sum()) - 27,
    )
    assert p > 0.001


def test_the_chi_square_test_would_notice_another_matrix(names: Corpus) -> None:
    """A check that can't fail is none: a fifth more weight on one letter is seen."""
    model = fit_bigram(names.train, names.val)
    matrix = model.logits.detach().double().softmax(-1)
    drawn = draw(model, 20_000, names.characters, max_length=1000)
    observed = pair_counts(drawn, Vocabulary(names.characters))
    skewed = matrix.clone()
    skewed[:, 1] *= 1.2
    skewed /= skewed.sum(1, keepdim=True)
    expected = observed.sum(1, keepdim=True) * skewed
    common = expected >= 5
    assert chi_square_p(observed[common], expected[common], int(common.sum()) - 27) < 0.001


@pytest.mark.parametrize("name", ["mlp", "transformer"])
def test_whole_samples_have_the_probability_that_the_model_gives_them(name: str) -> None:
    """Every document of at most 2 characters over "ab", and all others as one cell."""
    model = random_model(name, 3, longest=4)
    vocabulary = Vocabulary("ab")
    drawn = Counter(str(one) for one in draw(model, 20_000, "ab", max_length=100))
    short = ["", "a", "b", "aa", "ab", "ba", "bb"]
    probabilities = []
    for text in short:
        tokens = torch.tensor([0, *vocabulary.encode(text), 0])
        log_p = model(tokens[None, :-1])[0].log_softmax(-1)
        probabilities.append(log_p.gather(1, tokens[1:, None]).sum().exp().item())
    observed = [drawn[text] for text in short]
    expected = torch.tensor([*probabilities, 1 - sum(probabilities)], dtype=torch.float64) * 20_000
    assert expected.min() > 5
    p = chi_square_p(torch.tensor([*observed, 20_000 - sum(observed)]), expected, len(short))
    assert p > 0.001


@given(
    logits=st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=8),
    temperature=st.sampled_from([0.0, 0.3, 1.0, 2.0]),
    top_k=st.none() | st.integers(1, 10),
    top_p=st.none() | st.floats(0, 1),
)
def test_filtered_probabilities_are_those_of_a_plain_loop(
    logits: list[float], temperature: float, top_k: int | None, top_p: float | None
) -> None:
    order = sorted(range(len(logits)), key=lambda i: -logits[i])
    if temperature == 0:
        order = order[:1]
    order = order[:top_k]
    top = logits[order[0]]
    weights = {i: math.exp((logits[i] - top) / (temperature or 1)) for i in order}
    total = sum(weights.values())
    kept: dict[int, float] = {}
    reached = 0.0
    for i in order:
        if top_p is None or not kept or reached < top_p:
            kept[i] = weights[i] / total
        reached += weights[i] / total
    expected = [kept.get(i, 0.0) / sum(kept.values()) for i in range(len(logits))]
    reached_at = torch.tensor([weights[i] / total for i in order]).cumsum(0)
    if top_p is not None and (reached_at - top_p).abs().min() < 1e-6:
        return  # a tie that rounding decides
    sampler = Sampler(10, temperature, top_k, top_p)
    found = sampler.probabilities(torch.tensor([logits]))[0]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_a_top_p_of_one_keeps_every_character() -> None:
    logits = torch.randn(50, 27, generator=torch.Generator().manual_seed(0))
    found = Sampler(9, top_p=1.0).probabilities(logits)
    torch.testing.assert_close(found, logits.double().softmax(-1), atol=1e-12, rtol=0)


def test_a_tiny_temperature_is_as_good_as_zero() -> None:
    logits = torch.tensor([[1.0, 3.0, 2.0]])
    for temperature in (0.0, 1e-300, 1e-9):
        found = Sampler(9, temperature).probabilities(logits)
        assert found.tolist() == [[0, 1, 0]]


def test_temperature_zero_takes_the_likeliest_character_each_time(names: Corpus) -> None:
    model = random_model("transformer", 27)
    vocabulary = Vocabulary(names.characters)
    tokens, text = [0], ""
    while len(text) < 12:
        best = int(model(torch.tensor([tokens]))[0, -1].argmax())
        if best == 0:
            break
        tokens.append(best)
        text = vocabulary.decode(tokens[1:])
    drawn = draw(model, 3, names.characters, temperature=0.0, max_length=12)
    assert set(drawn) == {text}


@pytest.mark.parametrize("name", ["bigram", "mlp", "transformer"])
def test_a_seed_repeats_a_draw_and_a_prompt_begins_it(name: str, names: Corpus) -> None:
    model = random_model(name, 27)
    first = draw(model, 50, names.characters, prompt="em")
    assert whole(first) == whole(draw(model, 50, names.characters, prompt="em"))
    assert all(one.startswith("em") for one in first)
    assert len(set(first)) > 10


def test_a_prompt_is_continued_as_the_model_would(names: Corpus) -> None:
    model = fit_bigram(names.train, names.val)
    drawn = draw(model, 5000, names.characters, prompt="q")
    after = Counter(one[1:2] for one in drawn)
    expected = model.logits[Vocabulary(names.characters).encode("q")[0]].exp().double() * 5000
    observed = torch.tensor([after[c] for c in ["", *names.characters]])
    common = expected >= 5
    assert common.all()
    assert chi_square_p(observed, expected.detach(), len(expected) - 1) > 0.001


def test_a_sample_is_cut_at_the_longest_length_and_says_so() -> None:
    model = random_model("transformer", 3, longest=4)
    drawn = draw(model, 400, "ab", max_length=3)
    assert max(len(one) for one in drawn) == 3
    assert all(len(one) == 3 for one in drawn if not one.finished)
    assert {one.finished for one in drawn} == {True, False}


def test_samples_go_on_past_the_block(names: Corpus) -> None:
    model = random_model("transformer", 3, block_size=4)
    drawn = draw(model, 400, "ab", prompt="ababab", max_length=40)
    assert len(set(drawn)) > 5
    assert max(len(one) for one in drawn) > len("ababab") + 4


def test_draws_in_several_rounds_are_as_many_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "TOKENS_AT_A_TIME", 7 * 20)
    drawn = draw(random_model("mlp", 3), 24, "ab", max_length=20)
    assert len(drawn) == 24
    assert len(set(drawn)) > 8


def test_one_prefix_is_evaluated_once_however_many_samples_stand_on_it() -> None:
    model = random_model("mlp", 3)
    sizes: list[int] = []
    step = model.step
    model.step = lambda tokens, *rest: sizes.append(len(tokens)) or step(tokens, *rest)  # type: ignore
    drawn = draw(model, 2000, "ab", max_length=8)
    prefixes = {one[:i] for one in drawn for i in range(len(one) + 1)}
    assert sum(sizes) == len(prefixes)


def test_an_unknown_character_in_the_prompt_is_a_sentence() -> None:
    with pytest.raises(UserError, match="doesn't know the character 'x'"):
        draw(random_model("mlp", 3), 1, "ab", prompt="ax")


def test_novel_samples_stand_nowhere_in_the_corpus() -> None:
    corpus = Corpus("x", train=["a", "b"], val=["aa"], test=["bb"])
    model = random_model("mlp", 3)
    drawn = list(novel_samples(lambda: draw(model, 20, "ab"), 20, corpus))
    assert len(drawn) == 20
    assert all(one.finished and corpus.find(one) is None for one in drawn)


def test_what_was_cut_off_or_only_adds_white_space_is_not_new() -> None:
    corpus = Corpus("x", train=["a"], val=[], test=["b"])
    samples = [Sample("a", True), Sample("a ", True), Sample("a", False), Sample("c", True)]
    assert [one.place for one in look_up(samples, corpus)] == ["train", "train", None, "new"]


def test_when_nothing_novel_comes_the_draw_ends_with_a_sentence() -> None:
    corpus = Corpus("x", train=["a"], val=[], test=[])
    with pytest.raises(UserError, match=r"Only 0 of 100 samples were whole and stood nowhere"):
        list(novel_samples(lambda: [Sample("a", True)], 20, corpus))


def continue_text(model: Model, prompt: str = "", n: int = 400, **settings: float) -> str:
    generator = torch.Generator().manual_seed(5)
    sampler = Sampler(**{"max_length": n, **settings})  # type: ignore[arg-type]
    return "".join(stream(model, Vocabulary("\nabc"), generator, prompt=prompt, sampler=sampler))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_text_goes_on_as_long_as_it_is_asked_to(name: str) -> None:
    model = random_model(name, 5, longest=6).train()
    text = continue_text(model, prompt="ab", n=40)
    assert len(text) == 38
    assert set(text) <= set("\nabc"), "a text has no boundary"
    assert text == continue_text(model, prompt="ab", n=40)
    assert model.training


def test_a_text_starts_after_a_line_break() -> None:
    """With the likeliest character each time, it is what `forward` says, step by step."""
    model = random_model("transformer", 5, longest=60)
    tokens = [Vocabulary("\nabc").encode("\n")[0]]
    for _ in range(20):
        logits = model(torch.tensor([tokens]))[0, -1]
        tokens.append(int(logits[1:].argmax()) + 1)
    expected = Vocabulary("\nabc").decode(tokens[1:])
    assert continue_text(model, n=20, temperature=0.0) == expected


def test_characters_of_a_text_follow_the_model() -> None:
    model = random_model("bigram", 5)
    text = "\n" + continue_text(model, n=20_000)
    pairs = Counter(pairwise(text))
    vocabulary = Vocabulary("\nabc")
    for one in "\nabc":
        logits = model.step(torch.tensor(vocabulary.encode(one)), None)[0][0, 1:]
        total = sum(pairs[one, other] for other in "\nabc")
        expected = logits.detach().double().softmax(-1) * total
        observed = torch.tensor([pairs[one, other] for other in "\nabc"])
        assert chi_square_p(observed, expected, 3) > 0.001


def test_characters_of_a_text_come_as_they_are_drawn() -> None:
    model = random_model("mlp", 5)
    steps = 0
    step = model.step

    def counted(
        tokens: Tensor, state: State | None, rows: Tensor | None = None
    ) -> tuple[Tensor, State]:
        nonlocal steps
        steps += 1
        return step(tokens, state, rows)

    model.step = counted  # type: ignore[method-assign]
    characters = stream(
        model, Vocabulary("\nabc"), torch.Generator(), sampler=Sampler(max_length=1000)
    )
    next(characters)
    assert steps == 3, "the window before the text, and no more"


@given(st.lists(st.sampled_from([0.0, 1e-300, 0.1, 1.0]), min_size=1, max_size=6), st.integers(0))
def test_what_has_no_probability_is_never_drawn(weights: list[float], seed: int) -> None:
    weights[seed % len(weights)] = 0.5
    probabilities = torch.tensor([weights], dtype=torch.float64)
    probabilities /= probabilities.sum()
    generator = torch.Generator().manual_seed(seed % 2**63)
    drawn = draw_characters(probabilities, torch.zeros(200, dtype=torch.int64), generator)
    assert (probabilities[0, drawn] > 0).all()
