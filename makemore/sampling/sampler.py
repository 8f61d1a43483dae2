"""How the next character is drawn: temperature, top-k, top-p, and no end too early."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from makemore.corpus.predictions import BOUNDARY
from makemore.errors import UsageError, UserError


@dataclass(frozen=True)
class Sampler:
    """How characters are drawn.

    Attributes:
        max_length: cut a document off after so many characters, the prompt among them.
        temperature: divides the logits; below 1 plays safe, above 1 dares; 0 takes the likeliest.
        top_k: draw among the k likeliest characters alone.
        top_p: draw among the fewest likeliest characters whose probabilities reach p (nucleus
            sampling, Holtzman et al. 2020), after temperature and top_k.
        min_length: end no document that is shorter, the prompt counted. At least 1: no document of
            a corpus is empty.

    Raises:
        UsageError: a value that can't be.
    """

    max_length: int
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_length: int = 1

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and math.isfinite(self.top_p or 0)):
            raise UsageError("--temperature and --top-p take numbers.")
        if self.temperature < 0:
            raise UsageError("--temperature takes a number from 0 on.")
        if self.top_p is not None and not 0 <= self.top_p <= 1:
            raise UsageError("--top-p takes a number from 0 to 1.")
        if self.max_length < 1 or (self.top_k is not None and self.top_k < 1):
            raise UsageError("--max-length and --top-k take whole numbers from 1 on.")
        if self.min_length < 1:
            raise UsageError("--min-length takes a whole number from 1 on: no sample is empty.")
        if self.min_length > self.max_length:
            raise UsageError(
                f"--min-length {self.min_length} is longer than a sample may be, "
                f"{self.max_length}: give a larger --max-length."
            )

    def probabilities(self, logits: Tensor, length: int | None) -> Tensor:
        """Turn logits into the probabilities that the next character is drawn with.

        Where a document may not end yet, the end has no probability, and its share goes to the
        other characters before temperature, top_k and top_p.

        Args:
            logits: (..., V).
            length: of what is there already, in characters; None: in a text, which has no end.

        Returns:
            float64 (..., V), whose rows have the sum 1.

        Raises:
            UserError: nothing but the end may come, and it may not come yet; or the logits are no
                numbers.
        """
        if length is None or length < self.min_length:
            logits = logits.clone()
            logits[..., BOUNDARY] = -math.inf
            if logits.amax(-1).isneginf().any():
                raise UserError(
                    f"After {length or 0} characters this model may have nothing left but the end: "
                    f"try a smaller --min-length."
                )
        highest = logits.amax(-1, keepdim=True)
        if not highest.isfinite().all():
            raise UserError(
                "This model predicts what is no number: its weights have grown too large, or are "
                "damaged."
            )
        logits = logits.double() - highest
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

    def by_character(
        self, logits: Tensor, length: int | None, characters: Sequence[str]
    ) -> dict[str, float]:
        """Name the `probabilities` for logits (V,), the likeliest character first."""
        found = self.probabilities(logits.cpu(), length).tolist()
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
