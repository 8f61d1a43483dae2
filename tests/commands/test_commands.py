"""The commands, as a user types them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from makemore import __version__
from makemore.__main__ import main as entry_point
from makemore.config import DataSettings, TrainingSettings, flag
from makemore.corpus.reading import embedded_names, read_documents
from makemore.corpus.splits import load_corpus
from makemore.models import ARCHITECTURES
from makemore.runs.checkpoint import Checkpoint
from makemore.runs.run import Run, claimed
from tests.helpers import PYTHON, Runner, in_terminal, start_makemore


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with one small run in it, of a corpus of its own."""
    folder = tmp_path_factory.mktemp("trained")
    documents = read_documents(embedded_names())[:2000]
    (folder / "data.txt").write_text("\n".join(documents))
    flags = ["--model", "mlp", "--data", "data.txt", "--max-steps", "60", "--out", "runs/one"]
    process = start_makemore("train", *flags, cwd=folder)
    _, error = process.communicate()
    assert (process.returncode, error) == (0, "")
    return folder


@pytest.fixture
def run(run_makemore: Runner, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.chdir(trained)
    return run_makemore


def test_the_help_of_train_names_every_setting_of_every_model(run_makemore: Runner) -> None:
    shown = run_makemore("train", "--help").stdout
    groups = [DataSettings, TrainingSettings, *ARCHITECTURES.values()]
    for group in groups:
        for name in group.model_fields:  # type: ignore[attr-defined]
            assert re.search(rf"{flag(name)}\b", shown), name


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["train", "--help"], ["sample", "--help"]]
)
def test_help_and_usage_never_import_torch(arguments: list[str]) -> None:
    code = (
        "import sys; from makemore.commands import app\n"
        f"try: app({arguments!r})\n"
        "except SystemExit as e: assert not e.code\n"
        "assert not {'torch', 'numpy', 'tensorboard'} & set(sys.modules), 'slow to start'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_the_package_s(run_makemore: Runner) -> None:
    assert run_makemore("--version").stdout == f"makemore {__version__}\n"


def test_training_shows_plain_lines_then_a_table_samples_and_commands(
    run_makemore: Runner,
) -> None:
    result = run_makemore("train", "--model", "mlp", "--max-steps", "200", "--out", "here")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("names.txt: 32,257 documents (29,693 distinct), 26 characters")
    assert [line.split()[1] for line in lines if line.startswith("step")] == [
        "0/200",
        "100/200",
        "200/200",
    ]
    assert re.search(r"step 200/200  loss 2\.\d{4}  val 2\.\d{4}  \S+ characters/s", result.stdout)
    assert re.search(r"parameters +11,897", result.stdout)
    assert re.search(r"train loss +2\.\d{4}\s+val loss +2\.\d{4}\s+training time", result.stdout)
    for command in ("makemore sample -n 20 --run here", "makemore eval --run here"):
        assert command in result.stdout
    assert "\x1b" not in result.stdout


def test_the_bigram_tells_the_smoothing_that_it_chose(run_makemore: Runner) -> None:
    assert re.search(r"smoothing +0\.\d+", run_makemore("train", "--model", "bigram").stdout)
    assert list(Path("runs").glob("*-bigram/best.safetensors"))


def test_samples_in_a_pipe_are_one_a_line_and_nothing_else(trained: Path) -> None:
    process = start_makemore("sample", "-n", "50", "--seed", "1", cwd=trained)
    out, error = process.communicate()
    assert (process.returncode, error) == (0, "")
    assert len(out.splitlines()) == 50
    assert re.fullmatch(r"([a-z]*\n){50}", out)


def test_a_reader_that_leaves_early_is_no_error(trained: Path) -> None:
    command = " ".join([*PYTHON, "sample", "-n", "50000", "|", "head", "-n", "1"])
    done = subprocess.run(command, shell=True, cwd=trained, capture_output=True, text=True)
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


def test_in_a_terminal_training_shows_a_live_line(tmp_path: Path) -> None:
    flags = ["--model", "mlp", "--max-steps", "400", "--out", "run"]
    shown = in_terminal("train", *flags, cwd=tmp_path)
    frames = re.findall(r"━\S* step (\d+)/400  loss \S+  val \S+ (?: \S+ characters/s)?", shown)
    assert len(set(frames)) > 2, "one line that moves"
    assert frames[-1] == "400"
    assert re.search(r"parameters +11,897", shown)
    assert len(re.findall(r"^\S* +(?:train|val|test|new)\r?$", shown, re.MULTILINE)) == 10


def test_in_a_terminal_each_sample_says_where_it_stands(trained: Path) -> None:
    shown = in_terminal("sample", "-n", "200", "--temperature", "0.5", "--seed", "0", cwd=trained)
    corpus = load_corpus(trained / "data.txt")
    lines = [line.split() for line in shown.splitlines()]
    assert len(lines) == 200
    places = {line[0]: line[1] for line in lines if len(line) == 2}
    assert places == {text: corpus.find(text) or "new" for text in places}
    assert set(places.values()) >= {"train", "new"}


def test_json_samples_say_where_they_stand(run: Runner) -> None:
    result = run("sample", "-n", "40", "--seed", "3", "--temperature", "0.6", "--json")
    samples = [json.loads(line) for line in result.stdout.splitlines()]
    corpus = load_corpus(Path("data.txt"))
    assert len(samples) == 40
    for one in samples:
        assert one["in"] == (corpus.find(one["text"]) or "new")
        assert one["finished"] is True
    assert {one["in"] for one in samples} >= {"train", "new"}


def test_novel_samples_are_new(run: Runner) -> None:
    result = run("sample", "-n", "40", "--novel", "--temperature", "0.6", "--seed", "0", "--json")
    assert [json.loads(line)["in"] for line in result.stdout.splitlines()] == ["new"] * 40


def test_sampling_options_do_what_they_say(run: Runner) -> None:
    def lines(*flags: str) -> list[str]:
        return run("sample", "-n", "30", *flags).stdout.splitlines()

    assert lines("--seed", "4") == lines("--seed", "4") != lines("--seed", "5")
    assert lines() != lines(), "without a seed each draw is another"
    assert all(line.startswith("ann") for line in lines("--prompt", "ann"))
    assert len(set(lines("--temperature", "0"))) == 1
    assert (
        set(lines("--top-k", "1")) == set(lines("--top-p", "0")) == set(lines("--temperature", "0"))
    )
    assert max(map(len, lines("--max-length", "3"))) == 3
    assert len(run("sample", "--run", "one").stdout.splitlines()) == 10
    assert len(run("sample", "--run", "runs/one/last.safetensors").stdout.splitlines()) == 10


def test_a_checkpoint_alone_is_enough_to_sample_from(
    run: Runner, trained: Path, tmp_path: Path
) -> None:
    file = tmp_path / "alone.safetensors"
    file.write_bytes((trained / "runs/one/best.safetensors").read_bytes())
    data = trained / "data.txt"
    data.rename(trained / "moved.txt")
    try:
        assert len(run("sample", "--run", str(file)).stdout.splitlines()) == 10
        as_json = run("sample", "-n", "1", "--json", "--run", str(file))
        assert json.loads(as_json.stdout)["in"] is None
        assert "Can't read" in as_json.stderr
        assert run("sample", "--novel", "--run", str(file)).exit_code == 1
    finally:
        (trained / "moved.txt").rename(data)


def test_eval_shows_exact_losses_of_every_split(run: Runner) -> None:
    splits = json.loads(run("eval", "--json").stdout)["splits"]
    corpus = load_corpus(Path("data.txt"))
    assert list(splits) == ["train", "val", "test"]
    for split, documents in (("train", corpus.train), ("val", corpus.val), ("test", corpus.test)):
        assert splits[split]["documents"] == len(documents)
        assert splits[split]["predictions"] == sum(len(d) + 1 for d in documents)
    table = run("eval").stdout
    for heading in ("documents", "predictions", "loss", "bits", "perplexity"):
        assert heading in table
    for split, one in splits.items():
        row = next(line.split() for line in table.splitlines() if line.startswith(split))
        assert row[1:] == [
            f"{one['documents']:,}",
            f"{one['predictions']:,}",
            f"{one['loss']:.4f}",
            f"{one['bits']:.4f}",
            f"{one['perplexity']:.3f}",
        ]


def test_eval_takes_one_split_or_another_file(run: Runner, tmp_path: Path) -> None:
    whole = json.loads(run("eval", "--json").stdout)["splits"]
    one = json.loads(run("eval", "--split", "val", "--json").stdout)["splits"]
    assert one == {"val": whole["val"]}
    file = tmp_path / "val.txt"
    file.write_text("\n".join(load_corpus(Path("data.txt")).val))
    other = json.loads(run("eval", "--data", str(file), "--json").stdout)["splits"]
    assert other == {str(file): pytest.approx(whole["val"])}


def test_eval_says_when_the_corpus_has_changed(run: Runner, trained: Path) -> None:
    data = trained / "data.txt"
    before = data.read_text()
    data.write_text(before + "\nanother\n")
    try:
        assert "has changed since the run was trained" in run("eval").stderr
    finally:
        data.write_text(before)
    assert run("eval").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["train", "--data", "nowhere.txt"], 1, "nowhere.txt: No such file"),
        (["train", "--data", "."], 1, "Can't read"),
        (["train", "--config", "nowhere.toml"], 1, "Can't read nowhere.toml"),
        (["train", "--model", "gpt5"], 2, "--model: 'gpt5' is none of bigram, ngram, mlp"),
        (["train", "--model", "mlp", "--n-head", "2"], 2, "--n-head: belongs to transformer"),
        (["train", "--n-layer", "0"], 2, "--n-layer"),
        (["train", "--device", "cuda"], 2, "finds no CUDA GPU here"),
        (["train", "--out", "runs/one"], 1, "holds a run already"),
        (["train", "--out", "data.txt"], 1, "Can't make data.txt"),
        (["train", "--resume", "--config", "x.toml"], 2, "leave out --config"),
        (["train", "--resume", "--out", "nowhere"], 1, "nowhere holds no run"),
        (["train", "--resume", "--n-embd", "99"], 2, "--n-embd can't be changed"),
        (["train", "--resume"], 1, "is at its end"),
        (["train", "--model", "mlp", "--n-hidden", "99999999999"], 1, "not enough memory"),
        (["sample", "--run", "nowhere"], 1, "nowhere holds no run"),
        (["sample", "--run", "data.txt"], 1, "is damaged, or no checkpoint"),
        (["sample", "--prompt", "é"], 1, "doesn't know the character 'é'"),
        (["sample", "--prompt", "abc", "--max-length", "3"], 2, "give a larger --max-length"),
        (["eval", "--data", "nowhere.txt"], 1, "No such file"),
        (["eval", "--data", "data.txt", "--split", "val"], 2, "leave it out with --data"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_the_user_can_fix_is_one_sentence_on_stderr(
    run: Runner, arguments: list[str], status: int, message: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == status
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["sample", "--seed", "99999999999999999999"],
        ["sample", "--temperature", "nan"],
        ["train", "--colour", "red"],
        ["sample", "-n", "0"],
        ["eval", "--split", "all"],
        ["fly"],
    ],
    ids=" ".join,
)
def test_bad_usage_has_status_2(run: Runner, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_a_refused_command_leaves_nothing_behind(run_makemore: Runner, tmp_path: Path) -> None:
    for arguments in (["--data", "nowhere.txt"], ["--n-layer", "0"], ["--device", "cuda"]):
        assert run_makemore("train", *arguments).exit_code != 0
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_with_thousands_of_characters_trains_and_samples(run_makemore: Runner) -> None:
    characters = [chr(0x4E00 + i) for i in range(3000)]
    lines = ["".join(characters[i : i + 4]) for i in range(0, 3000, 3)] + ["🙂🙃", "naïve"]
    Path("data.txt").write_text("\n".join(lines), encoding="utf-8")
    for model in ARCHITECTURES:
        flags = ["--model", model, "--data", "data.txt", "--max-steps", "3", "--out", model]
        assert run_makemore("train", *flags).exit_code == 0
        drawn = run_makemore("sample", "--run", model, "--max-length", "9", "--seed", "0")
        assert len(drawn.stdout) > 10


def test_a_corpus_of_one_word_trains_and_samples(run_makemore: Runner) -> None:
    Path("data.txt").write_text("a")
    for model in ARCHITECTURES:
        flags = ["--model", model, "--data", "data.txt", "--split", "1,0,0", "--max-steps", "3"]
        result = run_makemore("train", *flags, "--out", model)
        assert result.exit_code == 0
        assert re.search(r"val loss +no documents", result.stdout)
        assert run_makemore("eval", "--run", model).exit_code == 0
        assert run_makemore("eval", "--run", model, "--split", "val").exit_code == 1


def test_a_loss_without_end_is_null_in_json(run_makemore: Runner) -> None:
    Path("data.txt").write_text("ab\nab\nab")
    Path("val.txt").write_text("ba")
    flags = ["--model", "bigram", "--smoothing", "0", "--data", "data.txt", "--out", "run"]
    assert run_makemore("train", *flags, "--split", "1,0,0", "--val-data", "val.txt").exit_code == 0
    shown = json.loads(run_makemore("eval", "--run", "run", "--json").stdout, parse_constant=fail)
    assert shown["splits"]["val"]["loss"] is None
    for line in Path("run/metrics.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=fail)
    result = run_makemore("train", "--resume", "--out", "run")
    assert "is at its end, step 0: start a new run without --resume" in result.stderr


def fail(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def test_text_that_standard_output_can_t_encode_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("łąka\nżółw\n", encoding="utf-8")
    flags = ["--model", "bigram", "--data", "data.txt", "--split", "1,0,0", "--out", "run"]
    start_makemore("train", *flags, cwd=tmp_path).communicate()
    done = subprocess.run(
        [*PYTHON, "sample", "-n", "100", "--seed", "0", "--run", "run"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("makemore: Standard output is ascii")
    assert len(done.stderr.splitlines()) == 1


def test_control_characters_are_spelled_out_in_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("\x1b[31mred\n", encoding="utf-8")
    flags = ["--model", "bigram", "--data", "data.txt", "--split", "1,0,0", "--smoothing", "0"]
    start_makemore("train", *flags, "--out", "run", cwd=tmp_path).communicate()
    shown = in_terminal("sample", "-n", "30", "--run", "run", cwd=tmp_path)
    assert "\\x1b[31mred" in shown


def test_training_into_a_pipe_that_closes_ends_with_all_saved(tmp_path: Path) -> None:
    flags = "--model mlp --eval-interval 50 --max-steps 100000 --out run"
    command = " ".join([*PYTHON, "train", flags, "|", "head", "-n", "4"])
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert (len(done.stdout.splitlines()), done.stderr) == (4, "")
    last = Checkpoint.load(tmp_path / "run" / "last.safetensors").progress.step
    assert last >= 100


def test_a_run_is_read_for_resuming_only_once_no_other_process_trains_it(
    run_makemore: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it could go on from a checkpoint that the other has meanwhile left behind."""
    flags = ["--model", "mlp", "--max-steps", "3", "--out", "run"]
    assert run_makemore("train", *flags).exit_code == 0
    read: list[Path] = []
    load = Checkpoint.load

    def load_and_tell(path: Path) -> Checkpoint:
        read.append(path)
        return load(path)

    monkeypatch.setattr(Checkpoint, "load", load_and_tell)
    with claimed(Run(Path("run"))):
        result = run_makemore("train", "--resume", "--out", "run", "--max-steps", "6")
    assert (result.exit_code, read) == (1, [])
    assert "is being trained by another process" in result.stderr
    assert run_makemore("train", "--resume", "--out", "run", "--max-steps", "6").exit_code == 0


def test_a_run_that_can_t_be_written_to_is_a_sentence(
    run_makemore: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    result = run_makemore("train", "--model", "mlp", "--out", "run")
    assert (result.exit_code, result.stderr) == (
        1,
        "makemore: Can't write to run: Permission denied.\n",
    )


def test_an_interrupt_while_starting_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("makemore.commands.app", interrupted)
    with pytest.raises(SystemExit) as ended:
        entry_point()
    assert ended.value.code == 130
