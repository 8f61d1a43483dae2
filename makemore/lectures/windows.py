"""What the lectures compute on: a list of names, its split, and windows of characters."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.reader import read_documents
from makemore.corpus.reading import embedded_names
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError

ORIGINAL = "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d"
"""SHA-256 of the 32,033 names of the lectures, one a line, without a last line feed."""
SEED = 2147483647
"""Of the random numbers in lectures 2 to 4."""
FEWEST = 10
"""Names that a list must have, so that each part of the split has one."""


@dataclass(frozen=True)
class Windows:
    """Predictions: contexts int64 (N, block_size), and the character after each, int64 (N,)."""

    contexts: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, size: int, generator: torch.Generator) -> "Windows":
        """Draw `size` of them, each anew out of all."""
        chosen = torch.randint(0, len(self), (size,), generator=generator)
        return Windows(self.contexts[chosen], self.targets[chosen])


@dataclass(frozen=True)
class Names:
    """A list of names, and its characters: the boundary "." is 0, the others follow by code."""

    words: list[str]

    @classmethod
    def read(cls, path: Path | None = None) -> "Names":
        """Read a list, one name a line; the one that comes with makemore unless a path is given.

        Raises:
            UserError: the file can't be read, or has fewer than ten names.
        """
        words = read_documents(path or embedded_names())
        if len(words) < FEWEST:
            raise UserError(f"{path} has {len(words)} names: a lecture needs {FEWEST} or more.")
        return cls(words)

    @property
    def vocabulary(self) -> Vocabulary:
        """Give the characters of the list."""
        return Vocabulary("".join(sorted(set("".join(self.words)))))

    @property
    def original(self) -> bool:
        """Tell whether this is the lectures' own list."""
        return hashlib.sha256("\n".join(self.words).encode()).hexdigest() == ORIGINAL

    def windows(self, words: Sequence[str], block_size: int) -> Windows:
        """Slide a window over each word, from its start to its end."""
        vocabulary = self.vocabulary
        contexts, targets = [], []
        for word in words:
            ids = [*[BOUNDARY] * block_size, *vocabulary.encode(word), BOUNDARY]
            for end in range(block_size, len(ids)):
                contexts.append(ids[end - block_size : end])
                targets.append(ids[end])
        return Windows(torch.tensor(contexts), torch.tensor(targets))

    def split(self, block_size: int) -> tuple[Windows, Windows, Windows]:
        """Shuffle as the lectures do, and take 80%, 10% and 10%: train, val and test."""
        words = self.words.copy()
        random.Random(42).shuffle(words)
        first, second = int(0.8 * len(words)), int(0.9 * len(words))
        return (
            self.windows(words[:first], block_size),
            self.windows(words[first:second], block_size),
            self.windows(words[second:], block_size),
        )


def new_generator(seed: int = SEED) -> torch.Generator:
    """Start random numbers again from a seed."""
    return torch.Generator().manual_seed(seed)
