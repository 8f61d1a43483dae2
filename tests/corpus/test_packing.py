"""Documents become numbers, here or by other processes, and files."""

import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus import pieces
from makemore.corpus.pieces import Piece, Splitting, make_piece, make_pieces
from makemore.corpus.reader import Batch
from makemore.corpus.reading import HowToRead
from makemore.corpus.splits import SPLITS, split_of
from makemore.corpus.spool import Spool
from makemore.errors import UserError

SPLITTING = Splitting((0.5, 0.3, 0.2), seed=7)
documents = st.lists(st.text("abé漢🙂", min_size=1, max_size=5), max_size=9)


def spelled(piece: Piece) -> dict[str, list[str]]:
    """Spell the documents of each split of a piece."""
    text = "".join(chr(piece.characters[i]) for i in piece.ids)
    found = dict[str, list[str]]()
    row = place = 0
    for split, n in zip(SPLITS, piece.documents, strict=True):
        found[split] = []
        for length in piece.lengths[row : row + n].tolist():
            found[split].append(text[place : place + length])
            place += length
        row += n
    return found


@given(documents)
def test_a_piece_holds_each_document_in_its_split(some: list[str]) -> None:
    piece = make_piece(Batch("\n".join(["", *some]), "\n"), HowToRead(), SPLITTING)
    expected = {
        split: [one for one in some if split_of(one, SPLITTING.shares, 7) == split]
        for split in SPLITS
    }
    assert spelled(piece) == expected == spelled(Piece.from_bytes(piece.to_bytes()))
    assert piece.changes.empty == 1
    assert int(piece.counts.sum()) == sum(map(len, some))


def test_a_spool_gives_back_what_it_was_given_and_keeps_little(tmp_path: Path) -> None:
    batches = [Batch("anna\nbob", "\n"), Batch("zoë", "\n"), Batch("", "\n")]
    made = [make_piece(batch, HowToRead(), SPLITTING) for batch in batches]
    with Spool(tmp_path) as spool:
        for piece in made:
            spool.add(None, Piece.from_bytes(piece.to_bytes()))
        again = [spelled(piece) for _, piece in spool]
        assert again == [spelled(piece) for piece in made] == [spelled(p) for _, p in spool]
        for _, kept, _ in spool._pieces:
            arrays = (kept.characters, kept.counts, kept.ids, kept.lengths, kept.hashes)
            assert all(array.base is None for array in arrays)  # else it holds all of a message
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_gone_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = pieces._start, list[subprocess.Popen[bytes]]()

    def start_and_end(settings: str) -> Any:
        started.append(start(settings))
        started[-1].kill()
        return started[-1]

    monkeypatch.setattr(pieces, "_start", start_and_end)
    batches = [Batch("anna\nbob", "\n")] * 5
    with pytest.raises(UserError, match="A process that helped to read was ended"):
        list(make_pieces(batches, HowToRead(), SPLITTING, workers=2))
    assert all(process.returncode is not None for process in started)


def test_a_process_says_nothing_when_the_one_that_started_it_is_gone() -> None:
    settings = json.dumps([asdict(HowToRead()), asdict(SPLITTING)])
    model = pieces._start(settings)
    with subprocess.Popen(model.args, stdin=-1, stdout=-1, stderr=-1) as worker:
        model.kill()
        model.communicate()
        assert worker.stdout is not None
        worker.stdout.close()
        pieces._send(worker, Batch("anna\nbob", "\n"))
        worker.wait()
        assert worker.stderr is not None
        assert (worker.returncode, worker.stderr.read()) == (0, b"")


def test_pieces_come_in_the_order_of_their_batches() -> None:
    batches = [Batch(f"{i}" * (1 + 997 * i % 50), "\n") for i in range(20)]
    alone = list(make_pieces(batches, HowToRead(), SPLITTING, workers=0))
    others = list(make_pieces(iter(batches), HowToRead(), SPLITTING, workers=3))
    assert [spelled(piece) for piece in others] == [spelled(piece) for piece in alone]
