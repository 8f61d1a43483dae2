"""Which Python files run: those that this user has named, and only as they were then.

A checkpoint or a config says in which file its model stands, and a stranger's could name any file.
So a file runs only once the user has named it: by `--model` or `model=`, or by `--trust` for the
one that is named there. From then on it is known on this machine. For each file that is known, a
marker stands in the user's state directory, named by the hash of its path and its bytes. The files
that a run was trained on have markers too: `runs.data` looks unasked into no others.
"""

import hashlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from makemore.errors import UserError

MODULE = "makemore_custom_model"
_named: set[Path] = set()
_known: set[str] = set()
_loaded: list[str] = []


def trust(model: str) -> None:
    """Let the file of a model run, and what it imports from beside it; `model` as in `Sources`.

    The name of an architecture is no file, and changes nothing.
    """
    if ".py:" in model:
        _named.add(Sources(model).file)


def remember(name: bytes, content: bytes) -> None:
    """Remember on this machine that this user has named something, as it is now."""
    marker = _marker(name, content)
    _known.add(marker.name)
    with suppress(OSError):  # where nothing can be written, the user is asked again
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()


def is_known(name: bytes, content: bytes) -> bool:
    """Tell whether this user has named it on this machine, as it is now."""
    marker = _marker(name, content)
    return marker.name in _known or marker.exists()


def _marker(name: bytes, content: bytes) -> Path:
    import platformdirs  # late, for --help

    directory = platformdirs.user_state_path("makemore") / "trusted"
    return directory / hashlib.sha256(name + b"\0" + content).hexdigest()


class Sources(MetaPathFinder):
    """The file of a user's own model, and what it imports from beside it.

    Code comes from the very bytes that were looked at: no file is read twice, and no cache of
    Python's is read.

    Attributes:
        model: `path/to/file.py:ClassName`.
        file: the file, with all links resolved.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self.file = Path(model.rpartition(":")[0]).resolve()
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """The hash of all code that was run, in its order."""
        return self._hash.hexdigest()

    def load(self) -> ModuleType:
        """Run the file as a module of its own.

        Raises:
            UserError: there is no such file, or the user has not named it, or one that it imports.
        """
        if not self.file.is_file():
            raise UserError(
                f"There is no file {self.file} to take a model from: if it has moved, name it by "
                f"--model path/to/{self.file.name}:{self.model.rpartition(':')[2]}."
            )
        for name in _loaded:
            sys.modules.pop(name, None)  # those beside another file may have the same names
        _loaded.clear()
        spec = spec_from_loader(MODULE, _Loader(MODULE, str(self.file), self))
        assert spec is not None, "a loader of a file has a spec"
        assert spec.loader is not None
        module = module_from_spec(spec)
        sys.modules[MODULE] = module  # dataclasses and the like look themselves up
        sys.meta_path.insert(0, self)
        try:
            spec.loader.exec_module(module)
        finally:
            sys.meta_path.remove(self)
        return module

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module in the folder of the file, or in a package there."""
        for place in [str(self.file.parent)] if path is None else path:
            if Path(place).is_relative_to(self.file.parent):
                loader: Any = partial(_Loader, sources=self)
                finder = FileFinder(place, (loader, [".py"]))
                spec = finder.find_spec(fullname)
                # a folder without an __init__ stands behind all else that has its name
                if spec and (spec.loader or PathFinder.find_spec(fullname, path) is None):
                    return spec
        return None

    def look_at(self, name: str, path: Path, source: bytes) -> None:
        """See that the code of a module may run.

        Raises:
            UserError: the user has not named it, as it is now.
        """
        if self.file in _named:
            remember(bytes(path), source)
        elif not is_known(bytes(path), source):
            raise UserError(
                f"{path} belongs to the model, and makemore runs a Python file only if you have "
                f"named it, as it is now: read it, then add --model {self.model} or --trust."
            )
        _loaded.append(name)
        self._hash.update(source + b"\0")


class _Loader(SourceFileLoader):
    """Compiles the bytes that `Sources` has looked at."""

    def __init__(self, fullname: str, path: str, sources: Sources) -> None:
        super().__init__(fullname, path)
        self.sources = sources

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path)
        self.sources.look_at(fullname, Path(self.path), source)
        code: CodeType = self.source_to_code(source, self.path)
        return code
