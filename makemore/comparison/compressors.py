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

from makemore.corpus.splits import Corpus

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: gzip.compress(text, compresslevel=9),
    "bzip2": lambda text: bz2.compress(text, compresslevel=9),
    "xz": lambda text: lzma.compress(text, preset=9),
}


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

    The result is exact to the whole bytes, and xz's 4 bytes, that a compressor writes.
    """
    history, text = _spell(corpus, corpus.train), _spell(corpus, corpus.val)
    characters = len(text)
    before, both = history.encode(), (history + text).encode()
    for name, function in COMPRESSORS.items():
        needed = len(function(both)) - len(function(before))
        yield Compressed(name, 8 * needed / characters)


def _spell(corpus: Corpus, documents: list[str]) -> str:
    """Write documents, each with an end of one character that none holds; a text without."""
    end = "" if corpus.format == "text" else "\0" if corpus.how.several_lines else "\n"
    return "".join(document + end for document in documents)
