"""The curves of a training."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

import makemore
from makemore import Maker, UserError
from makemore.pictures.loss import curves_of, draw, find
from makemore.pictures.request import Request


def test_a_run_s_curves_are_what_it_has_logged(mlp: Maker) -> None:
    (run,) = find(Request([mlp])).runs
    assert run.val.steps == [0, 20, 40, 60]
    logged = [row for row in mlp.metrics if "loss/train" in row]
    assert run.train.losses == [row["loss/train"] for row in logged]
    assert run.train.seconds == sorted(run.train.seconds or [])
    assert (run.val.seconds or [])[-1] <= mlp.progress.seconds


def test_the_smoothed_curve_is_the_mean_of_each_loss_and_those_around_it() -> None:
    losses = [float((7 * n) % 13) for n in range(100)]
    run = curves_of("one", [{"step": n, "loss/train": loss} for n, loss in enumerate(losses)])
    assert run.smoothed[50] == pytest.approx(sum(losses[48:53]) / 5)
    assert run.smoothed[0] == pytest.approx(sum(losses[:3]) / 3)
    assert run.train.seconds is None


def test_what_was_not_finite_is_left_out() -> None:
    run = curves_of("one", [{"step": 1, "loss/train": None}, {"step": 2, "loss/train": 3.0}])
    assert (run.train.steps, run.train.losses) == ([2], [3.0])


def test_several_runs_lie_over_each_other_and_a_counted_one_is_a_line(
    mlp: Maker, bigram: Maker
) -> None:
    found, figure = find(Request([mlp, bigram])), Figure()
    draw(figure, found)
    steps, seconds = figure.axes
    assert (steps.get_xlabel(), seconds.get_xlabel()) == ("steps", "seconds of training")
    assert steps.get_ylabel() == "loss (nats a character)"
    labels = [text.get_text() for text in steps.get_legend().get_texts()]  # type: ignore[union-attr]
    assert labels == ["mlp, train", "mlp, val", "bigram, counted"]


def test_without_seconds_there_are_steps_alone() -> None:
    metrics = [{"step": n, "loss/train": 3.0 - n / 10, "loss/val": 3.0} for n in range(1, 9)]
    figure = Figure()
    from makemore.pictures.loss import Found

    draw(figure, Found([curves_of("old", metrics)]))  # type: ignore[arg-type]
    assert len(figure.axes) == 1


def test_counting_has_no_curve_and_a_file_alone_no_metrics(
    bigram: Maker, mlp: Maker, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="one loss and no curve"):
        find(Request([bigram]))
    mlp.save(tmp_path / "alone.safetensors")
    with pytest.raises(UserError, match=r"has no metrics\.jsonl beside it"):
        find(Request([makemore.load(tmp_path / "alone.safetensors")]))
