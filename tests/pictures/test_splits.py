"""The losses of several runs against their size and time."""

from matplotlib.figure import Figure

from makemore import Maker
from makemore.pictures.request import Request
from makemore.pictures.splits import draw, find


def test_each_run_has_its_exact_losses_its_size_and_its_time(mlp: Maker, bigram: Maker) -> None:
    found = find(Request([bigram, mlp]))
    assert sorted(run.name for run in found.runs) == ["bigram", "mlp"]
    by_name = {run.name: run for run in found.runs}
    for name, maker in (("bigram", bigram), ("mlp", mlp)):
        run = by_name[name]
        assert run.losses == {split: one.loss for split, one in maker.evaluate().items()}
        assert (run.parameters, run.seconds) == (maker.model.n_parameters, maker.progress.seconds)
    losses = [run.losses["val"] for run in found.runs]
    assert losses == sorted(losses)


def test_the_figure_has_both_axes_and_a_point_a_split(mlp: Maker, bigram: Maker) -> None:
    figure = Figure()
    draw(figure, find(Request([bigram, mlp])))
    size, time = figure.axes
    assert (size.get_xlabel(), time.get_xlabel()) == ("parameters", "seconds of training")
    points = [line for line in size.get_lines() if line.get_linestyle() == "None"]
    assert [line.get_label() for line in points] == ["train", "val", "test"]
    assert all(len(line.get_xydata()) == 2 for line in points)  # type: ignore[arg-type]
