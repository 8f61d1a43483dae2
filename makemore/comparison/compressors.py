"""What the compressors that every machine has make of the held-out text.

A model's loss in bits a character is what an ideal compressor driven by it would need. So that they
can be compared, a compressor is given the training text as history: what the held-out text costs it
is what its output grows by when that text is put behind.

They don't all remember that much. gzip looks back 32 KiB, so that of a longer training text only
the end helps it. bzip2 sorts blocks of 900 kB, each without the others. xz remembers 64 MiB.
"""

import bz2
import gzip
import lzma
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from makemore.corpus.splits import Corpus, Split

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: gzip.compress(text, compresslevel=9),
    "bzip2": lambda text: bz2.compress(text, compresslevel=9),
    "xz": lambda text: lzma.compress(text, preset=9),
}
HISTORY, MEASURED = 2**26, 2**24
"""Characters of train that a compressor is given, no less than xz remembers, and those of val."""


@dataclass(frozen=True)
class Compressed:
    """What a compressor needs for the validation split.

    Attributes:
        name: gzip, bzip2 or xz, at its level 9.
        bits: a character; a line's end is one too, as it is for the models.
    """

    name: str
    bits: float

    @property
    def loss(self) -> float:
        """The same in nats."""
        return self.bits * math.log(2)


def compress(corpus: Corpus) -> Iterator[Compressed]:
    """Measure each compressor on the validation split, which holds a document, given train.

    The result is exact to the whole bytes, and xz's 4 bytes, that a compressor writes. Of a large
    corpus it is that of the beginning of val, given the end of train.
    """
    history = _spell(corpus, "train", -HISTORY)
    text = _spell(corpus, "val", MEASURED)
    characters = len(text)
    before, both = history.encode(), (history + text).encode()
    for name, function in COMPRESSORS.items():
        needed = len(function(both)) - len(function(before))
        yield Compressed(name, 8 * needed / characters)


def _spell(corpus: Corpus, split: Split, most: int) -> str:
    """Write documents, each with an end of one character that none holds; a text without.

    Args:
        corpus: of the documents.
        split: of the documents.
        most: about how many characters: the first, or if it is below 0 the last ones.
    """
    size, documents = corpus.size(split), corpus[split]
    if corpus.format == "text":
        start, stop = (0, most) if most > 0 else (max(0, size + most), size)
        return corpus.excerpt(split, start, stop)
    some = -(-len(documents) * abs(most) // max(1, size))  # of the usual length
    chosen = documents[:some] if most > 0 else documents[max(0, len(documents) - some) :]
    end = "\0" if corpus.how.several_lines else "\n"
    return "".join(document + end for document in chosen)
