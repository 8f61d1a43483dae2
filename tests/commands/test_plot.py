"""Pictures by command."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

import makemore
from makemore.commands.completion import complete_run_or_picture
from makemore.pictures.gallery import PICTURES
from tests.helpers import PYTHON, Runner

pytestmark = pytest.mark.usefixtures("one_thread")


def test_plot_writes_a_file_a_picture_into_the_run_s_directory(run: Runner) -> None:
    result = run("plot", "bigram", "word", "--word", "ava")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "bigram  runs/one/pictures/bigram.png",
        "word    runs/one/pictures/word.png",
    ]
    assert Path("runs/one/pictures/word.png").read_bytes().startswith(b"\x89PNG")


def test_a_word_that_is_no_picture_is_a_run(run: Runner, tmp_path: Path) -> None:
    file = str(tmp_path / "both.svg")
    for arguments in (["one", "runs/one", "loss"], ["loss", "--run", "one", "--run", "one"]):
        result = run("plot", *arguments, "--out", file)
        assert (result.exit_code, result.stdout) == (0, f"loss  {file}\n")
        assert b"one, train" in Path(file).read_bytes() or Path(file).stat().st_size > 10_000


def test_json_tells_the_files_and_what_each_shows(run: Runner, tmp_path: Path) -> None:
    arguments = ["embedding", "positions", "--split", "test", "--format", "svg"]
    shown = run("plot", *arguments, "--out", str(tmp_path), "--json").stdout.splitlines()
    expected = makemore.plot("one", ["embedding", "positions"], split="test").figures()
    for line, one, name in zip(shown, expected, ["embedding", "positions"], strict=True):
        found = json.loads(line)
        assert found["file"] == str(tmp_path / f"{name}.svg")
        assert Path(found["file"]).exists()
        assert found["shows"] == json.loads(json.dumps(one["shows"]))


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["wrod"], 2, "wrod is neither a run nor a picture; pictures are bigram, "),
        (["word", "one", "one"], 2, "word shows one run, not 2"),
        (["splits"], 2, "splits takes 2 runs or more"),
        (["word", "loss", "--out", "a.png"], 2, "a.png holds one picture, not 2"),
        (["word", "--out", "a.gif"], 2, "--out writes PNG or SVG"),
        (["word", "--word", "a7"], 1, "doesn't know the character '7'"),
        (["word", "--show"], 2, "--show takes kitty, iTerm2 or a terminal with sixel"),
        (["loss", "data.txt"], 1, "data.txt"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_can_not_be_plotted_is_said_in_a_sentence(
    run: Runner, arguments: list[str], status: int, said: str
) -> None:
    result = run("plot", *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_show_writes_the_png_to_a_terminal_that_takes_it(trained: Path, tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    command = [*PYTHON, "plot", "one", "word", "--show", "--out", str(tmp_path)]
    environment = {**os.environ, "TERM": "xterm-kitty"}
    environment.pop("TMUX", None)
    process = subprocess.Popen(command, cwd=trained, stdout=follower, env=environment)
    os.close(follower)
    shown = b""
    try:
        while block := os.read(leader, 65536):
            shown += block
    except OSError:  # a terminal ends so on Linux
        os.close(leader)
    assert process.wait() == 0
    assert b"\x1b_Ga=T,f=100,c=" in shown
    assert b";iVBORw0KGgo" in shown, "a PNG begins so in base64"


def test_a_shell_completes_pictures_and_runs(run: Runner) -> None:
    assert complete_run_or_picture("sp") == ["splits"]
    assert complete_run_or_picture("on") == ["one"]
    assert set(PICTURES) < set(complete_run_or_picture(""))
