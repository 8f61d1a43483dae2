"""The loop: what it reaches, what it logs, and that no interruption changes a bit of it."""

import json
import math
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

from makemore.config import Config
from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.evaluation.losses import evaluate
from makemore.models import ARCHITECTURES
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.progress import Progress
from makemore.runs.run import Run, claimed, create_run, reopen
from makemore.runs.run_recorder import RunRecorder
from makemore.training.learner import Learner
from makemore.training.loop import train
from tests.helpers import Runner, start_makemore

SMALL: dict[str, dict[str, Any]] = {
    "bigram": {"fit": "gradient"},
    "transformer": {"n_layer": 2, "n_embd": 16, "dropout": 0.2},
}


@pytest.fixture(scope="module")
def corpus(names: Corpus) -> Corpus:
    return Corpus("some names", names.train[:300], names.val[:60], names.test[:60])


def small_config(model: str, **settings: Any) -> Config:
    values = {"model": model, **SMALL.get(model, {}), "batch_size": 32, "max_steps": 24}
    values |= {"eval_interval": 5, "log_interval": 4, "warmup_steps": 3, **settings}
    return Config.from_values(values).resolve(15)


def run_training(
    config: Config, corpus: Corpus, run: Run, stop_after: int | None = None
) -> Progress:
    """Train from the run's last checkpoint, if there is one, until some step."""
    resumed = Checkpoint.load(run.last) if run.last.exists() else None
    learner = Learner(config, corpus, torch.device("cpu"), resumed)
    seen: list[int] = []
    train(
        learner,
        RunRecorder(run),
        watch=lambda progress: seen.append(progress.step),
        should_stop=lambda: bool(seen) and seen[-1] == stop_after,
    )
    return learner.progress


def assert_same_weights(one: Run, other: Run) -> None:
    for name in ("last.safetensors", "best.safetensors"):
        first, second = load_file(one.directory / name), load_file(other.directory / name)
        assert first.keys() == second.keys()
        for key in first:
            assert torch.equal(first[key], second[key]), (name, key)


def metrics_of(run: Run) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    for line in lines:
        line.pop("characters_per_second", None)
    return lines


TEXT = Corpus("a text", ["to be or not to be, " * 90], ["that is the question"], [], format="text")


@pytest.mark.parametrize("format", ["lines", "text"])
@pytest.mark.parametrize("model", [name for name in ARCHITECTURES if name != "ngram"])
def test_a_run_interrupted_at_any_step_ends_bit_for_bit_as_one_that_never_was(
    model: str, format: str, corpus: Corpus, tmp_path: Path
) -> None:
    config = small_config(model, format=format)
    if format == "text":
        corpus = TEXT
    whole = create_run(tmp_path / "whole", model)
    run_training(config, corpus, whole)
    broken = create_run(tmp_path / "broken", model)
    for stop in [0, 1, 5, 6, 13, 20, None]:
        progress = run_training(config, corpus, broken, stop)
        assert progress.step == (24 if stop is None else stop)
    assert_same_weights(whole, broken)
    assert metrics_of(whole) == metrics_of(broken)


def test_a_run_of_the_same_config_file_is_the_same_run(
    run_makemore: Runner, tmp_path: Path
) -> None:
    flags = ["--model", "mlp", "--max-steps", "20", "--seed", "7", "--split-seed", "3"]
    assert run_makemore("train", *flags, "--out", "a").exit_code == 0
    assert run_makemore("train", "--config", "a/config.toml", "--out", "b").exit_code == 0
    assert_same_weights(Run(Path("a")), Run(Path("b")))
    assert run_makemore("train", *flags[:-4], "--seed", "8", "--out", "c").exit_code == 0
    weights = [load_file(f"{run}/last.safetensors")["model.output.weight"] for run in "ac"]
    assert not torch.equal(*weights)


def finish(process: "subprocess.Popen[str]") -> tuple[str, str]:
    out, error = process.communicate(timeout=120)
    assert "Traceback" not in error
    return out, error


