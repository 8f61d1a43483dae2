"""A batch of documents as numbers: the split of each, its hash, and the ids of its characters.

Hashing a document costs about half a microsecond in Python, so that of many short ones it is most
of the work. So others do it: processes that each take a batch and give its piece, in order. They
are started plainly and talk over their standard input and output. (A pool of `multiprocessing`
would run the user's own script again in each, unless that is guarded.)
"""

import json
import os
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.changes import Changes
from makemore.corpus.hashes import hashes_of, splits_of
from makemore.corpus.reader import Batch
from makemore.corpus.reading import HowToRead
from makemore.corpus.splits import SPLITS, Shares, Split
from makemore.corpus.vocabulary import code_points
from makemore.errors import UserError

MOST_WORKERS = 4
"""Processes that hash, each of which takes about 150 MiB."""
LENGTH = struct.Struct("<Q")

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Piece:
    """Some documents, or a part of a text, in numbers; those of train first, then val, then test.

    Attributes:
        characters: uint32, the code points of the distinct characters, ascending.
        counts: int64, how often each comes.
        ids: the place of each character among these, in the smallest type.
        lengths: uint32 (documents,), in characters; of a part of a text none.
        hashes: uint64 (documents,), as `hash_of`.
        documents: how many fall into each split.
        changes: what was dropped or changed in trimming.
    """

    characters: Numbers
    counts: Numbers
    ids: Numbers
    lengths: Numbers
    hashes: Numbers
    documents: tuple[int, int, int]
    changes: Changes

    def to_bytes(self) -> bytes:
        """Spell it for another process."""
        arrays = [self.characters, self.counts, self.ids, self.lengths, self.hashes]
        head = {
            "arrays": [(array.dtype.str, len(array)) for array in arrays],
            "documents": self.documents,
            "changes": asdict(self.changes),
        }
        return b"\n".join([json.dumps(head).encode(), b"".join(a.tobytes() for a in arrays)])

    @classmethod
    def from_bytes(cls, content: bytes) -> "Piece":
        """Read what `to_bytes` has spelled."""
        place = content.index(b"\n")
        head, arrays = json.loads(content[:place]), list[Numbers]()
        place += 1
        for dtype, size in head["arrays"]:
            arrays.append(np.frombuffer(content, dtype, size, place))
            place += arrays[-1].nbytes
        characters, counts, ids, lengths, hashes = arrays
        train, val, test = head["documents"]
        changes = Changes(**head["changes"])
        return cls(characters, counts, ids, lengths, hashes, (train, val, test), changes)


@dataclass(frozen=True)
class Splitting:
    """How documents fall into splits.

    Attributes:
        shares, seed: as of `split_of`.
        given: splits that have files of their own: what would fall there is train.
        only: the split that all of them are.
    """

    shares: Shares
    seed: int
    given: Sequence[Split] = ()
    only: Split | None = None

    def places(self, hashes: Numbers) -> Numbers:
        """Tell the place of each document's split among `SPLITS`, uint8 (documents,)."""
        if self.only is not None:
            return np.full(len(hashes), SPLITS.index(self.only), dtype=np.uint8)
        places = splits_of(hashes, self.shares)
        for split in self.given:
            places[places == SPLITS.index(split)] = 0
        return places


def make_piece(batch: Batch, how: HowToRead, splitting: Splitting) -> Piece:
    """Trim the documents of a batch, and put them into numbers; a part of a text is taken whole."""
    documents, changes = batch.documents(how)
    characters, counts, ids = number("".join(documents))
    if how.format == "text":
        nothing = np.zeros(0, dtype=np.uint32)
        return Piece(
            characters, counts, ids, nothing, nothing.astype(np.uint64), (0, 0, 0), changes
        )
    lengths = np.fromiter(map(len, documents), dtype=np.uint32, count=len(documents))
    hashes = hashes_of(documents, splitting.seed)
    places = splitting.places(hashes)
    order = np.argsort(places, kind="stable")
    of_character = np.repeat(places, lengths)
    ids = np.concatenate([ids[of_character == place] for place in range(len(SPLITS))])
    train, val, test = np.bincount(places, minlength=len(SPLITS)).tolist()
    return Piece(
        characters, counts, ids, lengths[order], hashes[order], (train, val, test), changes
    )


def number(text: str) -> tuple[Numbers, Numbers, Numbers]:
    """Find the distinct characters of a text, their counts, and the place of each among them."""
    ascii_ = text.isascii()
    codes = np.frombuffer(text.encode(), dtype=np.uint8) if ascii_ else code_points(text)
    counts = np.bincount(codes)
    known = np.flatnonzero(counts)
    table = np.zeros(len(counts), dtype=np.min_scalar_type(max(0, len(known) - 1)))
    table[known] = np.arange(len(known))
    return known.astype(np.uint32), counts[known], table[codes]


def make_pieces(
    batches: Iterable[Batch], how: HowToRead, splitting: Splitting, workers: int | None = None
) -> Iterator[Piece]:
    """Make the piece of each batch, in order.

    Args:
        batches: of a reader.
        how: they are read.
        splitting: of the documents.
        workers: processes that help; None: one for each core, up to a few, and none for a text,
            which has no documents to hash.
    """
    if workers is None:
        workers = 0 if how.format == "text" else min(MOST_WORKERS, _cores())
    if workers == 0:
        yield from (make_piece(batch, how, splitting) for batch in batches)
        return
    settings = json.dumps([asdict(how), asdict(splitting)])
    idle = [_start(settings) for _ in range(workers)]
    everyone, busy = list(idle), deque[subprocess.Popen[bytes]]()
    try:
        for batch in batches:
            if not idle:
                idle.append(busy.popleft())
                yield _receive(idle[-1])
            busy.append(idle.pop())
            _send(busy[-1], batch)
        while busy:
            yield _receive(busy.popleft())
    except (EOFError, BrokenPipeError) as error:
        raise UserError(
            "A process that helped to read was ended: is there too little memory? Try again."
        ) from error
    finally:
        for one in everyone:
            one.kill()
            one.communicate()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start(settings: str) -> subprocess.Popen[bytes]:
    program = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import work; work()"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", program, settings],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,  # Ctrl-C is for the one that started it
    )


def _send(worker: "subprocess.Popen[bytes]", batch: Batch) -> None:
    assert worker.stdin is not None, "it was started with a pipe"
    _write(worker.stdin, batch.between.encode())
    _write(worker.stdin, batch.text.encode())


def _receive(worker: "subprocess.Popen[bytes]") -> Piece:
    assert worker.stdout is not None, "it was started with a pipe"
    return Piece.from_bytes(_read(worker.stdout))


def work() -> None:
    """Make pieces of what comes on standard input, until it or its reader is gone: as a worker."""
    how, splitting = json.loads(sys.argv[1])
    settings = HowToRead(**how), Splitting(**{**splitting, "shares": tuple(splitting["shares"])})
    with suppress(EOFError, BrokenPipeError):
        while True:
            between, text = _read(sys.stdin.buffer).decode(), _read(sys.stdin.buffer).decode()
            _write(sys.stdout.buffer, make_piece(Batch(text, between), *settings).to_bytes())
    os._exit(0)  # without a last word to a pipe that nobody reads


def _write(file: Any, content: bytes) -> None:
    file.write(LENGTH.pack(len(content)))
    file.write(content)
    file.flush()


def _read(file: Any) -> bytes:
    head: bytes = file.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    content: bytes = file.read(LENGTH.unpack(head)[0])
    return content
