"""Drawing new documents from a model.

Samples that begin alike share the work: each sample draws its own next character, but the model
is asked once for each distinct prefix, however many samples stand on it.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from makemore.corpus.documents import BOUNDARY
from makemore.corpus.splits import Corpus, Split
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.models.base import Model, State

TOKENS_AT_A_TIME = 2**20
"""Tokens of the samples that are drawn together, were each as long as it may be."""
NOVEL_ROUNDS = 100
PREVIEW_SAMPLES = 10
PREVIEW_LENGTH = 200
TEXT_LENGTH = 500


def default_max_length(longest: int, text: bool = False, prompt: str = "") -> int:
    """Where samples are cut off unless told: well past a corpus's longest document.

    A text has no end: a page of it follows the prompt.
    """
    return len(prompt) + TEXT_LENGTH if text else 4 * longest


@dataclass(frozen=True)
class Sample:
    """One drawn document.

    Attributes:
        text: the prompt and what the model wrote after it.
        finished: whether the model ended it; False where the longest length cut it off.
    """

    text: str
    finished: bool

    def place(self, corpus: Corpus) -> Split | Literal["new"] | None:
        """Tell in which split it stands, or that it is new; None for what was cut off."""
        if not self.finished:
            return None
        return corpus.find(self.text.strip()) or "new"


@dataclass(frozen=True)
class Sampler:
    """How characters are drawn.

    Attributes:
        max_length: cut a document off after so many characters, the prompt among them.
        temperature: divides the logits; below 1 plays safe, above 1 dares; 0 takes the likeliest.
        top_k: draw among the k likeliest characters alone.
        top_p: draw among the fewest likeliest characters whose probabilities reach p (nucleus
            sampling, Holtzman et al. 2020), after temperature and top_k.
    """

    max_length: int
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def probabilities(self, logits: Tensor) -> Tensor:
        """Turn logits (..., V) into the probabilities that characters are drawn with."""
        logits = logits.double() - logits.amax(-1, keepdim=True)
        if self.temperature > 0 and self.top_k is None and self.top_p is None:
            return (logits / self.temperature).softmax(-1)
        order = logits.sort(dim=-1, descending=True, stable=True)
        keep = 1 if self.temperature == 0 else self.top_k
        probabilities = (order.values / (self.temperature or 1)).softmax(-1)
        if keep is not None:
            probabilities[..., keep:] = 0
            probabilities /= probabilities.sum(-1, keepdim=True)
        if self.top_p is not None:
            before = probabilities.cumsum(-1) - probabilities  # of those likelier still
            beyond = before >= self.top_p
            beyond[..., 0] = False
            probabilities[beyond] = 0
            probabilities /= probabilities.sum(-1, keepdim=True)
        return torch.zeros_like(probabilities).scatter(-1, order.indices, probabilities)


def draw(probabilities: Tensor, rows: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a character for each sample: int64 (n,), by inverting the distribution function.

    Args:
        probabilities: double (prefixes, V), each row's sum about 1.
        rows: of each sample, its prefix, int64 (n,).
        generator: gives one number for each sample.
    """
    cumulative = probabilities.cumsum(-1)
    totals = cumulative[:, -1]
    below = torch.nextafter(totals, torch.zeros_like(totals))
    uniform = torch.rand(len(rows), dtype=torch.float64, generator=generator)
    level = torch.minimum(uniform * totals[rows], below[rows])  # [0, total)
    return (cumulative[rows] <= level.unsqueeze(-1)).sum(-1)