def kill_after(process: "subprocess.Popen[str]", file: Path, saves: int, delay: float) -> None:
    """SIGKILL a process some seconds after it has replaced a file so many times."""
    seen: set[int] = set()
    while len(seen) <= saves:
        if file.exists():
            seen.add(file.stat().st_mtime_ns)
        assert process.poll() is None, "the run was over before it could be killed: make it longer"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=delay)
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("kills", "seed"), [(3, 0), pytest.param(25, 1, marks=pytest.mark.campaign)]
)
def test_a_run_killed_again_and_again_ends_bit_for_bit_as_one_that_never_was(
    tmp_path: Path, kills: int, seed: int
) -> None:
    """Real processes and SIGKILL, at moments that have nothing to do with the program's own."""
    flags = ["--model", "transformer", "--n-layer", "2", "--n-embd", "32", "--dropout", "0.1"]
    flags += ["--batch-size", "32", "--max-steps", str(80 * kills), "--eval-interval", "5"]
    finish(start_makemore("train", *flags, "--out", "whole", cwd=tmp_path))
    whole, killed = Run(tmp_path / "whole"), Run(tmp_path / "killed")
    chance = random.Random(seed)
    process = start_makemore("train", *flags, "--out", "killed", cwd=tmp_path)
    for _ in range(kills):
        kill_after(process, killed.last, saves=chance.randint(1, 4), delay=chance.uniform(0, 0.08))
        process = start_makemore("train", "--resume", "--out", "killed", cwd=tmp_path)
    finish(process)
    assert process.returncode == 0
    assert_same_weights(whole, killed)
    assert metrics_of(whole) == metrics_of(killed)
    assert {
        path.name for path in killed.directory.glob("[!.]*") if "tfevents" not in path.name
    } == {
        "best.safetensors",
        "config.toml",
        "last.safetensors",
        "metrics.jsonl",
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_run_with_all_saved(tmp_path: Path, number: signal.Signals) -> None:
    flags = ["train", "--model", "mlp", "--max-steps", "100000", "--eval-interval", "100000"]
    process = start_makemore(*flags, "--out", "run", cwd=tmp_path)
    while not (tmp_path / "run" / "last.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    out, error = finish(process)
    assert process.returncode == 128 + number
    assert error == ""
    assert "all is saved. Go on with:\nmakemore train --resume --out run" in out
    step = Checkpoint.load(tmp_path / "run" / "last.safetensors").progress.step
    assert f"Stopped at step {step:,};" in out
    sampled = start_makemore("sample", "-n", "3", "--run", "run", cwd=tmp_path)
    assert len(finish(sampled)[0].splitlines()) == 3


def test_a_run_stopped_before_its_first_checkpoint_starts_again(
    corpus: Corpus, tmp_path: Path
) -> None:
    data = tmp_path / "data.txt"
    data.write_text("\n".join(corpus.documents))
    config = small_config("mlp", data=str(data))
    run = create_run(tmp_path / "run", "mlp")
    run.config.write_text(config.to_toml())
    found, resumed, _ = reopen(run, {})
    assert (found, resumed) == (config, None)


def test_a_resumed_run_refuses_another_corpus(corpus: Corpus, tmp_path: Path) -> None:
    data = tmp_path / "data.txt"
    data.write_text("\n".join(corpus.documents))
    config = small_config("mlp", data=str(data))
    run = create_run(tmp_path / "run", "mlp")
    run_training(config, config.data.load(), run, stop_after=3)
    assert reopen(run, {})[1] is not None
    data.write_text("\n".join([*corpus.documents, "another"]))
    with pytest.raises(UserError, match=r"data.txt has changed since .*run began"):
        reopen(run, {})


def test_a_finished_run_is_not_resumed_without_more_steps(corpus: Corpus, tmp_path: Path) -> None:
    run = create_run(tmp_path / "run", "mlp")
    run_training(small_config("mlp"), corpus, run)
    with pytest.raises(UserError, match="is at its end, step 24"):
        run_training(small_config("mlp"), corpus, run)
    assert run_training(small_config("mlp", max_steps=30), corpus, run).step == 30


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("transformer", {"learning_rate": 1e30}),
        ("transformer", {"learning_rate": 1e30, "log_interval": 100}),
        ("mlp", {"learning_rate": 1e38, "max_steps": 1}),
        ("mlp", {"learning_rate": 1e38, "max_steps": 1, "log_interval": 1}),
        ("bigram", {"learning_rate": 1e38, "log_interval": 100}),
    ],
)
def test_a_diverged_run_is_a_sentence_and_keeps_what_was_good(
    corpus: Corpus, tmp_path: Path, model: str, settings: dict[str, Any]
) -> None:
    run = create_run(tmp_path / "run", model)
    config = small_config(model, grad_clip=0.0, warmup_steps=0, **settings)
    with pytest.raises(UserError, match=r"diverged by step .*try a lower --learning-rate"):
        run_training(config, corpus, run)
    for path in (run.last, run.checkpoint):
        weights = Checkpoint.load(path).weights.values()
        assert all(bool(tensor.isfinite().all()) for tensor in weights)


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


def test_a_run_is_trained_by_one_process_at_a_time(corpus: Corpus, tmp_path: Path) -> None:
    run = create_run(tmp_path / "run", "mlp")
    config = small_config("mlp")
    run_training(config, corpus, run, stop_after=3)
    with claimed(run), pytest.raises(UserError, match="is being trained by another process"):  # noqa: SIM117
        with claimed(run):
            pass
    with claimed(run):
        pass


def test_a_batch_is_no_larger_than_the_corpus(corpus: Corpus, tmp_path: Path) -> None:
    for size, name in ((300, "exactly"), (10_000, "larger"), (0, "whole")):
        config = small_config("mlp", batch_size=size)
        run_training(config, corpus, create_run(tmp_path / name, "mlp"))
    metrics = [metrics_of(Run(tmp_path / name)) for name in ("exactly", "larger", "whole")]
    assert metrics[0] == metrics[1] == metrics[2]


