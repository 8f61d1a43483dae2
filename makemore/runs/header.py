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
        if path.exists() and not path.is_file():  # one would wait for a pipe for ever
            raise UserError(f"{path} is no file, and so no checkpoint: name another run.")
        path.open("rb").close()  # safetensors calls any file that it can't open missing
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
