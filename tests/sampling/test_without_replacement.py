"""Samples without replacement against all documents, listed with their probabilities."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.models import ARCHITECTURES
from makemore.models.base import Model, State
from makemore.sampling.lines import novel_samples
from makemore.sampling.sampler import Sampler
from makemore.sampling.samples import Sample
from makemore.sampling.without_replacement import perturb, sample_without_replacement
from tests.helpers import chi_square_p, random_model, with_ends

AB = Vocabulary("ab")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """In thousands of tiny draws, threads would mostly wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def draws(
    model: Model, n: int, generator: torch.Generator, prompt: str = "", **options: Any
) -> Iterator[Sample]:
    """Draw without an end, n at first."""
    sampler = Sampler(**{"max_length": 3, **options})
    return sample_without_replacement(model, AB, n, generator, prompt=prompt, sampler=sampler)


def draw(model: Model, n: int, seed: int = 5, prompt: str = "", **options: Any) -> list[Sample]:
    generator = torch.Generator().manual_seed(seed)
    return list(islice(draws(model, n, generator, prompt, **options), n))


def all_documents(model: Model, prompt: str = "", **options: Any) -> dict[str, float]:
    """List every document with its probability, from `forward` alone."""
    sampler = Sampler(**{"max_length": 3, **options})
    found: dict[str, float] = {}

    def go_on(text: str, probability: float) -> None:
        if len(text) == sampler.max_length:
            found[text] = probability
            return
        logits = model(torch.tensor([[BOUNDARY, *AB.encode(text)]]))[0, -1]
        ended, *others = sampler.probabilities(logits, len(text)).tolist()
        if ended:
            found[text] = probability * ended
        for character, p in zip("ab", others, strict=True):
            if p:
                go_on(text + character, probability * p)

    go_on(prompt, 1.0)
    assert math.isclose(sum(found.values()), 1)
    return found


def at_each_rank(documents: dict[str, float], ranks: int) -> list[dict[str, float]]:
    """Probability of each document to come first, second, …, in a draw one by one."""

    @cache
    def of_those_drawn(drawn: frozenset[str]) -> float:
        """Probability that the first ones are these, in whatever order."""
        if not drawn:
            return 1.0
        return sum(of_those_drawn(drawn - {last}) * after(last, drawn - {last}) for last in drawn)

    def after(one: str, drawn: frozenset[str]) -> float:
        return documents[one] / (1 - sum(documents[other] for other in drawn))

    sets: set[frozenset[str]] = {frozenset()}
    found = []
    for _ in range(ranks):
        following = dict.fromkeys(documents, 0.0)
        for drawn in sets:
            for one in documents.keys() - drawn:
                following[one] += of_those_drawn(drawn) * after(one, drawn)
        found.append(following)
        sets = {drawn | {one} for drawn in sets for one in documents.keys() - drawn}
    return found


def agrees(observed: Iterable[Any], expected: dict[Any, float]) -> bool:
    """Tell whether draws follow the probabilities, by a chi-square test."""
    counted = Counter(observed)
    assert counted.keys() <= expected.keys(), "something else was drawn"
    counts = torch.tensor([counted[one] for one in expected], dtype=torch.float64)
    means = torch.tensor(list(expected.values()), dtype=torch.float64) * counts.sum()
    rare = means < 5  # where the approximation fails: together they are one cell
    if rare.any():
        counts = torch.cat([counts[~rare], counts[rare].sum()[None]])
        means = torch.cat([means[~rare], means[rare].sum()[None]])
    return chi_square_p(counts, means, len(means) - 1) > 0.001


