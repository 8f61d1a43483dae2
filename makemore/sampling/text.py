"""Drawing one long text, which goes on for as long as it is asked to."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from makemore.corpus.documents import BOUNDARY
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.base import Model
from makemore.sampling.sampler import Sampler, draw_characters


def stream(
    model: Model,
    vocabulary: Vocabulary,
    generator: torch.Generator,
    *,
    prompt: str = "",
    sampler: Sampler,
) -> Iterator[str]:
    """Go on with one long text, character by character as they are drawn, without an end.

    The arguments are those of `sample_lines`; the prompt itself is not repeated.

    Raises:
        UserError: the prompt holds a character that the model doesn't know.
    """
    start = start_of_text(model, vocabulary) + vocabulary.encode(prompt)
    drawn = _stream(model, start, sampler.max_length - len(prompt), generator, sampler)
    return (vocabulary.decode([token]) for token in drawn)


@torch.inference_mode()
def _stream(
    model: Model, start: list[int], n: int, generator: torch.Generator, sampler: Sampler
) -> Iterator[int]:
    """Draw n tokens after `start`, one by one, none of them the boundary."""
    with model.evaluating():
        logits, state = model.read_prompt(start)
        for _ in range(n):
            probabilities = sampler.probabilities(without_boundary(logits.cpu()))
            drawn = draw_characters(probabilities, torch.zeros(1, dtype=torch.int64), generator)
            yield int(drawn)
            logits, state = model.step(drawn.to(model.device), state)


def start_of_text(model: Model, vocabulary: Vocabulary) -> list[int]:
    """Give the tokens that a new text goes on from.

    It starts as after a line break, or, where the corpus has none, as at the corpus's beginning.
    """
    if "\n" not in vocabulary.characters:
        return [BOUNDARY]
    return vocabulary.encode("\n") * (model.context_length or 1)


def without_boundary(logits: Tensor) -> Tensor:
    """Copy logits (..., V), and leave the end no probability: a text has none."""
    logits = logits.clone()
    logits[..., BOUNDARY] = -math.inf
    return logits
