"""Which Python files run: those that this user has named, as they were then."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import makemore
from makemore.errors import UserError
from makemore.models import trust
from makemore.models.trust import Sources
from tests.helpers import Runner

MODEL = """
from pathlib import Path

from torch import nn

import beside
from parts import rows

Path("ran").touch()


class Table(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.rows = rows.make(vocab_size)

    def forward(self, tokens):
        return self.rows(tokens)
"""
ROWS = "from torch import nn\n\n\ndef make(n):\n    return nn.Embedding(n, n)\n"

Forget = Callable[[], None]


@pytest.fixture
def forget(monkeypatch: pytest.MonkeyPatch) -> Forget:
    """Forget what this process knows, as a new one does; what is on disk stays."""

    def forget() -> None:
        monkeypatch.setattr(trust, "_named", set())
        monkeypatch.setattr(trust, "_known", set())
        Path("ran").unlink(missing_ok=True)

    forget()
    return forget


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Forget:
    """Become another user, with a home of their own."""

    def become() -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))

    become()
    return become


@pytest.fixture
def trained(run_makemore: Runner, tmp_path: Path, forget: Forget, user: Forget) -> Path:
    """Train a model of one's own by the name of its file, then start anew."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "rows.py").write_text(ROWS)
    (tmp_path / "beside.py").write_text("")
    file = tmp_path / "own.py"
    file.write_text(MODEL)
    result = run_makemore("train", "--model", "own.py:Table", "--max-steps", "2", "--out", "run")
    assert result.exit_code == 0, result.stderr
    assert Path("ran").exists()
    forget()
    return file


def commands() -> list[list[str]]:
    return [
        ["sample", "--run", "run"],
        ["eval", "--run", "run", "--split", "val"],
        ["explain", "emma", "--run", "run"],
        ["train", "--resume", "--out", "run", "--max-steps", "9"],
        ["train", "--config", "run/config.toml", "--out", "again"],
    ]


@pytest.mark.parametrize("command", commands(), ids=lambda command: command[0])
def test_a_file_runs_once_its_user_has_named_it(
    run_makemore: Runner, trained: Path, command: list[str]
) -> None:
    assert run_makemore(*command).exit_code == 0


@pytest.mark.parametrize("command", commands(), ids=lambda command: command[0])
def test_the_file_of_a_stranger_runs_only_where_the_user_says_so(
    run_makemore: Runner, trained: Path, command: list[str], user: Forget, forget: Forget
) -> None:
    user()
    result = run_makemore(*command)
    assert (result.exit_code, result.stdout, Path("ran").exists()) == (1, "", False)
    assert result.stderr.startswith(
        f"makemore: {trained} belongs to the model, and makemore runs a Python"
    )
    assert "--trust" in result.stderr
    assert not Path("again").exists()
    assert run_makemore(*command, "--trust").exit_code == 0
    forget()
    assert run_makemore("sample", "--run", "run").exit_code == 0, "it is known from then on"


def test_naming_the_file_is_saying_so(run_makemore: Runner, trained: Path, user: Forget) -> None:
    user()
    assert run_makemore("sample", "--run", "run", "--model", "own.py:Table").exit_code == 0


@pytest.mark.parametrize("name", ["own.py", "beside.py", "parts/rows.py", "parts/__init__.py"])
def test_no_file_runs_that_has_changed(run_makemore: Runner, trained: Path, name: str) -> None:
    changed = trained.parent / name
    changed.write_text("from pathlib import Path\nPath('ran').touch()\n" + changed.read_text())
    result = run_makemore("sample", "--run", "run")
    assert (result.exit_code, Path("ran").exists()) == (1, False)
    assert result.stderr.startswith(f"makemore: {changed} belongs to the model")
    assert run_makemore("sample", "--run", "run", "--trust").exit_code == 0


def test_a_new_file_beside_does_not_stand_in_for_another(
    run_makemore: Runner, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one with the name of a package, nor a folder, a link, or compiled code."""
    evil = trained.parent / "evil.py"
    evil.write_text("from pathlib import Path\nPath('ran').touch()\n")
    (trained.parent / "beside").mkdir()
    (trained.parent / "beside" / "__init__.py").write_text(evil.read_text())
    result = run_makemore("sample", "--run", "run")
    assert (result.exit_code, Path("ran").exists()) == (1, False)
    shutil.rmtree(trained.parent / "beside")
    (trained.parent / "beside.py").unlink()
    (trained.parent / "beside.py").symlink_to(evil)
    result = run_makemore("sample", "--run", "run")
    assert (result.exit_code, Path("ran").exists()) == (1, False)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (trained.parent / "beside.py").unlink()
    (trained.parent / "beside.py").write_text("")
    compiled = trained.parent / "__pycache__"
    assert not compiled.exists(), "Python's own cache is neither written nor read"
    assert run_makemore("sample", "--run", "run").exit_code == 0


def test_a_file_is_read_once_so_that_none_can_be_put_in_between(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at = Sources.look_at

    def exchange(self: Sources, name: str, path: Path, source: bytes) -> None:
        look_at(self, name, path, source)
        path.write_text("raise SystemExit")

    monkeypatch.setattr(Sources, "look_at", exchange)
    assert Sources(f"{trained}:Table").load().Table


def test_a_run_knows_the_code_it_was_trained_with(
    run_makemore: Runner, trained: Path, forget: Forget
) -> None:
    """Though the user has named what stands there now for another run."""
    trained.write_text(MODEL.replace("self.rows(tokens)", "2 * self.rows(tokens)"))
    flags = ["--model", "own.py:Table", "--max-steps", "2", "--out"]
    assert run_makemore("train", *flags, "other").exit_code == 0
    forget()
    for command in (["sample", "--run", "run"], ["train", "--resume", "--out", "run"]):
        result = run_makemore(*command)
        assert result.exit_code == 1
        assert "own.py:Table has changed since the model was trained" in result.stderr
        assert run_makemore("sample", "--run", "other").exit_code == 0


def test_a_project_that_has_moved_names_the_file_anew(
    run_makemore: Runner, trained: Path, user: Forget, monkeypatch: pytest.MonkeyPatch
) -> None:
    user()
    shutil.copytree(trained.parent, trained.parent / "moved", ignore=lambda *_: ["moved"])
    monkeypatch.chdir(trained.parent / "moved")
    trained.unlink()
    result = run_makemore("sample", "--run", "run")
    assert f"There is no file {trained}" in result.stderr
    assert "--model path/to/own.py:Table" in result.stderr
    maker = makemore.load("run", model="own.py:Table")
    assert len(maker.sample(3)) == 3
    resume = ["train", "--resume", "--out", "run", "--max-steps", "4"]
    assert run_makemore(*resume, "--model", "own.py:Table").exit_code == 0
    assert run_makemore("sample", "--run", "run").exit_code == 0, "the run has the new place"


def test_a_home_that_can_t_be_written_is_no_obstacle(
    run_makemore: Runner, trained: Path, monkeypatch: pytest.MonkeyPatch, forget: Forget
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    monkeypatch.setattr("platformdirs.user_state_path", lambda _: Path("/dev/null"))
    assert run_makemore("sample", "--run", "run", "--trust").exit_code == 0
    forget()
    assert run_makemore("sample", "--run", "run").exit_code == 1


def test_models_of_ours_have_no_file_to_name(run_makemore: Runner) -> None:
    assert run_makemore("train", "--model", "bigram", "--out", "run", "--trust").exit_code == 0
    for name in ("own.py:Table", "bigram"):
        result = run_makemore("sample", "--run", "run", "--model", name)
        assert (result.exit_code, "one's own model" in result.stderr) == (2, True)


def test_files_beside_two_models_may_have_one_name(tmp_path: Path, user: Forget) -> None:
    for folder, value in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "beside.py").write_text(f"VALUE = {value}")
        (tmp_path / folder / "own.py").write_text("from beside import VALUE")
    found = []
    for folder in "aba":
        model = f"{tmp_path / folder / 'own.py'}:X"
        with pytest.raises(UserError, match="belongs to the model"):
            Sources(model).load()
        trust.trust(model)
        found.append(Sources(model).load().VALUE)
        trust._named.clear()
        trust._known.clear()
        (tmp_path / folder / "own.py").write_text(f"from beside import VALUE  # {len(found)}")
    assert found == [1, 2, 1]
