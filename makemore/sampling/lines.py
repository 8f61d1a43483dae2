"""Drawing documents, each with an end of its own.

Samples that begin alike share the work: each sample draws its own next character, but the model
is asked once for each distinct prefix, however many samples stand on it.
"""

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import torch
from torch import Tensor

from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import MakemoreWarning, UserError
from makemore.models.base import Model
from makemore.sampling.sampler import Sampler, draw_characters
from makemore.sampling.samples import Sample, look_up
from makemore.sampling.without_replacement import sample_without_replacement

TOKENS_AT_A_TIME = 2**20
"""Tokens of the samples that are drawn together, were each as long as seems likely."""
LONGER = 4
"""How many times the longest sample so far the next may be: more than that is unlikely."""
GROWTH = 8
"""How many times more samples than before may be drawn together: few say little of the longest."""
NOVEL_ROUNDS = 100
MOST = 10_000
"""Characters of a sample at most unless told. A file may say that its longest document is longer
than anything, and a model may never end one."""


@dataclass(frozen=True)
class LineDrawer:
    """Draws documents from a model of lines.

    Attributes:
        model: left in the mode, training or not, that it was in.
        vocabulary: of the model.
        longest: length of the longest document of its corpus.
    """

    model: Model
    vocabulary: Vocabulary
    longest: int
    usual_n: ClassVar[int] = 10

    def usual_length(self, prompt: str) -> int:
        """Where samples are cut off unless told: well past the longest document, or at `MOST`."""
        return min(4 * self.longest, MOST)

    def draw(
        self,
        n: int,
        generator: torch.Generator,
        *,
        prompt: str,
        sampler: Sampler,
        novel: bool = False,
        distinct: bool = False,
        corpus: Corpus | None = None,
    ) -> Iterator[Sample]:
        """Draw n documents.

        Args:
            n: how many.
            generator: on the CPU, whatever the model's device.
            prompt: each document starts with these characters.
            sampler: how characters are drawn.
            novel: only what stands nowhere in the corpus, which is given then.
            distinct: no two alike.
            corpus: where samples are looked up; None: they have no place.

        Raises:
            UserError: the prompt holds a character that the model doesn't know, or fewer than n can
                be drawn.
        """
        how: dict[str, Any] = {"prompt": prompt, "sampler": sampler}
        # one draw for all, so that no two rounds of it give the same
        unlike = sample_without_replacement(self.model, self.vocabulary, n, generator, **how)

        def more() -> Iterator[Sample]:
            if distinct:
                return islice(unlike, min(n, sys.maxsize))
            return sample_lines(self.model, self.vocabulary, n, generator, **how)

        if corpus is None:
            return more()
        return novel_samples(more, n, corpus) if novel else look_up(more(), corpus)

    def probabilities(self, prompt: str, sampler: Sampler) -> dict[str, float]:
        """Tell what comes after a prompt, the likeliest first; the end has the key ""."""
        logits, _ = self.model.read_prompt([BOUNDARY, *self.vocabulary.encode(prompt)])
        return sampler.by_character(logits[0], len(prompt), ["", *self.vocabulary.characters])


def sample_lines(
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
    longest, done = 1, 0
    while done < n:
        with model.evaluating():
            characters, lengths, ended = _draw(
                model, start, min(at_a_time, n - done), generator, sampler
            )
        (text,) = vocabulary.decode_rows(characters.numpy()[None])
        end = 0
        for length, finished in zip(lengths.tolist(), ended.tolist(), strict=True):
            begin, end = end, end + length
            yield Sample(prompt + text[begin:end], finished)
        done += len(lengths)
        # one line of the corpus may be a thousand times longer than all others
        longest = max(longest, len(start) + int(lengths.max()))
        likely = max(1, TOKENS_AT_A_TIME // min(LONGER * longest, sampler.max_length))
        at_a_time = min(likely, GROWTH * at_a_time)


@torch.inference_mode()
def _draw(
    model: Model, start: list[int], n: int, generator: torch.Generator, sampler: Sampler
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw what follows `start`, n times.

    Returns:
        The characters of all, one document after another; how many each has, int64 (n,); and
        whether the model has ended it, bool (n,).
    """
    logits, state = model.read_prompt(start)
    drawn, of = [torch.empty(0, dtype=torch.int64)], [torch.empty(0, dtype=torch.int64)]
    alive = torch.arange(n)  # samples that go on
    row = torch.zeros(n, dtype=torch.int64)  # of each, its prefix's row in logits and state
    for length in range(len(start) - 1, sampler.max_length):
        probabilities = sampler.probabilities(logits.cpu(), length)  # (rows, V)
        tokens = draw_characters(probabilities, row, generator)
        going = tokens != BOUNDARY
        alive = alive[going]
        drawn.append(tokens[going])
        of.append(alive)
        if not len(alive):
            break
        # each distinct prefix goes on once, from the row of the prefix that it extends
        prefixes = row[going] * model.vocab_size + tokens[going]
        prefixes, row = prefixes.unique(return_inverse=True)
        parents = (prefixes // model.vocab_size).to(model.device)
        tokens = (prefixes % model.vocab_size).to(model.device)
        logits, state = model.step(tokens, state, parents)
    whose = torch.cat(of)
    ended = torch.ones(n, dtype=torch.bool)
    ended[alive] = False
    characters = torch.cat(drawn)[whose.argsort(stable=True)]
    return characters, whose.bincount(minlength=n), ended


def count_cut_off(samples: Iterable[Sample], max_length: int) -> Iterator[Sample]:
    """Say behind the last, as a MakemoreWarning, how many had not ended at a length."""
    drawn = cut_off = 0
    for one in samples:
        yield one
        drawn += 1
        cut_off += not one.finished
    if cut_off:
        warnings.warn(
            f"{cut_off:,} of {drawn:,} samples had not ended after {max_length:,} characters: "
            f"a larger --max-length lets them go on.",
            MakemoreWarning,
            stacklevel=2,
        )


def novel_samples(more: Callable[[], Iterable[Sample]], n: int, corpus: Corpus) -> Iterator[Sample]:
    """Ask for more samples until n that the model has ended stand nowhere in the corpus.

    Raises:
        UserError: after `NOVEL_ROUNDS` calls of `more` there are fewer.
    """
    found = drawn = 0
    for _ in range(NOVEL_ROUNDS):
        for one in look_up(more(), corpus):
            drawn += 1
            if one.place == "new":
                yield one
                found += 1
                if found == n:
                    return
    raise UserError(
        f"Only {found} of {drawn:,} samples were whole and stood nowhere in the corpus: "
        f"try a higher --temperature or --max-length, or a smaller -n."
    )
