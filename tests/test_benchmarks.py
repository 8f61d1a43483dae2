"""The figures in the README have commands that still run."""

import argparse
import re
import subprocess
import sys
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from makemore.corpus.splits import Corpus
from makemore.corpus.vocabulary import Vocabulary
from makemore.lectures.trainings import run
from makemore.models.transformer import Transformer
from makemore.training.gradients import gradient
from tests.helpers import Runner, random_model

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "benchmarks"))  # as for a script that is run from there

import large as large_step  # noqa: E402
import published  # noqa: E402
import side_by_side  # noqa: E402
import step  # noqa: E402

FIGURE = r"([\d,.]+) \(([\d,.]+) to ([\d,.]+)\)"


def run_benchmark(name: str, *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "benchmarks" / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.campaign
def test_memory_hardly_grows_with_the_corpus() -> None:
    """Steps and evaluation: on ten times the characters no more than 150 MiB beyond the least."""
    shown = run_benchmark("growth.py", "--megabytes", "1", "10")
    rows = re.findall(r"\| \d+ MB, (\w+) \| (\w+) \| ([\d,]+) \| \d+ \| ([\d,]+) \|", shown)
    assert len(rows) == 8
    assert all(int(row[2]) < 400 and int(row[3]) < 450 for row in rows)
    for small, large in zip(rows[:4], rows[4:], strict=True):
        assert small[:2] == large[:2]
        assert int(large[2]) < int(small[2]) + 150
        assert int(large[3]) < int(small[3]) + 150


@pytest.mark.campaign
def test_the_bigram_of_lecture_one_is_reproduced() -> None:
    shown = run_benchmark("published.py", "bigram")
    found = re.search(r"\| 2\.454 \| (\d\.\d{4}) train \|", shown)
    assert found is not None
    assert float(found[1]) == pytest.approx(2.454, abs=1e-3)


def test_a_figure_without_its_corpus_says_what_to_give() -> None:
    assert "give --shakespeare FILE" in run_benchmark("published.py", "shakespeare")


@pytest.mark.campaign
def test_the_table_of_models_has_a_row_for_each() -> None:
    shown = run_benchmark("models.py", "bigram", "ngram")
    losses = re.findall(r"\| `(\w+)` \| [\d,]+ \| [\d.]+ s \| (\S+) \| (\S+) \| (\S+) \|", shown)
    assert [row[0] for row in losses] == ["bigram", "ngram"]
    assert all(float(loss) < 2.5 for row in losses for loss in row[1:])


def test_fresh_processes_train_to_the_same_bits() -> None:
    shown = run_benchmark("repeated.py", "gru", "--processes", "2", "--busy", "1", "--steps", "3")
    assert re.findall(r"\| `gru` \| (\w+) \| (\d) \| (\d) \|", shown) == [
        ("lines", "2", "1"),
        ("text", "2", "1"),
    ]


@pytest.mark.campaign
def test_the_benchmark_of_the_range_test_prints_a_row_and_the_rules() -> None:
    shown = run_benchmark("lr_range.py", "bigram")
    found = re.search(r"\| `bigram` \| 0\.3 \| ([\d.]+) \| ([\d.]+) \|", shown)
    assert found is not None
    assert float(found[1]) / 0.3 == pytest.approx(float(found[2]), rel=0.05)
    assert "| a third of the lowest |" in shown


def test_a_lecture_s_own_training_is_a_figure_with_both_its_losses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("published.run", partial(run, steps=4))
    figure = published.FIGURES["lecture-5"]
    assert (figure.published, figure.splits) == ("2.0705 train, 2.1099 val", ("train", "val"))
    found = figure.reproduce(ROOT / "data" / "names.txt")
    assert found.parameters == 12_297
    assert all(2.5 < found.losses[split] < 4 for split in figure.splits)


@pytest.mark.campaign
def test_the_benchmark_of_diagnostics_prints_a_row() -> None:
    shown = run_benchmark("diagnostics.py", "bigram", "--rounds", "2")
    assert re.search(r"\| `bigram` \| [\d.]+( \| -?[\d.]+){2}( \| -?[\d.]+%){2} \|", shown)


def test_every_published_recipe_but_the_gpu_s_has_a_figure() -> None:
    listed = "".join(run_benchmark("published.py", "--help").split())  # a name may be broken in two
    for path in (ROOT / "configs" / "published").glob("*.toml"):
        assert path.stem == "gpt" or path.stem in listed


def rows_of(shown: str) -> dict[str, float]:
    """Read the median of each row of a benchmark of speed, by what is measured."""
    found = re.findall(rf"^\| ([^|]+) \|.*?{FIGURE}", shown, re.M)
    rows = {name: [float(cell.replace(",", "")) for cell in cells] for name, *cells in found}
    assert all(low <= middle <= high for middle, low, high in rows.values())
    return {name: middle for name, (middle, _, _) in rows.items()}


@pytest.mark.campaign
def test_the_benchmark_of_a_step_prints_its_rows() -> None:
    flags = ["--rounds", "1", "--steps", "2", "--busy"]
    rows = rows_of(run_benchmark("step.py", *flags).replace("%", ""))
    assert rows.keys() == {
        "ours, 512 documents",
        "what the model needs",
        "all that are done",
        "2048 x 2048",
        "ours",
    }
    assert 0 < rows["what the model needs"] < rows["all that are done"]


@pytest.mark.campaign
def test_the_benchmark_of_waiting_prints_its_rows() -> None:
    rows = rows_of(run_benchmark("waiting.py", "--rounds", "1", "--steps", "1", "mlp"))
    assert rows.keys() == {"one thread", "all, which look again", "all, which sleep"}


@pytest.mark.campaign
def test_the_benchmark_of_sampling_prints_its_row(run_makemore: Runner, tmp_path: Path) -> None:
    run_makemore("train", "--max-steps", "1", "--n-layer", "1", "--n-embd", "8", "--out", "small")
    flags = ["--rounds", "1", "-n", "10", "--run", str(tmp_path / "small")]
    assert rows_of(run_benchmark("sampling.py", *flags)).keys() == {"ours"}


@pytest.mark.campaign
def test_the_benchmark_of_scoring_prints_its_rows(run_makemore: Runner, tmp_path: Path) -> None:
    run_makemore("train", "--max-steps", "1", "--n-layer", "1", "--n-embd", "8", "--out", "small")
    flags = ["--rounds", "1", "--run", str(tmp_path / "small")]
    rows = rows_of(run_benchmark("scoring.py", *flags))
    assert rows.keys() == {"by the clock", "by a second of processor time"}


@pytest.mark.campaign
def test_the_benchmark_of_signals_prints_what_was_left_and_nothing_is_lost() -> None:
    shown = run_benchmark("signals.py", "--signals", "6")
    assert sum(int(n) for n in re.findall(r"\| (\d+) \|$", shown, re.M)) == 6
    assert "ANOTHER" not in shown
    assert "can't go on" not in shown


@pytest.mark.campaign
def test_the_benchmark_of_start_up_prints_its_rows() -> None:
    rows = rows_of(run_benchmark("startup.py", "--rounds", "1"))
    assert {row for row, ms in rows.items() if ms > 0} >= {
        "`makemore --help`",
        "`makemore train --help`",
        "`python -c 'import torch'`",
        "`makemore sample -n 20`",
    }


@pytest.mark.campaign
def test_the_benchmark_of_memory_prints_its_rows() -> None:
    rows = rows_of(run_benchmark("memory.py", "--rounds", "1", "--steps", "1", "-n", "1"))
    usual = rows.pop("`python -c 'import torch'`")
    assert rows.keys() == {"`makemore train`", "`makemore sample`"}
    assert all(peak > usual for peak in rows.values())


@pytest.mark.campaign
def test_the_benchmark_of_scale_prints_a_table_for_each_format() -> None:
    shown = run_benchmark("scale.py", "--sizes", "1,2")
    cost = r"[\d.]+ s \([\d.]+\), \d+ MiB"
    rows = re.findall(rf"\| reading[^|]+\| {cost} \| {cost} \| -?[\d.]+ \|", shown)
    assert len(rows) == 4
    assert shown.count("| 1 MB | 2 MB | exponent |") == 2


@pytest.mark.campaign
def test_the_benchmark_of_n_grams_prints_its_rows_and_who_is_missing() -> None:
    shown = run_benchmark("ngrams.py", "--order", "3", "--megabytes", "1", "--prune", "1")
    found = re.findall(r"\| (names|1 MB) \| makemore \| [\d.]+ \| \d+ \| ([\d.]+) \|", shown)
    assert [what for what, _ in found] == ["names", "1 MB"]
    assert 7.5 < float(found[0][1]) < 12  # from one of order 6 to a bigram
    assert "Without KenLM" in shown


@pytest.mark.campaign
def test_the_benchmark_of_the_moons_prints_its_rows() -> None:
    rows = rows_of(run_benchmark("moons.py", "--rounds", "1", "--steps", "3"))
    assert rows["micrograd"] > rows["PyTorch"] > 0


def test_a_checkout_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"there is no .*makemore\.py"):
        side_by_side.checkout(str(tmp_path))


