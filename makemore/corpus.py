"""A text file becomes documents, and each document falls into train, val or test."""

import hashlib
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from makemore.errors import UserError

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
Shares = tuple[float, float, float]


@dataclass(frozen=True)
class Corpus:
    """The documents of each split, in the order of their file, duplicates kept."""

    source: str
    train: list[str]
    val: list[str]
    test: list[str]

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
        shares = ", ".join(f"{split} {len(self[split]):,}" for split in SPLITS)
        return (
            f"{self.source}: {len(documents):,} documents ({len(set(documents)):,} distinct), "
            f"{len(self.characters):,} characters in the vocabulary, longest {self.longest:,}; "
            f"{shares}"
        )


def embedded_names() -> Path:
    """Path of the names that come with makemore: in the package, or beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "data" / "names.txt"
    return installed if installed.exists() else package.parent / "data" / "names.txt"


def clean(text: str) -> str:
    """Normalise one document or prompt: NFC, so that one character has one spelling."""
    return unicodedata.normalize("NFC", text)


def read_documents(path: Path) -> list[str]:
    """Read one document a line, without surrounding white space and without empty lines.

    The file is UTF-8; a byte-order mark is no character, and CR, LF and CRLF all end a line.

    Raises:
        UserError: the file can't be read, is not UTF-8, or holds no document.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(f"{path} is not UTF-8 text (line {line}): convert it first.") from error
    except OSError as error:
        raise UserError(f"Can't read {path}: {error.strerror}.") from error
    documents = [line for line in (line.strip() for line in clean(text).split("\n")) if line]
    if not documents:
        raise UserError(f"{path} holds no text: give a file with one document a line.")
    return documents


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
    val_data: Path | None = None,
    test_data: Path | None = None,
    shares: Shares = (0.8, 0.1, 0.1),
    seed: int = 0,
) -> Corpus:
    """Read and split a corpus.

    Args:
        data: the file; None takes the names that come with makemore.
        val_data: a file that is the val split; the share of `data` that would be val is train.
        test_data: likewise for test.
        shares: of train, val and test in `data`.
        seed: of the hash that splits `data`.

    Raises:
        UserError: a file can't be read, or no document is left to train on.
    """
    path = data or embedded_names()
    parts: dict[Split, list[str]] = {"train": [], "val": [], "test": []}
    given: dict[Split, Path] = {}
    if val_data:
        given["val"] = val_data
    if test_data:
        given["test"] = test_data
    for document in read_documents(path):
        split = split_of(document, shares, seed)
        parts["train" if split in given else split].append(document)
    for split, file in given.items():
        parts[split] = read_documents(file)
    if not parts["train"]:
        raise UserError(
            f"{path} leaves no document to train on: give more documents, "
            f"or a larger first share than --split {','.join(f'{share:g}' for share in shares)}."
        )
    return Corpus(str(path) if data else path.name, **parts)
