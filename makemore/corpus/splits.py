"""A file becomes documents, or one long text, and its parts fall into train, val and test."""

import hashlib
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from makemore.errors import UserError

Format = Literal["lines", "text"]
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


def embedded_names() -> Path:
    """Path of the names that come with makemore: in the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "data" / "names.txt"
    return installed if installed.exists() else package.parent / "data" / "names.txt"


def clean(text: str) -> str:
    """Normalise one document or prompt: NFC, so that one character has one spelling."""
    return unicodedata.normalize("NFC", text)


def read_text(path: Path) -> str:
    """Read a file as it stands, but for a byte-order mark; CR and CRLF become LF.

    Raises:
        UserError: the file can't be read, is not UTF-8, or is empty.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(f"{path} is not UTF-8 text (line {line}): convert it first.") from error
    except OSError as error:
        raise UserError(f"Can't read {path}: {error.strerror}.") from error
    if not text.strip():
        raise UserError(f"{path} holds no text.")
    return clean(text)


def split_lines(text: str) -> list[str]:
    """Cut a text into one document a line, without surrounding white space and empty lines."""
    return [line for line in (line.strip() for line in text.split("\n")) if line]


def read_documents(path: Path, format: Format = "lines") -> list[str]:
    """Read the documents of a file: one a line, or all of it as one.

    Raises:
        UserError: as `read_text`.
    """
    text = read_text(path)
    return split_lines(text) if format == "lines" else [text]


def guess_format(text: str) -> Format | None:
    """Tell which kind of corpus a text looks like; None where it might be either.

    One long text has lines that no list has, or paragraphs with empty lines between them. A list
    has many short lines of a few words, and none empty.
    """
    lines = text.strip().split("\n")
    filled = split_lines(text)
    empty = 1 - len(filled) / len(lines)
    longest = max(map(len, filled))
    words = sum(len(line.split()) for line in filled) / len(filled)
    if longest > 1000 or (len(lines) >= 20 and empty >= 0.02 and words >= 3):
        return "text"
    if len(lines) >= 20 and empty == 0 and words < 3 and longest <= 100:
        return "lines"
    return None


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