def test_the_sides_take_turns() -> None:
    clock = count()
    sides = {"ours": lambda: float(next(clock)), "theirs": lambda: float(next(clock))}
    measured = side_by_side.in_turn(3, sides)
    assert [measured[side].values for side in sides] == [[0, 2, 4], [1, 3, 5]]


def test_a_ratio_is_that_of_the_medians_between_those_of_the_rounds() -> None:
    ours, theirs = side_by_side.Rounds([12, 2, 3]), side_by_side.Rounds([3, 2, 1])
    ratio = ours.over(theirs)
    assert (ratio.median, ratio.lowest, ratio.highest) == (1.5, 1, 4)
    assert f"{ratio:.1f}" == "1.5 (1.0 to 4.0)"
    assert ours.minus(theirs).values == [9, 0, 2]
    assert ours.map(lambda ms: 1e3 / ms).figure.median == pytest.approx(1e3 / 3)


def test_the_time_of_the_peer_s_steps_is_read_from_what_it_prints_once_warm() -> None:
    warming = [f"step {10 * n} | loss 3.2958 | step time {900 + n}.25ms" for n in range(20)]
    printed = """
step 200 | loss 2.5000 | step time 18.50ms
------------
2 samples that are new:
step
time
step 200 train loss: 2.4 test loss: 2.4
step 210 | loss 2.4900 | step time 1020.25ms
step 220 | loss 2.4800 | step time 19.00ms
"""
    assert side_by_side.step_times(printed) == [18.5, 1020.25, 19]
    assert side_by_side.step_time("\n".join(warming) + printed) == 19


