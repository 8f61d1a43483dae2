"""A packed corpus: flat arrays in files, opened by memory map, that answer what a `Corpus` does.

A folder holds for each split the ids of all characters, in the smallest type that holds the
vocabulary, where each document starts, and the sorted hashes of the documents; and one file with
what is known of all. Nothing of it is read before it is needed, and what is read is no memory of
the process: the system keeps it as long as there is room.
"""

import errno
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from makemore.corpus.changes import Changes, name_invisible
from makemore.corpus.documents import Documents, Lines, Text
from makemore.corpus.reading import HowToRead
from makemore.corpus.splits import SPLITS, Corpus, Split, hash_of
from makemore.corpus.views import AT_A_TIME, Chained, PackedDocuments
from makemore.corpus.vocabulary import Ids, Vocabulary, code_points

CONTENTS = "contents.json"


class DamagedError(OSError):
    """A packed corpus is not as it was written."""

    def __init__(self, path: Path) -> None:
        """Name the file or folder."""
        super().__init__(errno.EIO, "it was damaged or removed meanwhile", str(path))


@dataclass(frozen=True)
class Contents:
    """What is known of a packed corpus.

    Attributes:
        source: the name of what was read when it was packed.
        seed: of the hashes.
        documents, sizes: of each split, how many documents and characters.
        counts: how often each character comes, in the order of the code points.
        longest, distinct, fingerprint: as of `Corpus`.
        changes: what was dropped or changed in reading.
        hint: as of `Corpus`, with a NUL for the name of what was read.
    """

    source: str
    seed: int
    documents: dict[str, int]
    sizes: dict[str, int]
    counts: dict[str, int]
    longest: int
    distinct: int
    fingerprint: str
    changes: Changes
    hint: str | None

    def to_bytes(self) -> bytes:
        """Spell it, with a checksum in the first line."""
        body = json.dumps(asdict(self)).encode()
        return b"\n".join([_checksum(body), body])

    @classmethod
    def of(cls, folder: Path) -> "Contents":
        """Read it.

        Raises:
            DamagedError: it is not there, or not as it was written, or a file has another length.
        """
        try:
            checksum, _, body = (folder / CONTENTS).read_bytes().partition(b"\n")
            if checksum != _checksum(body):
                raise DamagedError(folder)
            values = json.loads(body)
            found = cls(**{**values, "changes": Changes(**values["changes"])})
            for path, array in found.files(folder).items():
                if path.stat().st_size != array[0].itemsize * array[1]:
                    raise DamagedError(path)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DamagedError(folder) from error
        return found

    @cached_property
    def characters(self) -> str:
        """The distinct characters of all splits, sorted."""
        return "".join(self.counts)

    @property
    def ids_type(self) -> "np.dtype[Any]":
        """The smallest type that holds every id."""
        return np.dtype(np.min_scalar_type(len(self.counts)))

    def files(self, folder: Path) -> dict[Path, tuple["np.dtype[Any]", int]]:
        """Tell the type and length of the array in each file."""
        files = {}
        for split in SPLITS:
            n = self.documents[split]
            files[folder / f"{split}.ids"] = (self.ids_type, self.sizes[split])
            files[folder / f"{split}.offsets"] = (np.dtype(np.int64), n + 1)
            files[folder / f"{split}.hashes"] = (np.dtype(np.uint64), n)
        return files


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).hexdigest().encode()


