"""The learning rate range test by command."""

import json
from pathlib import Path

import pytest

import makemore
from tests.helpers import Runner, in_terminal, write_file

pytestmark = pytest.mark.usefixtures("one_thread")
SMALL = ["--model", "mlp", "--n-hidden", "20", "--batch-size", "64", "--steps", "50"]


def test_lr_range_draws_the_curve_and_says_what_it_suggests_and_why(run_makemore: Runner) -> None:
    result = run_makemore("lr-range", *SMALL, "--plot", "curve.png")
    assert (result.exit_code, result.stderr) == (0, "")
    for part in ("^ suggested", "^ recipe 0.02", "it is lowest at", "A third of that is suggested"):
        assert part in result.stdout
    assert "\x1b" not in result.stdout
    assert Path("curve.png").read_bytes().startswith(b"\x89PNG")
    assert not Path("runs").exists()


def test_json_is_one_object_with_what_the_library_finds(run_makemore: Runner) -> None:
    shown = json.loads(run_makemore("lr-range", *SMALL, "--json").stdout)
    found = makemore.lr_range(model="mlp", n_hidden=20, batch_size=64, steps=50, show=False)
    assert shown == found.figures()
    assert shown["suggested"] == pytest.approx(shown["lowest"]["rate"] / 3)
    assert len(shown["rates"]) == len(shown["losses"]) == len(shown["smoothed"])


def test_a_narrow_terminal_has_a_narrow_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(tmp_path / "names.txt", "\n".join(["emma", "olivia", "ava", "mia"] * 20))
    shown = in_terminal("lr-range", *SMALL, "--data", "names.txt", cwd=tmp_path)
    assert "^ suggested" in shown
    assert "step 50/50" in shown or "it bursts at" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--plot", "curve.gif"], "--plot writes PNG or SVG"),
        (["--model", "ngram"], "ngram is fitted by counting"),
        (["--model", "bigram"], "take another, or bigram with --fit gradient"),
        (["--model", "mlp", "--n-head", "2"], "--n-head: belongs to transformer"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_has_no_learning_rate_to_find_has_status_2(
    run_makemore: Runner, arguments: list[str], said: str
) -> None:
    result = run_makemore("lr-range", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_picture_that_can_not_be_written_is_the_user_s_to_fix(run_makemore: Runner) -> None:
    result = run_makemore("lr-range", *SMALL, "--plot", "nowhere/curve.svg")
    assert result.exit_code == 1
    assert result.stderr == "makemore: Can't write nowhere/curve.svg: No such file or directory.\n"


@pytest.mark.parametrize("command", ["lr-range", "check"])
def test_a_text_that_is_read_as_lines_is_hinted_at(run_makemore: Runner, command: str) -> None:
    sentences = "one sentence after another, as in a novel. " * 30
    write_file(Path("novel.txt"), "\n".join(f"{number} {sentences}" for number in range(30)))
    options = SMALL if command == "lr-range" else SMALL[:-2]
    result = run_makemore(command, "--data", "novel.txt", *options)
    assert "--format text" in result.stderr
    assert "novel.txt: 30 documents" in result.stdout.splitlines()[0]
