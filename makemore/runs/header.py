"""What a checkpoint tells of itself before its tensors: the metadata of a safetensors file.

Nothing here imports torch, so that a list of hundreds of runs is there at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from makemore.errors import UserError

FORMAT = "makemore 3"
LONGEST = 2**25
"""Bytes of a header at most: many times what deep models with large vocabularies take."""


@contextmanager
def open_checkpoint(
    path: Path, framework: Literal["pt", "np"] = "np"
) -> Iterator[tuple[Any, dict[str, str]]]:
    """Open a checkpoint: the file, whose tensors are read on demand, and its metadata.

    Args:
        path: the file.
        framework: what its tensors are read as; PyTorch is imported only for its own.

    Raises:
        UserError: it can't be read, or is no checkpoint of this version of makemore.
    """
    try:
        _refuse_at_once(path)
        with safe_open(path, framework=framework) as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                found = metadata.get("format", "no makemore format")
                raise UserError(f"{path} has {found}; this version of makemore reads {FORMAT}.")
            yield file, metadata
    except OSError as error:
        raise UserError(f"Can't read {path}: {error.strerror or error}.") from error
    except SafetensorError as error:
        raise UserError(f"{path} is damaged, or no checkpoint: {error}.") from error


def _refuse_at_once(path: Path) -> None:
    """See that it is a plain file, and that its header is one that takes little memory to read.

    To open a pipe would be to wait for it, and a device may never end.

    Raises:
        UserError: it is none, or its header is very long.
        OSError: it can't be read.
    """
    if not path.is_file() and path.exists():
        raise UserError(f"{path} is no file, and so no checkpoint: name another run.")
    with path.open("rb") as file:  # safetensors calls any file that it can't open missing
        length = int.from_bytes(file.read(8), "little")
    if LONGEST < length <= path.stat().st_size:
        raise UserError(
            f"{path} is damaged, or no checkpoint: its header has {length:,} bytes, and no more "
            f"than {LONGEST:,} are read."
        )
