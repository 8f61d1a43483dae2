"""Documents one after another, in as much memory as some of them need, for files of any length."""

from collections.abc import Iterator
from itertools import chain

from makemore.corpus.reader import Reader
from makemore.corpus.reading import LINES, HowToRead
from makemore.corpus.sources import Paths, as_list, find_files


def stream_documents(paths: Paths, how: HowToRead = LINES) -> Iterator[str]:
    """Give what `read_documents` gives, each document as soon as it has been read.

    A text is one document, so that all of it is read; of several paths each is one.

    Raises:
        UserError: as `read`, when the document before what is wrong has been given.
    """
    for path in as_list(paths):
        reader = Reader(find_files(path), how)
        if how.format == "text":
            yield "".join(part for parts in reader.documents() for part in parts)
        else:
            yield from chain.from_iterable(reader.documents())