def test_a_process_is_timed_and_gives_its_output() -> None:
    program = "import time; print('done'); time.sleep(0.2)"
    finished = side_by_side.run([sys.executable, "-c", program])
    assert finished.output == "done\n"
    assert 0.2 < finished.seconds < 60


def test_a_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        side_by_side.run([sys.executable, "-c", "raise SystemExit(3)"])


def test_the_peak_of_a_process_is_in_mebibytes() -> None:
    program = """if True:
        import sys
        from side_by_side import run
        small, large = (run([sys.executable, "-c", f"b'x' * {n} * 2**20"]) for n in (64, 128))
        print(large.peak - small.peak)
    """
    command = [sys.executable, "-c", program]  # holds little itself, unlike this process
    shown = subprocess.check_output(command, cwd=ROOT / "benchmarks", text=True)
    assert float(shown) == pytest.approx(64, abs=4)


@pytest.mark.campaign
def test_the_benchmark_of_a_large_step_counts_what_its_model_needs() -> None:
    flags = ["--rounds", "1", "--batch-size", "1", "--n-layer", "1"]
    shown = run_benchmark("large.py", *flags)
    assert re.findall(rf"\| (ours, \w+) \| {FIGURE} \| [\d.]+% ", shown)[1][0] == "ours, Muon"
    sizes = {"n_layer": 1, "n_head": 6, "n_embd": 384, "n_hidden": 1536, "block_size": 256}
    model = random_model("transformer", large_step.V, activation="gelu", **sizes)
    assert large_step.flops(1, 4) == step.model_flops(model, 4 * 256)


def test_the_arithmetic_of_a_step_is_what_pytorch_counts(names: Corpus) -> None:
    vocabulary = Vocabulary(names.characters)
    model = random_model("transformer", len(vocabulary))
    assert isinstance(model, Transformer)
    model.train()  # evaluation shares some of the first layer
    table = model.reader.table(vocabulary.encode_lines(names.train[:64]))
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        gradient(model, table, list(model.parameters()))
    counted = {str(operation): n for operation, n in counter.get_flop_counts()["Global"].items()}
    work = step.work_of([[table]])
    assert work.characters == sum(len(name) + 1 for name in names.train[:64])
    assert step.model_flops(model, work.contexts) == counted["aten.mm"]
    # PyTorch's plain attention keeps the scores, of which another computes them twice
    done = step.attention_flops(len(model.blocks), model.n_embd, work.pairs)
    assert done * 6 / 7 == counted["aten.bmm"]


def test_the_arithmetic_of_muon_is_that_of_its_matrices_alone() -> None:
    one, other = torch.zeros(64, 192), torch.zeros(64, 64)
    both = step.muon_flops([one, other])
    assert both == step.muon_flops([one]) + step.muon_flops([other])
    assert both > 0


def test_a_training_killed_a_few_times_ends_as_one_that_never_was() -> None:
    shown = run_benchmark("crashes.py", "--kills", "4", "--steps", "16")
    assert "| kills | 4 |" in shown
    assert shown.endswith("| failures | 0 |\n")


def test_changed_runs_of_strangers_are_used_or_refused() -> None:
    shown = run_benchmark("strangers.py", "--files", "20", "--processes", "1")
    assert re.search(r"\| all \| 20 \| \d+ \| \d+ \| 0 \|", shown)


@pytest.mark.campaign
def test_the_benchmark_of_validations_tells_their_share_of_the_time() -> None:
    shown = run_benchmark("validation.py", "--models", "mlp")
    *_, row = shown.splitlines()
    assert re.fullmatch(
        r"\| mlp \| \S+ s \| 23,347 \| \S+ s \| \S+% \| \S+ s \| \S+% \| 23,347 \|", row
    )
