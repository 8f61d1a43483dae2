"""What is said in several places says the same."""

import re
import tomllib
from pathlib import Path

import makemore

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAME = re.compile(r"[A-Za-z0-9._-]+")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_version_stands_in_one_place() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert "version" not in PROJECT["project"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", makemore.__version__)
    assert f"## {makemore.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_group_for_development_is_the_extra() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert PROJECT["dependency-groups"]["dev"] == extras["dev"]
    assert set(extras["notebook"]) <= set(extras["dev"])


def test_every_dependency_is_pinned_in_the_constraints() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {normal(line.partition("==")[0]) for line in lines if "==" in line}
    project = PROJECT["project"]
    for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]:
        name = NAME.match(requirement)
        assert name is not None
        assert normal(name.group()) in pinned, requirement


def test_a_source_distribution_holds_all_that_the_tests_read() -> None:
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    made = {line.strip("/") for line in ignored} | {"makemore.egg-info"}
    here = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - made
    assert here - {path.strip("/") for path in included} <= {"pyproject.toml", "PKG-INFO"}
