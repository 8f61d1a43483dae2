"""The documents of a file, or the parts of a long text, fall into train, val and test."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from makemore.corpus.changes import Changes, count, count_invisible
from makemore.corpus.guessing import hint
from makemore.corpus.reading import (
    LINES,
    Format,
    HowToRead,
    embedded_names,
    read,
)
from makemore.corpus.sources import Paths, name_of
from makemore.errors import UserError

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
Shares = tuple[float, float, float]
MOST_CHARACTERS = 2**15
"""In a vocabulary: the Han characters of Unicode's first block and all Korean syllables together.

Each model gives every one of them a number at every place, so that each batch takes V times as
long, and a bigram V times V floats: 4 GiB.
"""


@dataclass(frozen=True)
class Corpus:
    """The documents of each split, in the order of their files, duplicates kept.

    In one long text each split is a single document, a contiguous part; an empty one is none.

    Attributes:
        source: the name of what was read.
        train, val, test: the documents.
        how: they were read.
        changes: what was dropped or changed in reading.
        hint: a sentence, where the files look like another kind than they were read as.
    """

    source: str
    train: list[str]
    val: list[str]
    test: list[str]
    how: HowToRead = LINES
    changes: Changes = field(default_factory=Changes)
    hint: str | None = None

    def __getitem__(self, split: Split) -> list[str]:
        return {"train": self.train, "val": self.val, "test": self.test}[split]

    @property
    def format(self) -> Format:
        """Whether it is documents or one long text."""
        return self.how.format

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
        return count_invisible(self.documents, self.characters)

    def describe(self) -> str:
        """Say in a line what was read, and in another what was changed or can't be seen, if any."""
        documents = self.documents
        if self.format == "text":
            parts = ", ".join(f"{split} {sum(map(len, self[split])):,}" for split in SPLITS)
            line = (
                f"{self.source}: one text of {sum(map(len, documents)):,} characters, "
                f"{len(self.characters):,} in the vocabulary; {parts}"
            )
        else:
            shares = ", ".join(f"{split} {len(self[split]):,}" for split in SPLITS)
            line = (
                f"{self.source}: {count(len(documents), 'document')} "
                f"({len(set(documents)):,} distinct), "
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
            "documents": len(self.documents),
            "characters": len(self.characters),
            "longest": self.longest,
            "changes": asdict(self.changes),
            "invisible": self.invisible,
        }


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
    data: Paths | None,
    *,
    how: HowToRead = LINES,
    val_data: Paths | None = None,
    test_data: Paths | None = None,
    shares: Shares = (0.8, 0.1, 0.1),
    seed: int = 0,
    min_count: int = 1,
) -> Corpus:
    """Read and split a corpus.

    Args:
        data: the files; None takes the names that come with makemore.
        how: they are read. Documents each fall in the split that `split_of` tells; a text is cut in
            contiguous parts.
        val_data: files that are the val split; the share of `data` that would be val is train.
        test_data: likewise for test.
        shares: of train, val and test in `data`.
        seed: of the hash that splits documents.
        min_count: leave out documents with a character that comes fewer times in all of them.

    Raises:
        UserError: a file can't be read, or nothing is left to train on.
    """
    paths = data or embedded_names()
    given: dict[Split, Paths] = {}
    if val_data:
        given["val"] = val_data
    if test_data:
        given["test"] = test_data
    reading = read(paths, how)
    changes = reading.changes
    parts: dict[Split, list[str]] = {"train": [], "val": [], "test": []}
    if how.format == "lines":
        for document in reading.documents:
            split = split_of(document, shares, seed)
            parts["train" if split in given else split].append(document)
    else:
        text, end = reading.text, len(reading.text)
        for split, share in (("test", shares[2]), ("val", shares[1])):  # from its end
            start = end if split in given else end - round(share * len(text))
            parts[split], end = [text[start:end]], start
        parts["train"] = [text[:end]]
    for split, files in given.items():
        part = read(files, how)
        parts[split], changes = part.documents, changes + part.changes
    parts = {split: list(filter(None, part)) for split, part in parts.items()}
    if min_count > 1:
        before = sum(map(len, parts.values()))
        parts = without_rare(parts, min_count)
        changes = replace(changes, rare=before - sum(map(len, parts.values())))
    source = name_of(paths) if data else embedded_names().name
    found_hint = hint(source, reading, how)
    if not parts["train"]:
        if how.several_lines and found_hint:
            raise UserError(found_hint)
        fewer = f", a smaller --min-count than {min_count}" if min_count > 1 else ""
        raise UserError(
            f"{name_of(paths)} leaves no document to train on: give more documents{fewer}, "
            f"or a larger first share than --split {','.join(f'{share:g}' for share in shares)}."
        )
    corpus = Corpus(source, **parts, how=how, changes=changes, hint=found_hint)
    if len(corpus.characters) > MOST_CHARACTERS:
        fewer = "leave out the rare ones by --min-count" if how.format == "lines" else "take less"
        raise UserError(
            f"{name_of(paths)} has {len(corpus.characters):,} different characters, and a model "
            f"learns at most {MOST_CHARACTERS:,}: {fewer}, or check that it is text at all."
        )
    return corpus


def without_rare(parts: Mapping[Split, list[str]], min_count: int) -> dict[Split, list[str]]:
    """Leave out the documents with a character that comes fewer than `min_count` times in all."""
    counts = Counter("".join(document for part in parts.values() for document in part))
    rare = {character for character, n in counts.items() if n < min_count}
    return {
        split: [document for document in part if rare.isdisjoint(document)]
        for split, part in parts.items()
    }
