"""The notebook: it runs, shows what it should, and is stored without outputs."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "makemore.ipynb"
LIVE_LINE = """
import sys

sys.modules["ipywidgets"] = None  # as where it is not installed

from makemore.runs.progress import Progress
from makemore.training.status import StatusLine

with StatusLine() as status:
    status.say("some names")
    for step in range(4):
        status.update(Progress(step=step, max_steps=3, train_loss=2.0, val_loss=2.5))
"""


@pytest.fixture(scope="module")
def kernel_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let kernels be of this very Python, with no settings of the user's, in an empty folder."""
    home = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(Path(sys.prefix) / "share" / "jupyter"))
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(home / name))
        patch.delenv("MPLBACKEND", raising=False)  # a kernel's own shows pictures below the cell
        yield tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="module")
def executed(kernel_folder: Path) -> dict[str, list[Any]]:
    """Run the notebook, and give the outputs of each code cell by the cell's id."""
    return {cell.id: cell.outputs for cell in execute(read(), kernel_folder)}


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def execute(notebook: Any, folder: Path) -> list[Any]:
    """Run a notebook, which raises the error of a cell, and give its code cells."""
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    return code_cells(notebook)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(outputs: list[Any], kind: str = "text/plain") -> list[str]:
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def test_the_notebook_is_stored_without_outputs() -> None:
    notebook = read()
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_the_notebook_runs_in_an_empty_folder_and_leaves_it_empty(
    executed: dict[str, list[Any]], kernel_folder: Path
) -> None:
    assert all(executed.values()), "a cell shows nothing"
    assert all("" not in shown(outputs) for outputs in executed.values())
    assert list(kernel_folder.iterdir()) == []


def test_the_notebook_draws_its_curves(executed: dict[str, list[Any]]) -> None:
    (picture,) = shown(executed["curves"], "image/png")
    assert picture


@pytest.mark.parametrize("model", ["mlp", "transformer"])
def test_training_in_the_notebook_shows_one_live_line(
    executed: dict[str, list[Any]], model: str
) -> None:
    read_line, live_line = shown(executed[model])
    assert read_line.startswith("names.txt: ")
    assert "left" in live_line


def test_a_live_line_in_a_notebook_is_one_output_that_is_replaced(kernel_folder: Path) -> None:
    notebook = read()
    notebook.cells = code_cells(notebook)[:1]
    notebook.cells[0].source = LIVE_LINE
    (cell,) = execute(notebook, kernel_folder)
    said, live_line = shown(cell.outputs)
    assert said == "some names\n"
    assert live_line.endswith("step 3/3  loss 2.0000  val 2.5000\n")
