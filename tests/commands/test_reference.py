"""The page of every command's help is that of the commands as they are."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_the_commands_is_not_stale() -> None:
    write = runpy.run_path(str(DOCS / "commands.py"))["page"]
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert page == write(), "write it again: python docs/commands.py"
