"""The logged numbers: the same for TensorBoard, and cut where a crash has torn them."""

import json
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

from makemore.corpus.splits import Corpus
from makemore.runs.run import create_run
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


def test_tensorboard_gets_the_numbers_of_metrics_jsonl_the_samples_and_the_config(
    corpus: Corpus, tmp_path: Path
) -> None:
    config, run = small_config("mlp"), create_run(tmp_path / "run", "mlp")
    for stop in (13, None):
        run_training(config, corpus, run, stop)
    events = EventAccumulator(str(run.directory), size_guidance={"tensors": 0})
    events.Reload()
    tags = {"loss/train", "loss/val", "learning_rate", "characters_per_second", "seconds"}
    assert set(events.Tags()["scalars"]) == tags
    logged = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    for tag in tags:
        expected = [(line["step"], line[tag]) for line in logged if tag in line]
        found = [(event.step, event.value) for event in events.Scalars(tag)]
        assert [step for step, _ in found] == [step for step, _ in expected]
        assert [v for _, v in found] == pytest.approx([v for _, v in expected], rel=1e-6)
    texts = {
        tag: [e.tensor_proto.string_val[0].decode() for e in events.Tensors(f"{tag}/text_summary")]
        for tag in ("samples", "config")
    }
    assert 'model = "mlp"' in texts["config"][0]
    assert [len(text.splitlines()) for text in texts["samples"]] == [10] * 6