def sample(
    model: Model,
    vocabulary: Vocabulary,
    n: int,
    generator: torch.Generator,
    *,
    prompt: str = "",
    sampler: Sampler,
) -> Iterator[Sample]:
    """Draw n documents, independent of each other.

    Args:
        model: left in the mode, training or not, that it was in.
        vocabulary: of the model.
        n: how many.
        generator: on the CPU, whatever the model's device.
        prompt: each document starts with these characters.
        sampler: how characters are drawn.

    Raises:
        UserError: the prompt holds a character that the model doesn't know.
    """
    start = [BOUNDARY, *vocabulary.encode(prompt)]
    at_a_time = max(1, TOKENS_AT_A_TIME // sampler.max_length)
    for done in range(0, n, at_a_time):
        was_training = model.training
        model.eval()
        drawn = _draw(model, start, min(at_a_time, n - done), generator, sampler).numpy()
        model.train(was_training)
        finished = (drawn == BOUNDARY).any(axis=1).tolist()
        for text, ended in zip(vocabulary.decode_rows(drawn), finished, strict=True):
            yield Sample(prompt + text, ended)


def stream(
    model: Model,
    vocabulary: Vocabulary,
    generator: torch.Generator,
    *,
    prompt: str = "",
    sampler: Sampler,
) -> Iterator[str]:
    """Go on with one long text, character by character as they are drawn, without an end.

    It starts as after a line break, or, where the corpus has none, as at the corpus's beginning.
    The arguments are those of `sample`; the prompt itself is not repeated.

    Raises:
        UserError: the prompt holds a character that the model doesn't know.
    """
    start = [BOUNDARY]
    if "\n" in vocabulary.characters:
        start = vocabulary.encode("\n") * (model.context_length or 1)
    start += vocabulary.encode(prompt)
    drawn = _stream(model, start, sampler.max_length - len(prompt), generator, sampler)
    return (vocabulary.decode([token]) for token in drawn)


@torch.inference_mode()
def _stream(
    model: Model, start: list[int], n: int, generator: torch.Generator, sampler: Sampler
) -> Iterator[int]:
    """Draw n tokens after `start`, one by one, none of them the boundary."""
    was_training = model.training
    model.eval()
    try:
        state: State | None = None
        for token in start:
            logits, state = model.step(torch.tensor([token], device=model.device), state)
        for _ in range(n):
            logits = logits.cpu().clone()  # (1, V)
            logits[:, BOUNDARY] = -math.inf
            probabilities = sampler.probabilities(logits)
            drawn = draw(probabilities, torch.zeros(1, dtype=torch.int64), generator)  # (1,)
            yield int(drawn)
            logits, state = model.step(drawn.to(model.device), state)
    finally:
        model.train(was_training)


def preview(
    model: Model, vocabulary: Vocabulary, longest: int, seed: int, text: bool = False
) -> list[Sample]:
    """Draw the few samples, none very long, that a run shows of itself; one of a text.

    Args:
        model: left in the mode, training or not, that it was in.
        vocabulary: of the model.
        longest: length of the longest document of its corpus.
        seed: the same one draws the same, from the same model.
        text: whether its corpus is one long text.
    """
    sampler = Sampler(min(PREVIEW_LENGTH, default_max_length(longest, text)))
    generator = torch.Generator().manual_seed(seed)
    if text:
        return [Sample("".join(stream(model, vocabulary, generator, sampler=sampler)), True)]
    return list(sample(model, vocabulary, PREVIEW_SAMPLES, generator, sampler=sampler))


def novel_samples(draw: Callable[[], Iterable[Sample]], n: int, corpus: Corpus) -> Iterator[Sample]:
    """Draw until n samples that the model has ended stand nowhere in the corpus.

    Raises:
        UserError: after `NOVEL_ROUNDS` calls of `draw` there are fewer.
    """
    found = drawn = 0
    for _ in range(NOVEL_ROUNDS):
        for one in draw():
            drawn += 1
            if one.place(corpus) == "new":
                yield one
                found += 1
                if found == n:
                    return
    raise UserError(
        f"Only {found} of {drawn:,} samples were whole and stood nowhere in the corpus: "
        f"try a higher --temperature or --max-length, or a smaller -n."
    )


@torch.inference_mode()
def _draw(
    model: Model, start: list[int], n: int, generator: torch.Generator, sampler: Sampler
) -> Tensor:
    """Draw what follows `start`: int64 (n, length), from the end of each document on boundary."""
    logits, state = model.step(torch.tensor(start[:1], device=model.device), None)
    for token in start[1:]:
        logits, state = model.step(torch.tensor([token], device=model.device), state)
    columns: list[Tensor] = []
    alive = torch.arange(n)  # samples that go on
    row = torch.zeros(n, dtype=torch.int64)  # of each, its prefix's row in logits and state
    for _ in range(sampler.max_length - len(start) + 1):
        probabilities = sampler.probabilities(logits.cpu())  # (rows, V)
        tokens = draw(probabilities, row, generator)
        column = torch.full((n,), BOUNDARY)
        column[alive] = tokens
        columns.append(column)
        going = tokens != BOUNDARY
        alive = alive[going]
        if not len(alive):
            break
        # each distinct prefix goes on once, from the row of the prefix that it extends
        prefixes = row[going] * model.vocab_size + tokens[going]
        distinct, row = prefixes.unique(return_inverse=True)
        parents = (distinct // model.vocab_size).to(model.device)
        tokens = (distinct % model.vocab_size).to(model.device)
        logits, state = model.step(tokens, state, parents)
    return torch.stack(columns, dim=1) if columns else torch.empty(n, 0, dtype=torch.int64)
