"""A corpus is read and split: in memory, or packed where it is large."""

import warnings
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from makemore.corpus.bar import Bar
from makemore.corpus.cache import cache_folder, find_packed
from makemore.corpus.guessing import hint
from makemore.corpus.hashes import hashes_of
from makemore.corpus.once import keep_once, size_of
from makemore.corpus.packing import WhatToRead
from makemore.corpus.pieces import Splitting
from makemore.corpus.reader import read
from makemore.corpus.reading import LINES, HowToRead, embedded_names
from makemore.corpus.sources import Files, Paths, find_files
from makemore.corpus.splits import MOST_CHARACTERS, SPLITS, Corpus, Shares, Split, cuts
from makemore.display import visible
from makemore.errors import MakemoreWarning, UserError

LARGE = 2**25
"""Bytes of a corpus above which it is packed. So many of short lines, read into memory, are half a
GiB and 6 seconds of a core; packing is half the work. What is smaller leaves nothing behind."""


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
    given: dict[Split | None, Paths] = {None: embedded_names() if data is None else data}
    given |= {"val": val_data} if val_data else {}
    given |= {"test": test_data} if test_data else {}
    with ExitStack() as stack, Bar() as bar:
        room, files = LARGE, dict[Split | None, Files]()
        for split, paths in given.items():
            files[split], room = keep_once(find_files(paths), room, cache_folder, stack)
        what = WhatToRead(files, how, shares, seed, min_count)
        source = files[None].name if data else embedded_names().name
        corpus: Corpus | None = None
        if room < 0:
            try:
                corpus = find_packed(what, source, bar)
            except OSError as error:
                warnings.warn(
                    f"{source} can't be packed in the cache ({error.strerror}), so all of it is "
                    f"read into memory.",
                    MakemoreWarning,
                    stacklevel=3,
                )
        corpus = corpus or _read_whole(what, source, bar)
    if not corpus.train:
        if how.several_lines and corpus.hint:
            raise UserError(corpus.hint)
        fewer = f", a smaller --min-count than {min_count}" if min_count > 1 else ""
        raise UserError(
            f"{files[None].name} leaves no document to train on: give more documents{fewer}, "
            f"or a larger first share than --split {','.join(f'{share:g}' for share in shares)}."
        )
    if len(corpus.characters) > MOST_CHARACTERS:
        fewer = "leave out the rare ones by --min-count" if how.format == "lines" else "take less"
        raise UserError(
            f"{files[None].name} has {len(corpus.characters):,} different characters, and a model "
            f"learns at most {MOST_CHARACTERS:,}: {fewer}, or check that it is text at all."
        )
    return corpus


def _read_whole(what: WhatToRead, source: str, bar: Bar) -> Corpus:
    """Read a corpus into memory."""
    how, files = what.how, what.files
    every = [one for own in files.values() for one in own.sources]
    bar.begin(f"reading {visible(source)}", sum(map(size_of, every)))
    reading = read(files[None], how, bar.advance)
    changes = reading.changes
    parts: dict[Split, list[str]] = {"train": [], "val": [], "test": []}
    if how.format == "lines":
        own_files = [split for split in files if split is not None]
        splitting = Splitting(what.shares, what.seed, own_files)
        places = splitting.places(hashes_of(reading.documents, what.seed)).tolist()
        for document, place in zip(reading.documents, places, strict=True):
            parts[SPLITS[place]].append(document)
    else:
        (text,) = reading.documents
        train, val, test = cuts(len(text), what.shares, files)
        parts = {"train": [text[train:val]], "val": [text[val:test]], "test": [text[test:]]}
    for given, own in files.items():
        if given is not None:
            part = read(own, how, bar.advance)
            parts[given], changes = part.documents, changes + part.changes
    parts = {split: list(filter(None, part)) for split, part in parts.items()}
    if what.min_count > 1:
        before = sum(map(len, parts.values()))
        parts = without_rare(parts, what.min_count)
        changes = replace(changes, rare=before - sum(map(len, parts.values())))
    return Corpus(source, **parts, how=how, changes=changes, hint=hint(source, reading, how))


def without_rare(parts: Mapping[Split, list[str]], min_count: int) -> dict[Split, list[str]]:
    """Leave out the documents with a character that comes fewer than `min_count` times in all."""
    counts = Counter("".join(document for part in parts.values() for document in part))
    rare = {character for character, n in counts.items() if n < min_count}
    return {
        split: [document for document in part if rare.isdisjoint(document)]
        for split, part in parts.items()
    }
