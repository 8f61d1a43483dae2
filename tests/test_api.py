"""The library: what `import makemore` offers does what the commands do."""

import json
import math
import os
import signal
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import makemore
from makemore.corpus.reading import embedded_names
from makemore.errors import MakemoreWarning
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.progress import Progress
from tests.helpers import Runner

FLAGS = ["--model", "mlp", "--n-hidden", "20", "--max-steps", "40", "--eval-interval", "10"]
SETTINGS: dict[str, Any] = {"model": "mlp", "n_hidden": 20, "max_steps": 40, "eval_interval": 10}


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with 1,000 names in it, and go there."""
    monkeypatch.chdir(tmp_path)
    lines = embedded_names().read_text(encoding="utf-8").splitlines()
    Path("some.txt").write_text("\n".join(lines[:1000]), encoding="utf-8")
    return Path("some.txt")


def test_a_training_in_python_is_that_of_the_command(names: Path, run_makemore: Runner) -> None:
    assert run_makemore("train", *FLAGS, "--data", str(names), "--out", "one").exit_code == 0
    maker = makemore.train(names, out="other", show=False, **SETTINGS)
    for file in ("last.safetensors", "best.safetensors"):
        one, other = load_file(f"one/{file}"), load_file(f"other/{file}")
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)
    assert Path("one/config.toml").read_text() == Path("other/config.toml").read_text()
    assert maker.path == Path("other/best.safetensors")
    shown = json.loads(run_makemore("eval", "--run", "one", "--json").stdout)["splits"]
    assert maker.evaluate().figures() == shown
    lines = run_makemore("sample", "--run", "one", "-n", "30", "--seed", "3").stdout.splitlines()
    assert maker.sample(30, seed=3) == lines


def test_without_a_directory_nothing_is_written_and_the_result_is_the_same(names: Path) -> None:
    before = sorted(Path().rglob("*"))
    maker = makemore.train(str(names), show=False, **SETTINGS)
    assert sorted(Path().rglob("*")) == before
    saved = makemore.train(names, out="run", show=False, **SETTINGS)
    for name, weight in maker.model.state_dict().items():
        assert torch.equal(weight, saved.model.state_dict()[name])
    assert maker.path is None
    assert maker.progress.best_loss == saved.progress.best_loss
    assert maker.evaluate()["val"].loss == maker.progress.best_loss
    times = {"characters_per_second", "seconds"}
    for one, other in zip(maker.metrics, saved.metrics, strict=True):
        assert {k: v for k, v in one.items() if k not in times} == {
            k: v for k, v in other.items() if k not in times
        }


def test_a_run_that_overfits_gives_its_best_weights_from_memory_too(names: Path) -> None:
    settings = {**SETTINGS, "learning_rate": 0.1, "decay": "none", "max_steps": 400}
    maker = makemore.train(names, show=False, **settings)
    losses = {m["step"]: m["loss/val"] for m in maker.metrics if "loss/val" in m and m["step"]}
    best = min(losses, key=lambda step: losses[step] or 0)
    assert best < 400
    assert (maker.step, maker.progress.step) == (best, 400)
    assert maker.evaluate("val")["val"].loss == losses[best]


def test_out_true_makes_a_run_that_load_finds(names: Path) -> None:
    maker = makemore.train(names, model="bigram", out=True, show=False)
    assert maker.path is not None
    assert maker.path.parent.parent == Path("runs")
    for loaded in (makemore.load(), makemore.load(maker.path), makemore.load(maker.path.parent)):
        assert loaded.path == maker.path
        assert loaded.probabilities("a") == maker.probabilities("a")
        assert loaded.metrics == maker.metrics
    assert makemore.load(maker.path.parent.name).path == maker.path


def test_resuming_under_other_conditions_says_which(names: Path) -> None:
    makemore.train(names, model="bow", max_steps=2, out="run", show=False)
    last = Path("run/last.safetensors")
    checkpoint = Checkpoint.load(last)
    now = checkpoint.conditions
    assert now is not None
    replace(checkpoint, conditions=replace(now, pytorch="1.0\x1b[31m")).save(last)
    with pytest.warns(MakemoreWarning, match=r"with pytorch 1\.0\\x1b\[31m \(now .*roundings"):
        makemore.resume("run", max_steps=4, show=False)
    assert Checkpoint.load(last).conditions == now

    replace(Checkpoint.load(last), conditions=None).save(last)  # as by an older version
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        makemore.resume("run", max_steps=6, show=False)


def test_a_training_that_is_stopped_is_resumed_to_the_same_end(names: Path) -> None:
    seen: list[int] = []

    def watch(progress: Progress) -> None:
        seen.append(progress.step)

    def should_stop() -> bool:
        return seen[-1:] == [13]

    stopped = makemore.train(
        names, out="run", show=False, watch=watch, should_stop=should_stop, **SETTINGS
    )
    assert stopped.progress.step == 13
    assert not stopped.progress.finished
    resumed = makemore.resume("run", show=False, watch=watch)
    assert seen == list(range(41))
    whole = makemore.train(names, show=False, **SETTINGS)
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name])
    with pytest.raises(makemore.UserError, match="run is at its end, step 40"):
        makemore.resume("run", show=False)
    assert makemore.resume("run", max_steps=50, show=False).progress.step == 50


def test_a_training_gives_the_caller_s_random_numbers_back(names: Path) -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    makemore.train(names, show=False, **SETTINGS)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model": "mpl"}, "--model: 'mpl' is none of bigram"),
        ({"n_head": 3, "model": "mlp"}, "--n-head: belongs to transformer"),
        ({"max_steps": -1}, "--max-steps: "),
        ({"fly": True}, "--fly: there is no such setting"),
        ({"steps": 30}, "--steps: there is no such setting; did you mean max_steps?"),
        ({"data": "nowhere.txt"}, "Can't read .*nowhere.txt"),
        ({"data": ["some.txt", "bob"]}, "Can't read .*bob: No such file"),
        ({"data": [1]}, "--data: the path of a file or a folder, or a list of paths, not"),
        ({"data": []}, "--data: the path of a file or a folder"),
        ({"data": "-", "val_data": "-"}, "standard input, -, can be read only once"),
        ({"encoding": "nonsense"}, "--encoding: there is no encoding 'nonsense'"),
        ({"format": "text", "separator": "blank"}, "separator is for documents"),
    ],
)
def test_errors_are_the_sentences_of_the_commands(
    names: Path, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(makemore.UserError, match=sentence):
        makemore.train(show=False, **settings)


def test_showing_prints_what_the_command_prints(
    names: Path, capsys: pytest.CaptureFixture[str], run_makemore: Runner
) -> None:
    makemore.train(names, **SETTINGS)
    shown = capsys.readouterr().out.splitlines()
    lines = run_makemore("train", *FLAGS, "--data", str(names)).stdout.splitlines()
    assert shown[0] == lines[0]
    assert "1,000 documents" in shown[0]
    assert [line.split()[1] for line in shown[1:]] == [f"{step}/40" for step in range(0, 50, 10)]
    makemore.train(names, show=False, **SETTINGS)
    assert capsys.readouterr().out == ""


def test_a_text_that_looks_like_lines_is_a_warning(names: Path) -> None:
    with pytest.warns(makemore.MakemoreWarning, match="looks like a list, one thing a line"):
        makemore.train(names, model="bigram", format="text", show=False)


def test_importing_makemore_imports_next_to_nothing() -> None:
    """So it stays far below 50 ms: no package but the standard library's."""
    code = (
        "import sys; before = set(sys.modules); import makemore\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "assert not new - {'makemore', *sys.stdlib_module_names}, new\n"
        "assert 'train' in dir(makemore)\n"
        "try: makemore.fly\n"
        "except AttributeError as error: assert 'fly' in str(error)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_changes_nothing_of_the_process() -> None:
    """No signal handler, no environment variable, no threshold, also where torch comes along."""
    code = (
        "import gc, os, pkgutil, signal, sys, warnings, threading\n"
        "import torch, torch.utils.tensorboard, rich.progress\n"
        "def state(): return (dict(os.environ), gc.get_threshold(), list(warnings.filters),\n"
        "    [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)], sys.path[:],\n"
        "    torch.get_num_threads(), torch.initial_seed(), threading.active_count())\n"
        "before = state(); import makemore, importlib\n"
        "names = [m.name for m in pkgutil.walk_packages(makemore.__path__, 'makemore.')]\n"
        "assert len(names) > 50\n"
        "for name in names: importlib.import_module(name)\n"
        "assert state() == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_threads_may_import_and_use_it_side_by_side() -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def use(_):\n"
        "    import makemore\n"
        "    return makemore.Sample('a'), makemore.Maker, makemore.UserError\n"
        "with ThreadPoolExecutor(8) as pool: assert len(set(pool.map(use, range(32)))) == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_worker_may_sample(names: Path) -> None:
    """As a web server's workers do: loaded once, then forked."""
    maker = makemore.train(names, model="mlp", max_steps=5, show=False)
    expected = maker.sample(5, seed=1)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        torch.set_num_threads(1)
        os.write(write, "\n".join(maker.sample(5, seed=1)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read().splitlines() == expected
    assert os.waitpid(child, 0)[1] == 0


def test_two_threads_sample_from_one_maker(names: Path) -> None:
    maker = makemore.train(names, model="mlp", max_steps=5, show=False)
    expected = [maker.sample(20, seed=seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: maker.sample(20, seed=seed), range(8)))
    assert found == expected


def test_ctrl_c_interrupts_a_training_in_python(names: Path) -> None:
    """There is no handler of ours: the caller gets a KeyboardInterrupt, and goes on."""

    def interrupt(progress: Progress) -> None:
        if progress.step == 3:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        makemore.train(names, out="run", show=False, watch=interrupt, **SETTINGS)
    assert makemore.resume("run", show=False).progress.finished


@pytest.mark.parametrize(
    ("settings", "far_off"),
    [
        ({"model": "gru", "learning_rate": 100.0, "optimizer": "adamw"}, True),
        ({"model": "rnn", "learning_rate": 50.0, "optimizer": "adamw", "grad_clip": 0.0}, True),
        ({"model": "gru"}, False),
    ],
)
def test_a_loss_that_is_a_number_and_worse_than_guessing_is_said(
    names: Path, settings: dict[str, Any], far_off: bool
) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        maker = makemore.train(names, max_steps=60, batch_size=32, show=False, **settings)
    sentences = [str(one.message) for one in said]
    guessing = f"ln {len(maker.vocabulary)} = {math.log(len(maker.vocabulary)):.4f}"
    assert any(guessing in one for one in sentences) == far_off