def test_epochs_are_passes_over_the_training_split(corpus: Corpus, tmp_path: Path) -> None:
    values = {"model": "mlp", "epochs": 1.5, "batch_size": 32, "eval_interval": 50}
    run = create_run(tmp_path / "run", "mlp")
    progress = run_training(Config.from_values(values), corpus, run)
    assert progress.step == math.ceil(1.5 * 300 / 32)


@pytest.mark.parametrize("model", ["bigram", "mlp"])
def test_a_step_over_the_whole_split_has_the_exact_training_loss(
    model: str, corpus: Corpus, tmp_path: Path
) -> None:
    config = small_config(model, batch_size=0, max_steps=1, log_interval=1)
    run = create_run(tmp_path / "run", model)
    run_training(config, corpus, run)
    logged = next(m["loss/train"] for m in metrics_of(run) if "loss/train" in m)
    torch.manual_seed(config.training.seed)
    from makemore.models import build_model

    vocabulary = Vocabulary(corpus.characters)
    fresh = build_model(model, config.architecture, len(vocabulary))
    documents = vocabulary.encode_lines(corpus.train)
    fresh.prepare(documents, vocabulary.encode_lines(corpus.val))
    assert logged == pytest.approx(fresh.loss(fresh.reader.table(documents)).item(), abs=1e-5)


def test_the_best_checkpoint_is_that_of_the_lowest_validation_loss(
    corpus: Corpus, tmp_path: Path
) -> None:
    """A run that overfits: its best is not its last."""
    run = create_run(tmp_path / "run", "mlp")
    config = small_config("mlp", learning_rate=0.05, max_steps=300, decay="none")
    progress = run_training(config, corpus, run)
    validations = {m["step"]: m["loss/val"] for m in metrics_of(run) if "loss/val" in m}
    validations.pop(0)
    best = min(validations, key=lambda step: validations[step])
    assert best < 300
    assert (progress.best_step, progress.best_loss) == (best, validations[best])
    checkpoint = Checkpoint.load(run.best)
    assert checkpoint.progress.step == best
    documents = checkpoint.vocabulary.encode_lines(corpus.val)
    found = evaluate(checkpoint.build(torch.device("cpu")), documents)
    assert found.loss == pytest.approx(validations[best], abs=1e-9)


def test_without_validation_documents_the_last_weights_are_the_best(
    names: Corpus, tmp_path: Path
) -> None:
    run = create_run(tmp_path / "run", "mlp")
    corpus = Corpus("names", names.train[:50], [], [])
    progress = run_training(small_config("mlp"), corpus, run)
    assert (progress.best_step, progress.best_loss) == (24, None)
    assert not any("loss/val" in m for m in metrics_of(run))


def test_tensorboard_gets_the_numbers_of_metrics_jsonl_the_samples_and_the_config(
    corpus: Corpus, tmp_path: Path
) -> None:
    config, run = small_config("mlp"), create_run(tmp_path / "run", "mlp")
    for stop in (13, None):
        run_training(config, corpus, run, stop)
    events = EventAccumulator(str(run.directory), size_guidance={"tensors": 0})
    events.Reload()
    tags = {"loss/train", "loss/val", "learning_rate", "characters_per_second"}
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


def losses(run_makemore: Runner, run: str) -> list[float]:
    measured = json.loads(run_makemore("eval", "--run", run, "--json").stdout)["splits"]
    return [measured[split]["loss"] for split in ("train", "val", "test")]


REACHED = {
    "mlp": 2.15,
    "wavenet": 2.05,
    "bow": 2.25,
    "rnn": 2.05,
    "lstm": 2.03,
    "gru": 2.03,
    "transformer": 2.00,
}


@pytest.mark.parametrize(
    ("model", "reached"),
    [
        ("bigram", 2.50),
        ("ngram", 2.05),
        *(
            pytest.param(model, reached, marks=pytest.mark.campaign)
            for model, reached in REACHED.items()
        ),
    ],
)
def test_a_default_run_reaches_its_validation_loss(
    run_makemore: Runner, model: str, reached: float
) -> None:
    assert run_makemore("train", "--model", model, "--out", "run").exit_code == 0
    assert losses(run_makemore, "run")[1] < reached


def test_a_bigram_descends_to_the_losses_that_counting_gives(run_makemore: Runner) -> None:
    assert run_makemore("train", "--model", "bigram", "--out", "counted").exit_code == 0
    flags = ["--model", "bigram", "--fit", "gradient", "--out", "descended"]
    assert run_makemore("train", *flags).exit_code == 0
    counted = losses(run_makemore, "counted")
    assert losses(run_makemore, "descended/last.safetensors") == pytest.approx(counted, abs=1e-5)
    assert losses(run_makemore, "descended") == pytest.approx(counted, abs=1e-4)
