"""A packed corpus answers what one in memory does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus import loading
from makemore.corpus.loading import load_corpus
from makemore.corpus.packed import Packed
from makemore.corpus.reading import BLANK, HowToRead
from makemore.corpus.splits import SPLITS, Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from tests.helpers import write_file

HOWS = [
    HowToRead(),
    HowToRead(keep_blanks=True),
    HowToRead(separator=BLANK),
    HowToRead(separator="--"),
    HowToRead("text"),
]
SHARES = [(0.8, 0.1, 0.1), (0.4, 0.3, 0.3), (1.0, 0.0, 0.0)]
texts = st.text("ab \n-é漢\u0301\u200b🙂", max_size=80)


@pytest.fixture(autouse=True)
def _without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small pieces be made here: what starts a process takes its time."""
    monkeypatch.setattr("makemore.corpus.pieces._cores", lambda: 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("cache")
        patch.setattr("platformdirs.user_cache_path", lambda _: path)
        yield tmp_path_factory.mktemp("files")


def both(*paths: Any, **how: Any) -> tuple[Corpus, Corpus] | tuple[str, str]:
    """Load a corpus in memory and packed; or give the sentences that refuse it."""
    found: list[Any] = []
    for large in (2**25, -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loading, "LARGE", large)
            try:
                found.append(load_corpus(*paths, **how))
            except UserError as error:
                found.append(str(error))
    return found[0], found[1]


def answers(corpus: Corpus) -> dict[str, Any]:
    other = Vocabulary("🙂" + corpus.characters[::-1])
    return {
        "splits": {split: list(corpus[split]) for split in SPLITS},
        "documents": list(corpus.documents),
        "described": corpus.describe(),
        "figures": corpus.figures(),
        "fingerprint": corpus.fingerprint,
        "characters": corpus.characters,
        "hint": corpus.hint,
        "sizes": [corpus.size(split) for split in SPLITS],
        "some": [list(corpus.some(split, 9)) for split in SPLITS],
        "ids": [
            corpus.encoded(split, vocabulary).ids.tolist()
            for split in SPLITS
            for vocabulary in (Vocabulary(corpus.characters), other)
        ],
        "places": [corpus.find(d) for d in ("no", *corpus.documents) if corpus.format == "lines"],
    }


@given(
    texts,
    texts,
    texts,
    st.sampled_from(HOWS),
    st.sampled_from(SHARES),
    st.integers(0, 3),
    st.integers(1, 2),
)
def test_a_packed_corpus_answers_as_one_in_memory(
    folder: Path,
    data: str,
    more: str,
    val: str,
    how: HowToRead,
    shares: Any,
    seed: int,
    min_count: int,
) -> None:
    paths = [write_file(folder / "data.txt", data), write_file(folder / "more.txt", more)]
    own = {"val_data": write_file(folder / "val.txt", val)} if seed == 0 else {}
    min_count = 1 if how.format == "text" else min_count
    one, other = both(paths, how=how, shares=shares, seed=seed, min_count=min_count, **own)
    if isinstance(one, str) or isinstance(other, str):
        assert one == other
        return
    assert (type(one), type(other)) == (Corpus, Packed)
    assert answers(one) == answers(other)
