"""The pictures by their names."""

from importlib import import_module
from pathlib import Path

import pytest

import makemore
from makemore import Maker, UsageError, UserError
from makemore.pictures.gallery import PICTURES, check_names, folder_of, make, read_out
from makemore.pictures.request import Request


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_has_a_file_that_finds_and_draws_it(name: str) -> None:
    room = import_module(f"makemore.pictures.{name.replace('-', '_')}")
    assert callable(room.find)
    assert callable(room.draw)
    assert PICTURES[name].help


def test_no_name_stands_for_all_that_show_so_many_runs() -> None:
    assert "splits" not in check_names([], 1)
    assert "embedding" not in check_names([], 2)
    assert check_names(["word", "loss", "word"], 1) == ["word", "loss"]
    for names, runs, said in (
        (["wrod"], 1, "There is no picture 'wrod': there are bigram, "),
        (["word"], 2, "word shows one run, not 2"),
        (["bigram"], 3, "bigram shows 2 runs, not 3"),
        (["splits"], 1, "splits takes 2 runs or more"),
    ):
        with pytest.raises(UsageError, match=said):
            check_names(names, runs)


def test_out_is_a_folder_or_the_file_of_one_picture() -> None:
    assert read_out("folder", "svg", ["a", "b"]) == (None, "svg")
    assert read_out("v1.2", None, ["a"]) == (None, "png")
    assert read_out("a.SVG", None, ["a"]) == (Path("a.SVG"), "svg")
    for out, kind, names, said in (
        ("a.png", None, ["a", "b"], "holds one picture, not 2"),
        ("a.png", "svg", ["a"], "don't go together"),
        ("a.jpg", None, ["a"], "--out writes PNG or SVG"),
        (None, "gif", ["a"], "--format takes png or svg"),
    ):
        with pytest.raises(UsageError, match=said):
            read_out(out, kind, names)


def test_a_picture_lies_in_the_directory_of_its_run(mlp: Maker) -> None:
    assert folder_of([mlp]) == folder_of([mlp, mlp]) == Path("pictures")


def test_two_runs_of_one_model_are_named_by_their_directories(mlp: Maker, bigram: Maker) -> None:
    assert Request([mlp, bigram]).names == ["mlp", "bigram"]
    assert Request([mlp, mlp]).names == ["mlp", "mlp"], "in memory they have none"


def test_a_plot_draws_itself_in_a_notebook_and_is_saved_where_told(
    mlp: Maker, tmp_path: Path
) -> None:
    plot = make("word", Request([mlp], "ava"))
    assert plot._repr_png_().startswith(b"\x89PNG")
    saved = plot.save(tmp_path / "new" / "ava.svg")
    assert saved.path is not None
    assert saved.path.read_bytes().startswith(b"<?xml")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="Can't make"):
        plot.save(tmp_path / "file" / "ava.svg")


def test_from_python_nothing_is_written_unless_told(
    mlp: Maker, bigram: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plots = makemore.plot([mlp, bigram], ["positions", "splits"])
    assert [plot.path for plot in plots] == [None, None]
    assert list(tmp_path.iterdir()) == []
    (one,) = makemore.plot(mlp, "word", word="ava", out="ava.png")
    assert one.path == Path("ava.png")
    assert one.found.figures()["word"] == "ava"
    assert "ava.png" in repr(makemore.plot(mlp, "word", word="ava", out="ava.png"))


def test_all_that_fit_are_made_and_the_others_say_why(bigram: Maker) -> None:
    plots = makemore.plot(bigram)
    assert {"bigram", "word", "positions", "samples"} <= {plot.name for plot in plots}
    why = {one.name: one.why for one in plots.missing}
    assert why["embedding"] == "bigram has no embedding of characters."
    with pytest.raises(UserError, match="no embedding"):
        makemore.plot(bigram, "embedding")


def test_a_comparison_is_several_runs(names: Path) -> None:
    found = makemore.compare(names, models="bigram,ngram", show=False)
    (plot,) = makemore.plot(found, "splits")
    assert {run["name"] for run in plot.found.figures()["runs"]} == {"bigram", "ngram"}
