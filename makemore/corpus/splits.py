"""The documents of a file, or the parts of a long text, fall into train, val and test."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from makemore.corpus.changes import Changes, count, is_invisible, name_invisible
from makemore.corpus.reading import LINES, Format, HowToRead

if TYPE_CHECKING:  # and numpy, which --help does without
    from makemore.corpus.documents import Documents
    from makemore.corpus.vocabulary import Vocabulary

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
Shares = tuple[float, float, float]
MOST_CHARACTERS = 2**15
"""In a vocabulary: the Han characters of Unicode's first block and all Korean syllables together.

Each model gives every one of them a number at every place, so that each batch takes V times as
long. A bigram, which has V times V numbers, takes fewer.
"""


@dataclass(frozen=True)
class Corpus:
    """The documents of each split, in the order of their files, duplicates kept.

    In one long text each split is a single document, a contiguous part; an empty one is none. Here
    they are in memory; a large corpus is a `Packed` one, which answers the same.

    Attributes:
        source: the name of what was read.
        train, val, test: the documents.
        how: they were read.
        changes: what was dropped or changed in reading.
        hint: a sentence, where the files look like another kind than they were read as.
    """

    source: str
    train: Sequence[str]
    val: Sequence[str]
    test: Sequence[str]
    how: HowToRead = LINES
    changes: Changes = field(default_factory=Changes)
    hint: str | None = None

    def __getitem__(self, split: Split) -> Sequence[str]:
        return {"train": self.train, "val": self.val, "test": self.test}[split]

    @property
    def n_documents(self) -> int:
        """How many documents all splits hold."""
        return sum(len(self[split]) for split in SPLITS)

    @property
    def format(self) -> Format:
        """Whether it is documents or one long text."""
        return self.how.format

    @property
    def documents(self) -> Sequence[str]:
        """All documents of all splits."""
        return [*self.train, *self.val, *self.test]

    def size(self, split: Split) -> int:
        """Count the characters of a split."""
        return sum(map(len, self[split]))

    def excerpt(self, split: Split, start: int, stop: int) -> str:
        """Give the characters of a split of a text from one place on, up to another."""
        return "".join(self[split])[start:stop]

    def some(self, split: Split, most: int) -> Sequence[str]:
        """Take every k-th document, so that they hold about so many predictions; all if they do.

        Of a text, which is one, it is the beginning.
        """
        if self.format == "text":
            return [self.excerpt(split, 0, most)] if self[split] else []
        predictions = self.size(split) + len(self[split])  # each has an end
        return self[split][:: max(1, round(predictions / most))]

    def encoded(self, split: Split, vocabulary: "Vocabulary") -> "Documents":
        """Encode a split.

        Raises:
            UserError: it holds a character that is not in the vocabulary.
        """
        return vocabulary.encode_documents(self[split], self.format)

    @cached_property
    def longest(self) -> int:
        """Length of the longest document, in characters."""
        return max(map(len, self.documents))

    @cached_property
    def distinct(self) -> int:
        """How many documents are different."""
        return len(set(self.documents))

    @cached_property
    def characters(self) -> str:
        """The distinct characters of all splits, sorted."""
        return "".join(sorted(set().union(*self.documents)))

    @cached_property
    def _split_of(self) -> dict[str, Split]:
        return {document: split for split in reversed(SPLITS) for document in self[split]}

    def find(self, document: str) -> Split | None:
        """Tell where a document stands: in train first, then val, then test; None if nowhere.

        What reading drops at a document's ends is left aside here too.
        """
        return self._split_of.get(self.how.trim(document))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every split's documents in their order: equal exactly for equal corpora."""
        digest = hashlib.blake2b(digest_size=16)
        for split in SPLITS:
            documents = self[split]
            digest.update(f"{split} {len(documents)}\n".encode())
            digest.update("\n".join(documents).encode())
            if self.format == "lines" and self.how.several_lines:
                # a line break may stand inside a document: where each ends is told apart
                digest.update(f"\n{[len(document) for document in documents]}".encode())
        return digest.hexdigest()

    @cached_property
    def invisible(self) -> dict[str, int]:
        """Characters that no one sees, by their names, and how often each comes."""
        unseen = filter(is_invisible, self.characters)
        return name_invisible({c: sum(d.count(c) for d in self.documents) for c in unseen})

    def describe(self) -> str:
        """Say in a line what was read, and in another what was changed or can't be seen, if any."""
        if self.format == "text":
            sizes = {split: self.size(split) for split in SPLITS}
            parts = ", ".join(f"{split} {size:,}" for split, size in sizes.items())
            line = (
                f"{self.source}: one text of {sum(sizes.values()):,} characters, "
                f"{len(self.characters):,} in the vocabulary; {parts}"
            )
        else:
            shares = ", ".join(f"{split} {len(self[split]):,}" for split in SPLITS)
            line = (
                f"{self.source}: {count(self.n_documents, 'document')} "
                f"({self.distinct:,} distinct), "
                f"{len(self.characters):,} characters in the vocabulary, longest {self.longest:,}; "
                f"{shares}"
            )
        notes = list(self.changes.parts())
        if self.invisible:
            unseen = ", ".join(f"{n:,} {name}" for name, n in self.invisible.items())
            notes.append(f"invisible, and learned: {unseen}")
        return "\n".join([line, *(["in reading: " + "; ".join(notes)] if notes else [])])

    def figures(self) -> dict[str, Any]:
        """Name what was read, changed and can't be seen, as JSON can write it."""
        return {
            "source": self.source,
            "documents": self.n_documents,
            "characters": len(self.characters),
            "longest": self.longest,
            "changes": asdict(self.changes),
            "invisible": self.invisible,
        }


def hash_of(document: str, seed: int) -> int:
    """Hash a document's text and a seed: 64 bits of BLAKE2b."""
    digest = hashlib.blake2b(f"{seed}\n{document}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def split_of(document: str, shares: Shares, seed: int) -> Split:
    """Decide a document's split from its own text alone.

    A hash of seed and text gives a number u, uniform in [0, 1): train below the first share, val
    below the first two, test above. So equal documents fall on one side, and stay there when the
    file grows or is reordered.
    """
    u = hash_of(document, seed) / 2**64
    train, val, _ = shares
    return "train" if u < train else "val" if u < train + val else "test"


def cuts(size: int, shares: Shares, given: Mapping[Any, object]) -> list[int]:
    """Tell where train, val and test begin in a text; those that are given are empty."""
    test = size - (0 if "test" in given else round(shares[2] * size))
    val = test - (0 if "val" in given else round(shares[1] * size))
    return [0, val, test]
