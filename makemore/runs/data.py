"""A run belongs to its documents, not to a path: where its files are now.

It looks where it was told last, then beside itself: a project may be moved or copied as a whole.
The fingerprint of the documents decides.
"""

import json
from collections.abc import Collection, Iterator
from pathlib import Path

from makemore.config import FILES
from makemore.corpus.settings import DataSettings, from_the_root
from makemore.corpus.sources import STDIN, Paths
from makemore.corpus.splits import Corpus
from makemore.errors import UserError
from makemore.models.trust import is_known, remember

DEVICES = tuple(map(Path, ("/dev/stdin", "/dev/fd", "/proc", "/sys")))
"""Where what looks like a file may be none: `/dev/stdin` is whatever a shell makes of it."""


def find_corpus(
    settings: DataSettings, fingerprint: str, run: Path | None, told: Collection[str] = ()
) -> tuple[DataSettings, Corpus]:
    """Read the documents of a run.

    Args:
        settings: as the run remembers them.
        fingerprint: `Corpus.fingerprint` of its documents.
        run: its directory, where it has one.
        told: the files that the user has just named, which no others stand in for.

    Returns:
        The settings and the corpus with that fingerprint; where there is none, those of the first
        place where a corpus can be read.

    Raises:
        UserError: none can be read, or they came from standard input or a device, which nobody has
            told again.
    """
    refuse_spent_input(settings, told)
    readable, problem = [], None
    for place in (settings, *_elsewhere(settings, run, told)):
        try:
            corpus = place.load()
        except UserError as error:
            problem = problem or error
            continue
        if corpus.fingerprint == fingerprint:
            return place, corpus
        readable.append((place, corpus))
    if problem and not readable:
        raise problem
    return readable[0]


def read_the_same(
    settings: DataSettings, fingerprint: str, run: Path | None, data: Paths
) -> Corpus:
    """Read the documents of a run from another place that its user names.

    Raises:
        UserError: they can't be read, or are others.
    """
    settings = settings.model_copy(update={"data": from_the_root(data)})
    _, corpus = find_corpus(settings, fingerprint, run, told={"data"})
    if corpus.fingerprint != fingerprint:
        raise UserError(f"{corpus.source} holds other documents than the run was trained with.")
    return corpus


def refuse_spent_input(settings: DataSettings, told: Collection[str] = ()) -> None:
    """Refuse to read standard input, a pipe or a device again, unless the user has just named it.

    It could wait for ever, or never end.

    Raises:
        UserError: the documents of the run came from there.
    """
    untold = FILES.difference(told)
    if any(STDIN in (getattr(settings, name) or ()) for name in untold):
        raise UserError(
            "The documents of this run came from standard input, which can't be read again: name "
            "the same by --data, in a file, or as - and in a pipe."
        )
    for path in (path for name in untold for path in getattr(settings, name) or ()):
        if _is_no_file(path):
            raise UserError(
                f"The documents of this run came from {path}, which is no file that can be read "
                f"again: name the same by --data."
            )


def remember_corpus(settings: DataSettings, fingerprint: str) -> None:
    """Remember that this user has trained on these files, or named them for a run."""
    remember(_paths(settings), fingerprint.encode())


def may_be_read(settings: DataSettings, fingerprint: str) -> bool:
    """Tell whether the documents of a run may be read unasked: this user has named them, or no one.

    A run from a stranger could name any file.
    """
    none = all(getattr(settings, name) is None for name in FILES)
    return none or is_known(_paths(settings), fingerprint.encode())


def _paths(settings: DataSettings) -> bytes:
    named = {name: list(map(str, getattr(settings, name) or ())) for name in sorted(FILES)}
    return json.dumps(named).encode()


def _is_no_file(path: Path) -> bool:
    """Tell whether it is there, and neither file nor folder, or looks like one."""
    real = path.resolve()
    if any(one.is_relative_to(folder) for one in (path, real) for folder in DEVICES):
        return True
    return real.exists() and not (real.is_file() or real.is_dir())


def _elsewhere(
    settings: DataSettings, run: Path | None, told: Collection[str]
) -> Iterator[DataSettings]:
    """Take for each file that is gone, then for each file at all, the one beside the run."""
    if run is None:
        return
    known = {name: getattr(settings, name) or () for name in FILES.difference(told)}
    for only_gone in (True, False):
        moved = {name: _moved(paths, run, only_gone) for name, paths in known.items()}
        moved = {name: paths for name, paths in moved.items() if paths != known[name]}
        if moved:
            yield settings.model_copy(update=moved)


def _moved(paths: tuple[Path, ...], run: Path, only_gone: bool) -> tuple[Path, ...]:
    """Exchange those of some paths that stand beside the run, or only those that are gone."""
    return tuple(
        path if only_gone and path.exists() else _beside(path, run) or path for path in paths
    )


def _beside(path: Path, run: Path) -> Path | None:
    """Find a file or folder near a run that is called the same; best is what fits most of its path.

    For `/old/project/data/names.txt` and the run `/new/place/runs/one`, that is first
    `project/data/names.txt` in the run or one of three folders above it, then `data/names.txt`,
    then `names.txt`.
    """
    folders = [run.absolute(), *run.absolute().parents[:3]]
    for start in range(1, len(path.parts)):
        for folder in folders:
            candidate = folder.joinpath(*path.parts[start:])
            if candidate != path and candidate.exists():
                return candidate
    return None