@pytest.mark.parametrize(
    ("name", "rounds", "n", "options"),
    [
        ("bigram", 1500, 4, {}),
        ("bigram", 700, 14, {}),  # all that there are
        ("bigram", 500, 1, {}),  # the second comes from a second draw, the last from a third
        ("bigram", 700, 4, {"temperature": 0.5}),
        ("bigram", 700, 4, {"top_k": 2, "max_length": 4}),
        ("mlp", 400, 4, {}),
        ("mlp", 400, 4, {"min_length": 2}),
        ("transformer", 300, 4, {"prompt": "a"}),
    ],
    ids=str,
)
def test_each_is_drawn_by_the_model_from_what_those_before_have_left(
    name: str, rounds: int, n: int, options: dict[str, Any]
) -> None:
    model = random_model(name, 3, longest=4)
    documents = all_documents(model, **options)
    generator = torch.Generator().manual_seed(0)
    drawn = [
        [str(one) for one in islice(draws(model, n, generator, **options), 4)]
        for _ in range(rounds)
    ]
    ranks, expected = list(zip(*drawn, strict=True)), at_each_rank(documents, 4)
    assert expected[0] == pytest.approx(documents)
    for observed, probabilities in zip(ranks, expected, strict=True):
        assert agrees(observed, probabilities)
    pairs = {
        (one, other): p * documents[other] / (1 - p)
        for one, p in documents.items()
        for other in documents.keys() - {one}
    }
    assert agrees(zip(*ranks[:2], strict=True), pairs)


def test_the_chi_square_test_would_notice_another_rank() -> None:
    """A check that can't fail is none."""
    model = random_model("mlp", 3, longest=4)
    expected = at_each_rank(all_documents(model), 4)
    generator = torch.Generator().manual_seed(0)
    drawn = [next(draws(model, 1, generator)) for _ in range(400)]
    assert [agrees(drawn, probabilities) for probabilities in expected][::3] == [True, False]


@given(
    name=st.sampled_from(["bigram", "mlp", "gru"]),
    n=st.integers(1, 200),
    seed=st.integers(0, 2**63 - 1),
    temperature=st.sampled_from([0.1, 1.0, 2.0]),
    max_length=st.integers(1, 12),
)
@settings(max_examples=40)
def test_no_two_are_alike(
    name: str, n: int, seed: int, temperature: float, max_length: int
) -> None:
    model = random_model(name, 3)
    n = min(n, 2 ** (max_length + 1) - 2)  # what there is over two characters
    drawn = draw(model, n, seed, temperature=temperature, max_length=max_length)
    assert len(set(drawn)) == len(drawn) == n
    assert all(one.finished == (len(one) < max_length) for one in drawn)


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(
    ("prompt", "options"),
    [
        ("", {}),
        ("ab", {"max_length": 5}),
        ("", {"top_k": 2}),
        ("b", {"top_p": 0.7}),
        ("a", {"min_length": 3, "max_length": 5}),
    ],
    ids=str,
)
def test_as_many_as_there_are_is_each_of_them_once(
    name: str, prompt: str, options: dict[str, Any]
) -> None:
    model = random_model(name, 3, longest=4)
    documents = all_documents(model, prompt, **options)
    drawn = draw(model, len(documents), prompt=prompt, **options)
    assert sorted(one for one in drawn) == sorted(documents)
    with pytest.raises(UserError, match=f"only {len(documents)} can be drawn without a repeat"):
        draw(model, len(documents) + 1, prompt=prompt, **options)


def test_those_found_come_before_the_sentence_that_there_are_no_more() -> None:
    unlike = draws(random_model("mlp", 3), 20, torch.Generator())
    assert len(set(islice(unlike, 14))) == 14
    with pytest.raises(UserError, match="only 14 can be drawn"):
        next(unlike)


def test_at_temperature_zero_there_is_one_document() -> None:
    model = random_model("mlp", 3)
    found, again = (draw(model, 1, seed=seed, temperature=0.0) for seed in (5, 6))
    assert with_ends(found) == with_ends(again)
    with pytest.raises(UserError, match="only 1 can be drawn"):
        draw(model, 2, temperature=0.0)


