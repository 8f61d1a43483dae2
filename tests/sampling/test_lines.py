"""Samples against the distribution that they are drawn from."""

from collections import Counter
from itertools import product
from typing import Any

import pytest
import torch

from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.models.base import Model
from makemore.sampling import lines
from makemore.sampling.lines import novel_samples, sample_lines
from makemore.sampling.sampler import Sampler
from makemore.sampling.samples import Sample
from tests.helpers import chi_square_p, fit_bigram, pair_counts, random_model, with_ends


def draw(model: Model, n: int, characters: str, prompt: str = "", **settings: Any) -> list[Sample]:
    generator = torch.Generator().manual_seed(5)
    sampler = Sampler(**{"max_length": 60, **settings})
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
    matrix[0] = matrix[0].index_fill(0, torch.tensor(0), 0) / matrix[0, 1:].sum()  # none is empty
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


def probability(model: Model, prompt: str, text: str, min_length: int, temperature: float) -> float:
    """Multiply the probabilities of what follows a prompt, and of the end, by `forward` alone."""
    tokens = torch.tensor([0, *Vocabulary("ab").encode(text), 0])
    p = (model(tokens[None, :-1])[0].detach().double() / temperature).softmax(-1)  # (T, V)
    found = 1.0
    for place in range(len(prompt), len(tokens) - 1):
        share = 1 - p[place, 0] if place < min_length else 1.0  # of what may come there
        found *= float(p[place, tokens[place + 1]] / share)
    return found


@pytest.mark.parametrize("name", ["mlp", "transformer"])
@pytest.mark.parametrize(
    ("min_length", "temperature", "prompt"),
    [(1, 1.0, ""), (1, 2.0, ""), (2, 1.0, ""), (3, 1.0, "a")],
    ids=str,
)
def test_whole_samples_have_the_probability_that_the_model_gives_them(
    name: str, min_length: int, temperature: float, prompt: str
) -> None:
    """Every document of at most 3 characters over "ab", and all others as one cell.

    One that is shorter than the least length has none; the empty one has none in any draw.
    """
    model = random_model(name, 3, longest=4)
    how = {"max_length": 100, "min_length": min_length, "temperature": temperature}
    drawn = Counter(str(one) for one in draw(model, 20_000, "ab", prompt, **how))
    short = ["".join(text) for length in range(4) for text in product("ab", repeat=length)]
    assert all(len(text) >= min_length for text in drawn)
    short = [text for text in short if text.startswith(prompt) and len(text) >= min_length]
    probabilities = [probability(model, prompt, text, min_length, temperature) for text in short]
    observed = [drawn[text] for text in short]
    expected = torch.tensor([*probabilities, 1 - sum(probabilities)], dtype=torch.float64) * 20_000
    assert expected.min() > 5
    p = chi_square_p(torch.tensor([*observed, 20_000 - sum(observed)]), expected, len(short))
    assert p > 0.001


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
    assert with_ends(first) == with_ends(draw(model, 50, names.characters, prompt="em"))
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


def test_where_nothing_but_the_end_may_come_a_least_length_is_a_sentence() -> None:
    model = fit_bigram(["ab"], [], smoothing=0.0)
    assert draw(model, 5, "ab") == ["ab"] * 5
    with pytest.raises(UserError, match=r"After 2 characters .* try a smaller --min-length"):
        draw(model, 5, "ab", min_length=3)


def test_draws_in_several_rounds_are_as_many_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "TOKENS_AT_A_TIME", 7 * 20)
    drawn = draw(random_model("mlp", 3), 24, "ab", max_length=20)
    assert len(drawn) == 24
    assert len(set(drawn)) > 8


def test_a_longest_length_that_is_never_reached_costs_no_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after one endless line among the names: a sample alone, then 8, then all that are left."""
    rounds: list[list[int]] = []
    model = random_model("mlp", 3)
    read_prompt = model.read_prompt

    def watched(start: list[int]) -> Any:
        rounds.append(start)
        return read_prompt(start)

    monkeypatch.setattr(model, "read_prompt", watched)
    drawn = draw(model, 1000, "ab", max_length=800_000)
    assert len(drawn) == 1000
    assert len(rounds) < 8


def test_samples_of_any_round_follow_the_same_distribution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rounds of growing sizes, against the exact probabilities of the short documents."""
    monkeypatch.setattr(lines, "TOKENS_AT_A_TIME", 400)
    model = random_model("mlp", 3)
    drawn = draw(model, 6000, "ab", max_length=300)
    counts = Counter(map(str, drawn[1000:]))
    for text in ("a", "b", "aa", "ab", "ba", "bb"):
        tokens = torch.tensor([[0, *["ab".index(c) + 1 for c in text]]])
        logits = model(tokens)[0].double()
        logits[0, 0] = -torch.inf  # none is empty
        log_p = logits.log_softmax(-1)
        p = log_p.gather(1, torch.tensor([*tokens[0, 1:].tolist(), 0])[:, None]).sum().exp().item()
        assert abs(counts[text] - 5000 * p) < 5 * (5000 * p * (1 - p)) ** 0.5


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


def test_when_nothing_novel_comes_the_draw_ends_with_a_sentence() -> None:
    corpus = Corpus("x", train=["a"], val=[], test=[])
    with pytest.raises(UserError, match=r"Only 0 of 100 samples were whole and stood nowhere"):
        list(novel_samples(lambda: [Sample("a", True)], 20, corpus))
