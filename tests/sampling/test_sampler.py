"""How the next character is drawn: temperature, top-k and top-p against a plain loop."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from makemore.sampling.sampler import Sampler, draw_characters


@given(
    logits=st.lists(st.integers(-512, 512).map(lambda i: i / 64), min_size=1, max_size=8),
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
    found = sampler.probabilities(torch.tensor([logits]), 1)[0]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("options", [{}, {"temperature": 0.0}, {"top_k": 2}, {"top_p": 0.4}])
def test_the_end_has_no_probability_before_the_least_length(options: dict[str, Any]) -> None:
    """It is as if the model had never heard of it, whatever else is asked for."""
    logits = torch.tensor([[9.0, 1.0, 3.0, 2.0], [-1.0, 0.0, 0.5, 4.0]])
    sampler = Sampler(9, min_length=3, **options)
    others = sampler.probabilities(logits[:, 1:], 3)
    for length in (0, 2, None):  # None: of a text
        found = sampler.probabilities(logits, length)
        assert found[:, 0].tolist() == [0, 0]
        torch.testing.assert_close(found[:, 1:], others)
    assert sampler.probabilities(logits, 3)[0, 0] > 0.5
    assert logits[0, 0] == 9, "the model's own are left as they are"


def test_a_top_p_of_one_keeps_every_character() -> None:
    logits = torch.randn(50, 27, generator=torch.Generator().manual_seed(0))
    found = Sampler(9, top_p=1.0).probabilities(logits, 1)
    torch.testing.assert_close(found, logits.double().softmax(-1), atol=1e-12, rtol=0)


def test_a_tiny_temperature_is_as_good_as_zero() -> None:
    logits = torch.tensor([[1.0, 3.0, 2.0]])
    for temperature in (0.0, 1e-300, 1e-9):
        found = Sampler(9, temperature).probabilities(logits, 1)
        assert found.tolist() == [[0, 1, 0]]


@given(st.lists(st.sampled_from([0.0, 1e-300, 0.1, 1.0]), min_size=1, max_size=6), st.integers(0))
def test_what_has_no_probability_is_never_drawn(weights: list[float], seed: int) -> None:
    weights[seed % len(weights)] = 0.5
    probabilities = torch.tensor([weights], dtype=torch.float64)
    probabilities /= probabilities.sum()
    generator = torch.Generator().manual_seed(seed % 2**63)
    drawn = draw_characters(probabilities, torch.zeros(200, dtype=torch.int64), generator)
    assert (probabilities[0, drawn] > 0).all()