def test_a_prefix_is_evaluated_once_and_only_where_it_is_in_the_beam() -> None:
    model = random_model("mlp", 3)
    sizes: list[int] = []
    step = model.step

    def counted(
        tokens: Tensor, state: State | None, rows: Tensor | None = None
    ) -> tuple[Tensor, State]:
        sizes.append(len(tokens))
        return step(tokens, state, rows)

    model.step = counted  # type: ignore[method-assign]
    draw(model, 14)
    assert sizes == [1, 2, 4], "all prefixes that can still go on"
    sizes.clear()
    drawn = draw(model, 5, max_length=8)
    assert len(sizes) <= 8
    assert max(sizes) <= 5
    prefixes = {one[:i] for one in drawn for i in range(min(len(one) + 1, 8))}
    assert sum(sizes) >= len(prefixes)


def test_documents_less_likely_than_a_double_can_be_are_drawn_like_others() -> None:
    """There are 2 ** 1200, all of 1,200 characters and the same probability."""
    model = random_model("bigram", 3)
    with torch.no_grad():
        logits = model.get_parameter("logits").zero_()
        logits[:, BOUNDARY] = -1e6
    drawn = list(draw(model, 200, max_length=1200))
    assert len(set(drawn)) == 200
    for place in (0, 1, 600, 1199):
        assert agrees((text[place] for text in drawn), {"a": 0.5, "b": 0.5})


def test_a_row_is_perturbed_as_the_formula_says_and_its_highest_is_as_given() -> None:
    log_p = torch.randn(200, 9, dtype=torch.float64).log_softmax(1)
    log_p[:, 4] = -math.inf
    highest = torch.randn(200, dtype=torch.float64)
    found = perturb(log_p, highest, torch.Generator().manual_seed(3))
    uniform = torch.rand(200, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    gumbels = log_p - torch.log(-torch.log(uniform))
    top = gumbels.amax(1, keepdim=True)
    expected = -torch.log((-highest[:, None]).exp() - (-top).exp() + (-gumbels).exp())
    torch.testing.assert_close(found, expected)
    assert torch.equal(found.amax(1), highest)
    far = perturb(log_p - 1e5, highest - 1e5, torch.Generator().manual_seed(3)) + 1e5
    torch.testing.assert_close(far, expected, atol=1e-8, rtol=0)


def test_a_seed_repeats_a_draw_and_leaves_the_model_as_it_was() -> None:
    model = random_model("transformer", 3, dropout=0.5).train()
    first = draw(model, 12, prompt="a", max_length=7)
    assert model.training
    assert with_ends(first) == with_ends(draw(model, 12, prompt="a", max_length=7))
    assert first != draw(model, 12, seed=6, prompt="a", max_length=7)
    assert all(one.startswith("a") for one in first)


def test_documents_go_on_past_the_block() -> None:
    model = random_model("transformer", 3, block_size=4)
    drawn = draw(model, 100, prompt="ababab", max_length=20)
    assert max(len(one) for one in drawn) > len("ababab") + 4


def test_an_unknown_character_in_the_prompt_is_a_sentence() -> None:
    with pytest.raises(UserError, match="doesn't know the character 'x'"):
        draw(random_model("mlp", 3), 1, prompt="ax")


def test_distinct_new_samples_are_drawn_as_if_there_were_no_others() -> None:
    """The first two new ones, against the probabilities of the new documents alone."""
    corpus = Corpus("x", train=["a"], val=[], test=["bb"])
    model = random_model("mlp", 3, longest=4)
    new = {
        text: p
        for text, p in all_documents(model).items()
        if len(text) < 3 and corpus.find(text) is None
    }
    total = sum(new.values())
    expected = at_each_rank({text: p / total for text, p in new.items()}, 2)
    generator = torch.Generator().manual_seed(0)

    def first_new() -> list[str]:
        unlike = draws(model, 2, generator)
        return list(novel_samples(lambda: islice(unlike, 2), 2, corpus))

    drawn = [first_new() for _ in range(300)]
    for observed, probabilities in zip(zip(*drawn, strict=True), expected, strict=True):
        assert agrees(observed, probabilities)