@dataclass(frozen=True)
class Packed(Corpus):
    """A corpus in files, which take no memory until they are read.

    Attributes:
        folder: of the files.
        contents: what is known of it.
        arrays: those in the files, by the file's name.
    """

    folder: Path = field(kw_only=True)
    contents: Contents = field(kw_only=True)
    arrays: Mapping[str, Any] = field(kw_only=True, repr=False)

    @classmethod
    def open(cls, folder: Path, source: str, how: HowToRead) -> "Packed":
        """Open what `pack` has written.

        Args:
            folder: where.
            source: the name of what was read.
            how: it was read.

        Raises:
            DamagedError: it is not as it was written.
        """
        contents = Contents.of(folder)
        vocabulary = Vocabulary(contents.characters)
        arrays = {path.name: _map(path, *array) for path, array in contents.files(folder).items()}
        parts = {
            split: PackedDocuments(
                arrays[f"{split}.ids"],
                arrays[f"{split}.offsets"],
                vocabulary,
                range(contents.documents[split]),
            )
            for split in SPLITS
        }
        hint = None if contents.hint is None else contents.hint.replace("\0", source)
        return cls(
            source,
            **parts,
            how=how,
            changes=contents.changes,
            hint=hint,
            folder=folder,
            contents=contents,
            arrays=arrays,
        )

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Of its ids."""
        return Vocabulary(self.characters)

    @property
    def documents(self) -> Sequence[str]:
        """All documents of all splits, each decoded when it is asked for."""
        return Chained([self.train, self.val, self.test])

    def size(self, split: Split) -> int:
        """Count the characters of a split."""
        return self.contents.sizes[split]

    def excerpt(self, split: Split, start: int, stop: int) -> str:
        """Give the characters of a split of a text from one place on, up to another."""
        return self.vocabulary.decode_all(self.arrays[f"{split}.ids"][start:stop])

    def encoded(self, split: Split, vocabulary: Vocabulary) -> Documents:
        """Give the ids of a split as they are, where the vocabulary is the corpus's own.

        By another they are spelled in a file that is gone when nobody uses it any more.

        Raises:
            UserError: it holds a character that is not in the vocabulary.
        """
        ids = self.arrays[f"{split}.ids"]
        if vocabulary.characters != self.characters:
            ids = self._translated(split, ids, vocabulary)
        return Text(ids) if self.format == "text" else Lines(ids, self.arrays[f"{split}.offsets"])

    @property
    def longest(self) -> int:
        """Length of the longest document, in characters."""
        return self.contents.longest

    @property
    def distinct(self) -> int:
        """How many documents are different, by their hashes."""
        return self.contents.distinct

    @property
    def characters(self) -> str:
        """The distinct characters of all splits, sorted."""
        return self.contents.characters

    @property
    def fingerprint(self) -> str:
        """A hash of every split's documents in their order: that of a corpus in memory."""
        return self.contents.fingerprint

    @property
    def invisible(self) -> dict[str, int]:
        """Characters that no one sees, by their names, and how often each comes."""
        return name_invisible(self.contents.counts)

    def find(self, document: str) -> Split | None:
        """Tell where a document stands, by its hash: as of a `Corpus`.

        Among n documents another has the same hash with a probability of n / 2^64.
        """
        hash_ = np.uint64(hash_of(self.how.trim(document), self.contents.seed))
        for split in SPLITS:
            hashes = self.arrays[f"{split}.hashes"]
            place = np.searchsorted(hashes, hash_)
            if place < len(hashes) and hashes[place] == hash_:
                return split
        return None

    def _translated(self, split: Split, ids: Ids, vocabulary: Vocabulary) -> Ids:
        theirs = vocabulary.id_of_code_point
        codes = np.minimum(code_points(self.characters), len(theirs) - 1)
        table = np.concatenate([[0], theirs[codes]]).astype(theirs.dtype)
        translated: Ids = _scratch(self.folder.parent, table.dtype, len(ids))
        for start in range(0, len(ids), AT_A_TIME):
            part = table[ids[start : start + AT_A_TIME]]
            if not part.all():  # one that the vocabulary lacks: it says which
                vocabulary.encode(self.vocabulary.decode_all(ids[start : start + AT_A_TIME]))
            translated[start : start + AT_A_TIME] = part
        return translated


def _map(path: Path, dtype: "np.dtype[Any]", length: int) -> Any:
    """Open an array; an empty file can't be mapped."""
    if not length:
        return np.zeros(0, dtype)
    return np.asarray(np.memmap(path, dtype, mode="r", shape=(length,)))


def _scratch(folder: Path, dtype: "np.dtype[Any]", length: int) -> Any:
    """Make an array in a file without a name, or in memory where there is no room for one."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.truncate(max(1, length * dtype.itemsize))
            return np.asarray(np.memmap(file, dtype, mode="r+", shape=(length,)))
    except (OSError, ValueError):
        return np.empty(length, dtype)
