"""One long text goes on as the model says."""

from collections import Counter
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from makemore.corpus.vocabulary import Vocabulary
from makemore.models import ARCHITECTURES
from makemore.models.base import Model, State
from makemore.sampling.sampler import Sampler
from makemore.sampling.text import stream
from tests.helpers import chi_square_p, random_model


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
