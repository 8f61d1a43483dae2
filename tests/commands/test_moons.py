"""The first training by command: live, plain, as JSON, and its picture."""

import json
import re
import resource
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.helpers import Runner, in_terminal, start_makemore


def test_moons_shows_its_steps_the_boundary_and_what_pytorch_takes(run_makemore: Runner) -> None:
    result = run_makemore("moons", "--steps", "2")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "100 points, 337 parameters"
    assert lines[1:3] == [
        "step  0  loss 0.8958441  accuracy 50.0%",
        "step  1  loss 1.7235905  accuracy 81.0%",
    ]
    assert all(sign in result.stdout for sign in "▒●○")
    pace = r"\d+\.\d\d s number by number, \S+ s in PyTorch: [\d,]+ times as fast"
    assert re.fullmatch(pace, lines[-1])
    assert "\x1b" not in result.stdout


def test_in_a_terminal_one_line_tells_of_the_steps(tmp_path: Path) -> None:
    shown = in_terminal("moons", "--steps", "3", cwd=tmp_path)
    assert len(re.findall(r"step +\d  loss \d\.\d{7}  accuracy \d+\.\d%", shown)) >= 3
    assert shown.count("step  2") >= 1
    assert "\nstep  1" not in shown, "each step stands in the place of the one before"


def test_json_is_an_object_a_step_and_one_for_the_times(run_makemore: Runner) -> None:
    result = run_makemore("moons", "--steps", "2", "--json")
    first, second, pace = map(json.loads, result.stdout.splitlines())
    assert first == {"step": 0, "loss": pytest.approx(0.8958441028683222), "accuracy": 0.5}
    assert second["loss"] == pytest.approx(1.7235905336972022)
    assert pace["ratio"] == pytest.approx(pace["values_seconds"] / pace["pytorch_seconds"])
    assert pace["ratio"] > 1


def test_batches_and_seeds_make_another_training(run_makemore: Runner) -> None:
    def trained(*flags: str) -> str:
        return run_makemore("moons", "--steps", "1", "--json", *flags).stdout.splitlines()[0]

    few = trained("--batch-size", "9", "--seed", "4")
    assert few == trained("--batch-size", "9", "--seed", "4")
    assert len({few, trained("--batch-size", "9"), trained("--seed", "4"), trained()}) == 4


def test_plot_writes_an_svg(run_makemore: Runner) -> None:
    for flags in ([], ["--json"]):
        result = run_makemore("moons", "--steps", "1", "--plot", "moons.svg", *flags)
        assert result.exit_code == 0
        picture = ElementTree.parse("moons.svg").getroot()
        assert picture.tag.endswith("svg")
        Path("moons.svg").unlink()


def test_a_picture_of_another_kind_is_refused_before_training(run_makemore: Runner) -> None:
    result = run_makemore("moons", "--plot", "moons.gif")
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        "--plot writes PNG or SVG: give it a name in .png or .svg, not moons.gif" in result.stderr
    )


def test_plot_writes_a_png(run_makemore: Runner) -> None:
    assert run_makemore("moons", "--steps", "1", "--plot", "moons.png").exit_code == 0
    assert Path("moons.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_can_not_be_written_is_the_user_s_to_fix(run_makemore: Runner) -> None:
    result = run_makemore("moons", "--steps", "1", "--plot", "nowhere/moons.svg")
    assert result.exit_code == 1
    assert result.stderr == "makemore: Can't write nowhere/moons.svg: No such file or directory.\n"


@pytest.mark.campaign
def test_the_whole_training_reaches_the_original_s_loss_in_30_seconds_of_one_core(
    tmp_path: Path,
) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    shown, _ = start_makemore("moons", "--json", cwd=tmp_path).communicate()
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 30
    *steps, pace = (json.loads(line) for line in shown.splitlines())
    assert pace["ratio"] > 50
    losses = {place: steps[place]["loss"] for place in (9, 19, 50, 99)}
    assert losses == pytest.approx(
        {
            9: 0.2704862551637922,
            19: 0.1845374874688392,
            50: 0.0987511,
            99: 0.010978370135492717,
        },
        abs=1e-7,
    )
    assert next(step["step"] for step in steps if step["accuracy"] == 1) == 40
    assert (len(steps), steps[-1]["accuracy"]) == (100, 1)
