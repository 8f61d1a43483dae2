"""The documents of a file, or the parts of a long text, fall into train, val and test."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from makemore.corpus.reading import (
    Format,
    embedded_names,
    guess_format,
    read_documents,
    read_text,
    split_lines,
)
from makemore.errors import UserError

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
Shares = tuple[float, float, float]


@dataclass(frozen=True)
class Corpus:
    """The documents of each split, in the order of their file, duplicates kept.

    In one long text each split is a single document, a contiguous part; an empty one is none.
    `looks_like` is what `guess_format` makes of the file.
    """

    source: str
    train: list[str]
    val: list[str]
    test: list[str]
    format: Format = "lines"
    looks_like: Format | None = None

    def __getitem__(self, split: Split) -> list[str]:
        return {"train": self.train, "val": self.val, "test": self.test}[split]

    @property
    def documents(self) -> list[str]:
        """All documents of all splits."""
        return self.train + self.val + self.test

    @property
    def longest(self) -> int:
        """Length of the longest document, in characters."""
        return max(map(len, self.documents))

    @cached_property
    def characters(self) -> str:
        """The distinct characters of all splits, sorted."""
        return "".join(sorted(set().union(*self.documents)))

    @cached_property
    def _split_of(self) -> dict[str, Split]:
        return {document: split for split in reversed(SPLITS) for document in self[split]}

    def find(self, document: str) -> Split | None:
        """Tell where a document stands: in train first, then val, then test; None if nowhere."""
        return self._split_of.get(document)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every split's documents in their order: equal exactly for equal corpora."""
        digest = hashlib.blake2b(digest_size=16)
        for split in SPLITS:
            digest.update(f"{split} {len(self[split])}\n".encode())
            digest.update("\n".join(self[split]).encode())
        return digest.hexdigest()

    def format_hint(self) -> str | None:
        """Say in a sentence that the file looks like the other kind; None where it doesn't."""
        kinds = {"text": "one long text", "lines": "a list, one thing a line"}
        other = self.looks_like
        if other is None or other == self.format:
            return None
        return f"{self.source} looks like {kinds[other]}: if it is, add --format {other}."

    def describe(self) -> str:
        """One line: what was read."""
        documents = self.documents
        if self.format == "text":
            parts = ", ".join(f"{split} {sum(map(len, self[split])):,}" for split in SPLITS)
            return (
                f"{self.source}: one text of {sum(map(len, documents)):,} characters, "
                f"{len(self.characters):,} in the vocabulary; {parts}"
            )
        shares = ", ".join(f"{split} {len(self[split]):,}" for split in SPLITS)
        return (
            f"{self.source}: {len(documents):,} documents ({len(set(documents)):,} distinct), "
            f"{len(self.characters):,} characters in the vocabulary, longest {self.longest:,}; "
            f"{shares}"
        )


def split_of(document: str, shares: Shares, seed: int) -> Split:
    """Decide a document's split from its own text alone.

    A hash of seed and text gives a number u, uniform in [0, 1): train below the first share, val
    below the first two, test above. So equal documents fall on one side, and stay there when the
    file grows or is reordered.
    """
    digest = hashlib.blake2b(f"{seed}\n{document}".encode(), digest_size=8).digest()
    u = int.from_bytes(digest, "big") / 2**64
    train, val, _ = shares
    return "train" if u < train else "val" if u < train + val else "test"


def load_corpus(
    data: Path | None,
    *,
    format: Format = "lines",
    val_data: Path | None = None,
    test_data: Path | None = None,
    shares: Shares = (0.8, 0.1, 0.1),
    seed: int = 0,
) -> Corpus:
    """Read and split a corpus.

    Args:
        data: the file; None takes the names that come with makemore.
        format: lines: one document a line, each in the split that `split_of` tells; text: all of
            it is one text, cut in contiguous parts.
        val_data: a file that is the val split; the share of `data` that would be val is train.
        test_data: likewise for test.
        shares: of train, val and test in `data`.
        seed: of the hash that splits lines.

    Raises:
        UserError: a file can't be read, or nothing is left to train on.
    """
    path = data or embedded_names()
    given: dict[Split, Path] = {}
    if val_data:
        given["val"] = val_data
    if test_data:
        given["test"] = test_data
    text = read_text(path)
    parts: dict[Split, list[str]] = {"train": [], "val": [], "test": []}
    if format == "lines":
        for document in split_lines(text):
            split = split_of(document, shares, seed)
            parts["train" if split in given else split].append(document)
    else:
        end = len(text)
        for split, share in (("test", shares[2]), ("val", shares[1])):  # from its end
            start = end if split in given else end - round(share * len(text))
            parts[split], end = [text[start:end]], start
        parts["train"] = [text[:end]]
    for split, file in given.items():
        parts[split] = read_documents(file, format)
    parts = {split: list(filter(None, part)) for split, part in parts.items()}
    if not parts["train"]:
        raise UserError(
            f"{path} leaves no document to train on: give more documents, "
            f"or a larger first share than --split {','.join(f'{share:g}' for share in shares)}."
        )
    source = str(path) if data else path.name
    return Corpus(source, **parts, format=format, looks_like=guess_format(text))
