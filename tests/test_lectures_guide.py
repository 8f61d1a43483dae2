"""The guide to the lectures: its commands run, its snippets print what they say, no row is lost."""

import ast
import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from makemore.commands import app
from makemore.micrograd.trace import to_svg

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "docs" / "lectures.md", *sorted((ROOT / "docs" / "lectures").glob("*.md"))]
ACCOUNT = ROOT / "docs" / "lectures" / "account.md"
BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>test|not run): (?P<note>.+?) -->\n)?"
    r"```(?P<language>sh|python)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SHOWN = re.compile(r"\)  # (.+)$")
"""What a line of a snippet says that it prints."""
TRAINING = ("train", "moons")
"""Commands that the flags of a marker are for."""
ROWS = [
    *(f"1.{n}" for n in range(1, 19)),
    *(f"M{n}" for n in range(1, 9)),
    *(f"2.{n}" for n in range(1, 19)),
    *("E2.1", "E2.2", "E2.3", "E2.4", "E2.5"),
    *(f"3.{n}" for n in range(1, 15)),
    "E3",
    *(f"4.{n}" for n in range(1, 22)),
    *("E4.1", "E4.2"),
    *(f"5.{n}" for n in range(1, 11)),
    *(f"6.{n}" for n in range(1, 11)),
    *(f"7.{n}" for n in range(1, 13)),
    *("8", "E7"),
    *(f"P{n}" for n in range(1, 8)),
    *(f"N{n}" for n in range(1, 6)),
    *(f"mistake {n}" for n in range(1, 7)),
    *(f"S{n}" for n in range(1, 16)),
    *(f"T{n}" for n in range(1, 10)),
]
"""The experiments, figures, exercises and traps of the lectures and of the code around them."""


class Block(NamedTuple):
    """A piece of code on a page.

    Attributes:
        line: where its code begins, from 1.
        mark: "test", "not run" or "".
        note: flags for the test, or why the block is not run.
    """

    line: int
    language: str
    code: str
    mark: str
    note: str


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            text.count("\n", 0, match.start("code")) + 1,
            match["language"],
            match["code"],
            match["mark"] or "",
            match["note"] or "",
        )
        for match in BLOCK.finditer(text)
    ]


def run_commands(block: Block, page: Path) -> None:
    """Run each line that begins with `makemore`, with the marker's flags on what trains."""
    for number, line in enumerate(block.code.splitlines(), start=block.line):
        words = shlex.split(line, comments=True)
        if words[:1] == ["python"]:
            assert (ROOT / words[1]).exists(), f"{page.name}:{number}"
        if words[:1] != ["makemore"] or block.mark == "not run":
            continue
        extra = shlex.split(block.note) if words[1] in TRAINING else []
        result = CliRunner().invoke(app, [*words[1:], *extra])
        assert result.exit_code == 0, f"{page.name}:{number}: {line}\n{result.output}"


def run_snippet(block: Block, page: Path, namespace: dict[str, Any]) -> None:
    """Run statement by statement; what stands behind a `print` as a comment is what it prints."""
    lines = block.code.splitlines()
    for statement in ast.parse(block.code).body:
        assert statement.end_lineno is not None
        said = SHOWN.search(lines[statement.end_lineno - 1])
        ast.increment_lineno(statement, block.line - 1)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(ast.Module([statement], []), page, "exec"), namespace)
        if said and ast.unparse(statement).startswith("print("):
            assert printed.getvalue().strip() == said[1], f"{page.name}:{statement.lineno}"


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_from_its_top_to_its_end(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in blocks_of(page):
        if block.language == "sh":
            run_commands(block, page)
        else:
            run_snippet(block, page, namespace)


def test_the_picture_of_a_neuron_is_what_the_first_page_computes() -> None:
    namespace: dict[str, Any] = {}
    for block in [b for b in blocks_of(PAGES[0]) if b.language == "python"][:2]:
        run_snippet(block, PAGES[0], namespace)
    picture = ROOT / "docs" / "lectures" / "neuron.svg"
    assert picture.read_text(encoding="utf-8") == to_svg(namespace["o"])


def test_only_what_needs_a_file_or_much_time_is_not_run() -> None:
    notes = [b.note for page in PAGES for b in blocks_of(page) if b.mark == "not run"]
    assert set(notes) == {"needs the original list", "needs tiny Shakespeare"}
    assert len(notes) == 5


def test_each_lecture_says_what_to_run_to_expect_to_read_and_to_try() -> None:
    lectures = [page for page in PAGES if re.match(r"\d-", page.name)]
    assert len(lectures) == 7
    for page in lectures:
        headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        wanted = ["Run it here", "Where things are", "Stumbling stones", "Exercises", "Answers"]
        assert [heading for heading in headings if heading in wanted] == wanted, page.name


def test_the_account_has_each_row_once() -> None:
    text = ACCOUNT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w. ]+?) \| .+ \| .+ \|$", text, re.MULTILINE)
    assert [row for row in rows if row != "row"] == ROWS
