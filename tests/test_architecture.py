"""Imports run one way, from what a person types down to the errors."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import makemore

ROOT = Path(makemore.__file__).parent
ORDER = [
    {"micrograd"},
    {"errors", "display", "settings", "shell", "signals"},
    {"backprop", "compute"},
    {"corpus"},
    {"contexts"},
    {"models", "recipe"},
    {"config"},
    {"sampling"},
    {"evaluation"},
    {"runs"},
    {"trained"},
    {"maker"},
    {"training"},
    {"checks"},
    {"diagnostics", "comparison"},
    {"pictures"},
    {"pages"},
    {"lectures"},
    {"api"},
    {"commands"},
]
"""The rooms from bottom to top: each imports its own files, and those of rooms on a line above."""
DOORS = {"__init__", "__main__"}
"""What stands before the house: the lazy public names, and the entry point."""


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports_of(path: Path) -> Iterator[str]:
    """Name each of our modules that a file imports, also inside of functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                found = [name.name for name in names]
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found = [f"{module}.{name.name}" for name in names]
            case ast.ImportFrom():
                raise AssertionError(f"{path} has a relative import")
            case _:
                continue
        for name in found:
            if name.startswith("makemore.") and name != "makemore.__version__":
                yield existing(name.removeprefix("makemore."))


def existing(name: str) -> str:
    """Cut what a module's file defines off its name."""
    path = ROOT / Path(*name.split("."))
    if path.with_suffix(".py").exists():
        return name
    return f"{name}.__init__" if path.is_dir() else existing(name.rpartition(".")[0])


IMPORTS = {module_of(path): set(imports_of(path)) for path in sorted(ROOT.rglob("*.py"))}


def test_every_room_has_its_place_in_the_order() -> None:
    rooms = {module.partition(".")[0] for module in IMPORTS} - DOORS
    assert rooms == set().union(*ORDER)


@pytest.mark.parametrize("module", sorted(IMPORTS.keys() - DOORS))
def test_a_file_imports_its_own_room_and_those_below(module: str) -> None:
    room = module.partition(".")[0]
    place = next(place for place, rooms in enumerate(ORDER) if room in rooms)
    below = set().union(*ORDER[:place])
    for other in IMPORTS[module]:
        assert other.partition(".")[0] in below | {room}, f"{module} imports {other}"


def test_no_two_files_import_each_other() -> None:
    order = list(TopologicalSorter(IMPORTS).static_order())  # raises where there is a circle
    assert set(order) >= IMPORTS.keys()


def test_a_package_s_init_explains_and_imports_nothing() -> None:
    """But for three: the models' is the registry, the commands' the app, micrograd's has Value."""
    for path in ROOT.glob("*/__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        text = ast.get_docstring(tree)
        assert text, path
        if path.parent.name in {"models", "commands"}:
            continue
        does_more = len(tree.body) > 1 and path.parent.name != "micrograd"
        assert not does_more, f"{path} does more than explain"
        for file in path.parent.glob("[!_]*.py"):
            assert re.search(rf"^ *{file.stem} ", text, re.MULTILINE), f"{path} leaves {file} out"
