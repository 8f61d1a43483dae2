"""The logged numbers: the same for TensorBoard, and cut where a crash has torn them."""

import json
import math
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout  # type: ignore[import-untyped]
from tensorboard.plugins.hparams.plugin_data_pb2 import (  # type: ignore[import-untyped]
    HParamsPluginData,
)

from makemore.config import Config
from makemore.corpus.splits import Corpus
from makemore.runs.metrics import Tracker
from makemore.runs.run import Run, create_run
from tests.helpers import metrics_of, run_training, small_config


def test_logs_that_a_crash_has_torn_are_cut_where_they_can_t_be_read(
    corpus: Corpus, tmp_path: Path
) -> None:
    whole, torn = create_run(tmp_path / "whole", "mlp"), create_run(tmp_path / "torn", "mlp")
    config = small_config("mlp")
    run_training(config, corpus, whole)
    run_training(config, corpus, torn, stop_after=13)
    with torn.metrics.open("ab") as file:
        file.write(b'\0\0\xff\0\n{"step": 99}\n{"step"')
    run_training(config, corpus, torn)
    assert metrics_of(whole) == metrics_of(torn)


def lose_the_last_checkpoint(config: Config, corpus: Corpus, run: Run) -> None:
    """Train to the end, as if a crash had lost the checkpoint of step 20, but no logs."""
    run_training(config, corpus, run, stop_after=13)
    saved = run.last.read_bytes()
    run_training(config, corpus, run, stop_after=20)
    run.last.write_bytes(saved)
    run_training(config, corpus, run)


def test_tensorboard_gets_the_numbers_of_metrics_jsonl_the_samples_and_the_config(
    corpus: Corpus, tmp_path: Path
) -> None:
    config, run = small_config("mlp", diagnostics="full"), create_run(tmp_path / "run", "mlp")
    lose_the_last_checkpoint(config, corpus, run)
    events = EventAccumulator(str(run.directory), {"tensors": 0, "histograms": 0})
    events.Reload()
    tags = {"loss/train", "loss/val", "learning_rate", "characters_per_second", "gradient_norm"}
    matrices = {f"{name}.weight" for name in ("embedding", "hidden", "output")}
    tags |= {"seconds", "saturated/norm.tanh"} | {f"update_ratio/{name}" for name in matrices}
    assert set(events.Tags()["scalars"]) == tags
    histograms = {f"{of}/{name}" for of in ("weights", "gradients") for name in matrices}
    assert set(events.Tags()["histograms"]) == histograms | {"activations/norm.tanh"}
    for tag in events.Tags()["histograms"]:
        found = [event.step for event in events.Histograms(tag)]
        validated = tag.startswith("activations")
        assert found == ([0, 5, 10, 15, 20, 24] if validated else [4, 8, 12, 16, 20, 24])
    assert {event.histogram_value.num for event in events.Histograms("weights/hidden.weight")} == {
        30 * 200
    }
    logged = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    for tag in tags:
        expected = [(line["step"], line[tag]) for line in logged if tag in line]
        scalars = [(event.step, event.value) for event in events.Scalars(tag)]
        assert [step for step, _ in scalars] == [step for step, _ in expected]
        assert [v for _, v in scalars] == pytest.approx([v for _, v in expected], rel=1e-6)
    texts = {
        tag: [e.tensor_proto.string_val[0].decode() for e in events.Tensors(f"{tag}/text_summary")]
        for tag in ("samples", "config")
    }
    assert 'model = "mlp"' in texts["config"][0]
    assert [len(text.splitlines()) for text in texts["samples"]] == [10] * 6


def test_tensorboard_gets_the_settings_with_the_losses_and_one_chart_for_both(
    corpus: Corpus, tmp_path: Path
) -> None:
    run = create_run(tmp_path / "run", "mlp")
    for stop in (13, None):
        run_training(small_config("mlp"), corpus, run, stop)
    events = EventAccumulator(str(run.directory), size_guidance={"tensors": 0})
    events.Reload()
    (layout,) = events.Tensors("custom_scalars__config__")
    charts = Layout.FromString(layout.tensor_proto.string_val[0]).category
    assert list(charts[0].chart[0].multiline.tag) == ["loss/train", "loss/val"]
    contents = events.PluginTagToContent("hparams").values()
    told = [HParamsPluginData.FromString(content) for content in contents]
    (experiment,) = (one.experiment for one in told if one.HasField("experiment"))
    metrics = [metric.name.tag for metric in experiment.metric_infos]
    assert metrics == ["loss/train", "loss/val"]  # the last of each is the final loss
    (start,) = (one.session_start_info for one in told if one.HasField("session_start_info"))
    assert start.hparams["model"].string_value == "mlp"
    assert start.hparams["n_hidden"].number_value == 200
    assert start.hparams["split"].string_value == "0.8,0.1,0.1"
    assert not start.hparams.keys() & {"data", "log_interval", "diagnostics"}


def test_a_histogram_leaves_out_what_is_not_finite(tmp_path: Path) -> None:
    tracker = Tracker(Run(tmp_path), None)
    values = torch.tensor([1.0, math.inf, 2.0, math.nan, 3.0])
    tracker.histograms(1, {"some": values, "none": values[[1, 3]], "same": torch.zeros(4)})
    tracker.close()
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert set(events.Tags()["histograms"]) == {"some", "same"}
    found = events.Histograms("some")[0].histogram_value
    assert (found.num, found.min, found.max, found.sum) == (3, 1, 3, 6)
    assert sum(found.bucket) == 3
