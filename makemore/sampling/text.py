"""Drawing one long text, which goes on for as long as it is asked to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch

from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UsageError
from makemore.models.base import Model
from makemore.sampling.sampler import Sampler, draw_characters
from makemore.sampling.samples import Sample

USUAL_LENGTH = 500
"""Characters of a text that are drawn unless told, behind the prompt: a page."""


@dataclass(frozen=True)
class TextDrawer:
    """Draws from a model of one long text.

    Attributes:
        model: left in the mode, training or not, that it was in.
        vocabulary: of the model.
    """

    model: Model
    vocabulary: Vocabulary
    usual_n: ClassVar[int] = 1

    def usual_length(self, prompt: str) -> int:
        """Where a text is cut off unless told: it has no end, so a page follows the prompt."""
        return len(prompt) + USUAL_LENGTH

    def draw(
        self,
        n: int,
        generator: torch.Generator,
        *,
        prompt: str,
        sampler: Sampler,
        novel: bool = False,
        distinct: bool = False,
        corpus: object = None,
    ) -> Iterator[Sample]:
        """Draw n texts, each as `stream` does; there is nowhere to look a text up.

        Raises:
            UserError: the prompt holds a character that the model doesn't know.
            UsageError: `novel` or `distinct`, which are for lines.
        """
        if novel or distinct:
            flag = "--novel" if novel else "--distinct"
            raise UsageError(
                f"{flag} is for a corpus of lines; this run was trained on one long text."
            )
        self.vocabulary.encode(prompt)  # refused before the first is asked for
        texts = (self.stream(generator, prompt=prompt, sampler=sampler) for _ in range(n))
        return (Sample(prompt + "".join(text), finished=False) for text in texts)

    def stream(self, generator: torch.Generator, *, prompt: str, sampler: Sampler) -> Iterator[str]:
        """Begin one text, as the function of this name does."""
        return stream(self.model, self.vocabulary, generator, prompt=prompt, sampler=sampler)

    def probabilities(self, prompt: str, sampler: Sampler) -> dict[str, float]:
        """Tell what comes after a prompt, the likeliest first."""
        start = start_of_text(self.model, self.vocabulary)
        logits, _ = self.model.read_prompt(start + self.vocabulary.encode(prompt))
        found = sampler.by_character(logits[0], None, ["", *self.vocabulary.characters])
        del found[""]
        return found


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
            probabilities = sampler.probabilities(logits.cpu(), None)
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
