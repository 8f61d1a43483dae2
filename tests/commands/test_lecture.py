"""`makemore lecture`: the list, a lecture, and what can't be."""

import json
from pathlib import Path

from makemore.lectures.course import LECTURES
from tests.helpers import Runner, in_terminal


def test_without_a_number_the_lectures_are_listed(run_makemore: Runner) -> None:
    result = run_makemore("lecture")
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == 1 + len(LECTURES)
    listed = [json.loads(line) for line in run_makemore("lecture", "--json").stdout.splitlines()]
    assert [one["number"] for one in listed] == [lecture.number for lecture in LECTURES]


def test_a_lecture_s_figures_stand_beside_ours(run_makemore: Runner) -> None:
    result = run_makemore("lecture", "7")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].split("  ")[0] == "figure"
    assert any(line.startswith("variance of k, of q") for line in lines)
    assert not any(line.endswith(" ") for line in lines)


def test_json_has_each_figure_in_full(run_makemore: Runner) -> None:
    result = run_makemore("lecture", "7", "--json")
    figures = [json.loads(line) for line in result.stdout.splitlines()]
    by_name = {figure["name"]: figure for figure in figures}
    assert by_name["one head: shape"]["told"] == [4, 8, 16]
    assert {figure["lecture"] for figure in figures} == {7}


def test_a_terminal_breaks_the_lines_of_the_table(tmp_path: Path) -> None:
    shown = in_terminal("lecture", cwd=tmp_path)
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    assert len(shown.splitlines()) > 1 + len(LECTURES)


def test_names_without_a_lecture_are_refused(run_makemore: Runner) -> None:
    result = run_makemore("lecture", "--names", "names.txt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "makemore: --names goes with a lecture: give its number too.\n"


def test_a_list_that_is_not_there_is_the_user_s_to_fix(run_makemore: Runner) -> None:
    result = run_makemore("lecture", "2", "--names", "nowhere.txt")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "makemore: Can't read nowhere.txt: No such file or directory.\n"


def test_another_number_is_a_usage_error(run_makemore: Runner) -> None:
    result = run_makemore("lecture", "9")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "makemore: There is no lecture 9 here: take 1, 2, 3, 4, 5, 6 or 7.\n"
