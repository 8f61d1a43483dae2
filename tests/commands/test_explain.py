"""Explanations, by the command that a user types."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.helpers import Runner

SMALL = ["--model", "mlp", "--n-embd", "2", "--n-hidden", "4"]


def test_explain_shows_one_prediction_whole_and_draws_it(run_makemore: Runner) -> None:
    result = run_makemore("explain", "emma", *SMALL, "--at", "3", "--svg", "emma.svg")
    assert (result.exit_code, result.stderr) == (0, "")
    shown = result.stdout
    for part in ("prediction 3 of 5: .em --> m   0 5 13 --> 13", "embedding e", "hidden 3  tanh("):
        assert part in shown
    for part in ("logit m", "<-- next", "sum of all 27 exp", "loss  -log(", "largest gradients"):
        assert part in shown
    assert ElementTree.parse("emma.svg").getroot().tag.endswith("svg")


def test_json_has_all_that_is_shown(run_makemore: Runner) -> None:
    found = json.loads(run_makemore("explain", "emma", *SMALL, "--at", "3", "--json").stdout)
    assert (found["word"], found["model"], found["at"]) == ("emma", "mlp", 3)
    assert [len(found[key]) for key in ("embedded", "sums", "hidden", "logits")] == [3, 4, 4, 27]
    assert found["characters"][:2] == [".", "a"]
    one = found["predictions"][2]
    assert (one["text"], one["next"], one["ids"], one["target"]) == (".em", "m", [0, 5, 13], 13)
    assert one["probability"] == found["probabilities"][13]
    assert found["moved"][0].keys() == {"name", "index", "value", "gradient"}


def test_contexts_are_rows_of_several_words(run_makemore: Runner) -> None:
    result = run_makemore("explain", "--contexts", "yuheng", "--model", "wavenet")
    lines = [line.split("   ")[0] for line in result.stdout.splitlines()]
    assert (lines[0], lines[-1], len(lines)) == ("........ --> y", "..yuheng --> .", 7)
    shown = run_makemore("explain", "--contexts", "emma", "ava", *SMALL, "--json").stdout
    assert [json.loads(line)["next"] for line in shown.splitlines()] == list("emma.ava.")


def test_shapes_are_a_table_and_json(run_makemore: Runner) -> None:
    table = run_makemore("explain", "--shapes", "--model", "wavenet").stdout
    assert "(32, 8, 24)" in table
    assert table.splitlines()[-1].split() == ["total", "76,579", "126,336"]
    found = json.loads(run_makemore("explain", "--shapes", "--model", "wavenet", "--json").stdout)
    assert found["parameters"] == 76_579
    assert found["layers"][0]["parameters"] == {"embedding.weight": [27, 24]}


def test_a_trained_run_is_explained_with_its_own_weights(run: Runner) -> None:
    found = json.loads(run("explain", "emma", "--run", "runs/one", "--json").stdout)
    Path("emma.txt").write_text("emma\n")
    try:
        measured = json.loads(run("eval", "--data", "emma.txt", "--json").stdout)
    finally:
        Path("emma.txt").unlink()
    assert found["loss"] == pytest.approx(measured["splits"]["emma.txt"]["loss"], rel=1e-5)
    assert "11,897" in run("explain", "--shapes", "--run", "runs/one").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give a word to explain"),
        (["emma", "ava"], "One word is explained at a time"),
        (["emma", "--shapes"], "leave out the word"),
        (["emma", "--contexts", "--at", "1"], "leave out --contexts"),
        (["emma", "--svg", "emma.png"], "--svg writes SVG: give it emma.svg"),
        (["emma", "--run", "one", "--model", "mlp"], "--run has settings of its own"),
        (["emma", "--model", "mlp", "--n-head", "2"], "--n-head: belongs to transformer"),
        (["emma", *SMALL, "--at", "9"], "--at takes 1 to 5"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_does_not_go_together_has_status_2(
    run_makemore: Runner, arguments: list[str], said: str
) -> None:
    result = run_makemore("explain", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_network_too_large_to_draw_is_refused_and_no_file_is_left(run_makemore: Runner) -> None:
    result = run_makemore("explain", "emma", "--model", "mlp", "--svg", "emma.svg")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "draws up to 250 numbers" in result.stderr
    assert not Path("emma.svg").exists()
