"""How samples are asked for: what can be said, and what can't be."""

from collections.abc import Callable
from typing import TypedDict

import torch

from makemore.corpus.reading import clean
from makemore.errors import UsageError
from makemore.sampling.sampler import Sampler


class HowToDraw(TypedDict, total=False):
    """What goes with every way to draw, as `Maker.sample` explains it."""

    prompt: str
    temperature: float
    top_k: int | None
    top_p: float | None
    min_length: int
    max_length: int | None


def read_how(
    usual_length: Callable[[str], int],
    prompt: str = "",
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_length: int = 1,
    max_length: int | None = None,
) -> tuple[str, Sampler]:
    """Read how to draw.

    Args:
        usual_length: where a sample with this prompt is cut off unless told.
        prompt: as the user gave it.
        temperature: as in `Sampler`.
        top_k: likewise.
        top_p: likewise.
        min_length: likewise.
        max_length: likewise; None: the usual.

    Returns:
        The prompt, as a corpus is read, and the sampler.

    Raises:
        UsageError: a value that can't be, or a prompt that leaves no room.
    """
    prompt = clean(prompt)
    if max_length is None:
        max_length = usual_length(prompt)
    sampler = Sampler(max_length, temperature, top_k, top_p, min_length)
    if len(prompt) >= max_length:
        raise UsageError(
            f"--prompt has {len(prompt)} characters already, and a sample at most "
            f"{max_length}: give a larger --max-length."
        )
    return prompt, sampler


def at_least_one(n: int | None, usual: int) -> int:
    """Read how many are to be drawn; None: as many as usual.

    Raises:
        UsageError: it is no whole number from 1 on.
    """
    if n is None:
        return usual
    if not isinstance(n, int) or n < 1:
        raise UsageError(f"--num-samples takes a whole number from 1 on, not {n!r}.")
    return n


def make_generator(seed: int | None) -> torch.Generator:
    """Make the random numbers of a draw, on the CPU; None: others each time.

    Raises:
        UsageError: the seed is no whole number from 0 on.
    """
    generator = torch.Generator()
    if seed is None:
        generator.seed()
    elif isinstance(seed, int) and 0 <= seed < 2**63:
        generator.manual_seed(seed)
    else:
        raise UsageError(f"--seed takes a whole number from 0 on, not {seed!r}.")
    return generator
