"""An empty path is a usage error, whichever option it is given to."""

from pathlib import Path

import pytest

import makemore
from makemore.errors import UserError
from tests.helpers import Runner


@pytest.mark.parametrize(
    "command",
    [
        ["train", "--data", ""],
        ["train", "--data", "names.txt", "--data="],
        ["train", "--val-data", ""],
        ["train", "--test-data", ""],
        ["train", "--out", ""],
        ["train", "--config", ""],
        ["train", "--from", ""],
        ["sample", "--run", ""],
        ["sample", "--data", ""],
        ["eval", "--data", ""],
        ["score", "--data", ""],
        ["check", "--data", ""],
        ["compare", "--data", ""],
        ["explain", "emma", "--svg", ""],
        ["lr-range", "--plot", ""],
        ["moons", "--plot", ""],
        ["lecture", "2", "--names", ""],
        ["runs", ""],
    ],
)
def test_an_empty_path_is_refused_and_nothing_is_written(
    run_makemore: Runner, command: list[str]
) -> None:
    before = sorted(Path().iterdir())
    result = run_makemore(*command)
    assert (result.exit_code, "A path can't be empty" in result.output) == (2, True)
    assert sorted(Path().iterdir()) == before


def test_other_options_may_be_empty(run_makemore: Runner, tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_text("anna\nbob\n" * 9)
    assert run_makemore("train", "--data", str(file), "--model", "bigram").exit_code == 0
    assert run_makemore("sample", "--prompt", "", "-n", "1").exit_code == 0


@pytest.mark.parametrize("data", ["", [], [""], ["x.txt", ""]])
def test_a_program_cannot_give_an_empty_path_either(tmp_path: Path, data: str | list[str]) -> None:
    file = tmp_path / "x.txt"
    file.write_text("anna\nbob\n" * 9)
    maker = makemore.train(file, model="bigram", out=tmp_path / "run", show=False)
    with pytest.raises(UserError, match="the path of a file or a folder, or a list of paths"):
        makemore.train(data, model="bigram", show=False)
    with pytest.raises(UserError, match="the path of a file or a folder, or a list of paths"):
        maker.evaluate(data=data)
    with pytest.raises(UserError, match="the path of a file or a folder, or a list of paths"):
        list(maker.scores(data=data))
    with pytest.raises(UserError, match="the path of a file or a folder, or a list of paths"):
        makemore.load(tmp_path / "run", data=data)
    with pytest.raises(UserError, match="the path of a file or a folder"):
        makemore.train(file, init_from="", show=False)
