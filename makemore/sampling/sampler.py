"""How the next character is drawn: temperature, top-k, top-p."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from makemore.errors import UsageError


@dataclass(frozen=True)
class Sampler:
    """How characters are drawn.

    Attributes:
        max_length: cut a document off after so many characters, the prompt among them.
        temperature: divides the logits; below 1 plays safe, above 1 dares; 0 takes the likeliest.
        top_k: draw among the k likeliest characters alone.
        top_p: draw among the fewest likeliest characters whose probabilities reach p (nucleus
            sampling, Holtzman et al. 2020), after temperature and top_k.

    Raises:
        UsageError: a value that can't be.
    """

    max_length: int
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and math.isfinite(self.top_p or 0)):
            raise UsageError("--temperature and --top-p take numbers.")
        if self.temperature < 0:
            raise UsageError("--temperature takes a number from 0 on.")
        if self.top_p is not None and not 0 <= self.top_p <= 1:
            raise UsageError("--top-p takes a number from 0 to 1.")
        if self.max_length < 1 or (self.top_k is not None and self.top_k < 1):
            raise UsageError("--max-length and --top-k take whole numbers from 1 on.")

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

    def by_character(self, logits: Tensor, characters: Sequence[str]) -> dict[str, float]:
        """Name the probabilities for logits (V,), the likeliest character first."""
        found = self.probabilities(logits.cpu()).tolist()
        order = sorted(range(len(found)), key=lambda id_: -found[id_])
        return {characters[id_]: found[id_] for id_ in order}


def draw_characters(probabilities: Tensor, rows: Tensor, generator: torch.Generator) -> Tensor:
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
