"""A file is replaced whole, or not at all."""

from pathlib import Path

import pytest

from makemore.errors import UserError
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.files import write_whole


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.safetensors"
    write_whole(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for target in ("os.fsync", "pathlib.Path.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(target, fail)
            with pytest.raises(UserError, match=r"Can't write .*: No space left on device"):
                checkpoint.save(path)
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]
