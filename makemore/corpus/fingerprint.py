"""What is told of all documents at last: their fingerprint, and how many are different."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from makemore.corpus.packed import Contents, Packed
from makemore.corpus.pieces import Numbers
from makemore.corpus.splits import SPLITS, Split
from makemore.corpus.views import AT_A_TIME
from makemore.corpus.vocabulary import Vocabulary


def sort_hashes(contents: Contents, folder: Path, disjoint: bool) -> int:
    """Sort the hashes of each split in its file; count those that are different in all.

    Args:
        contents: which tells how many there are.
        folder: of the files.
        disjoint: whether no document stands in two splits, as where hashes decide.
    """
    seen, distinct = list[Numbers](), 0
    for split in SPLITS:
        n = contents.documents[split]
        if not n:
            continue
        hashes = np.memmap(folder / f"{split}.hashes", np.uint64, mode="r+", shape=(n,))
        hashes.sort()
        hashes.flush()
        for start in range(0, n, AT_A_TIME):
            part = np.asarray(hashes[start : start + AT_A_TIME])
            new = np.append(start == 0 or part[0] != hashes[start - 1], part[1:] != part[:-1])
            for other in seen:
                new &= other[np.searchsorted(other, part).clip(max=len(other) - 1)] != part
            distinct += int(new.sum())
        if not disjoint:
            seen.append(hashes)
    return distinct


def fingerprint_of(corpus: Packed, seen: Callable[[int], None] = lambda n: None) -> str:
    """Compute `Corpus.fingerprint` in as much memory as a part needs."""
    digest = hashlib.blake2b(digest_size=16)
    for split in SPLITS:
        documents = corpus[split]
        digest.update(f"{split} {len(documents)}\n".encode())
        for number, part in enumerate(_joined(corpus, split)):
            digest.update(part if number == 0 or corpus.format == "text" else b"\n" + part)
            seen(len(part))
        if corpus.format == "lines" and corpus.how.several_lines:
            digest.update(b"\n[")
            offsets = corpus.arrays[f"{split}.offsets"]
            for start in range(0, len(documents), AT_A_TIME):
                lengths = np.diff(offsets[start : start + AT_A_TIME + 1]).tolist()
                digest.update(f"{', ' if start else ''}{str(lengths)[1:-1]}".encode())
            digest.update(b"]")
    return digest.hexdigest()


def _joined(corpus: Packed, split: Split) -> Iterator[bytes]:
    """Give the documents of a split with a line break between two, in parts."""
    if corpus.format == "text":
        for start in range(0, corpus.size(split), AT_A_TIME):
            yield corpus.excerpt(split, start, start + AT_A_TIME).encode()
        return
    ids, offsets = corpus.arrays[f"{split}.ids"], corpus.arrays[f"{split}.offsets"]
    newline = len(corpus.vocabulary)
    spell = Vocabulary(f"{corpus.characters}\n").decode_all
    for first, last in corpus[split].stretches():  # type: ignore[attr-defined]
        some = offsets[first : last + 1]
        rows = some[1:-1] - some[0] + np.arange(last - first - 1)
        joined = np.empty(some[-1] - some[0] + last - first - 1, np.min_scalar_type(newline))
        is_character = np.ones(len(joined), dtype=bool)
        is_character[rows] = False
        joined[rows] = newline
        joined[is_character] = ids[some[0] : some[-1]]
        yield spell(joined).encode()
