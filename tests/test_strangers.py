"""A run from a stranger does no harm: nothing waits, nothing else is read, written or obeyed."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import makemore
from makemore.commands.completion import complete_run
from makemore.models import trust
from tests.helpers import PYTHON, Runner, start_makemore
from tests.runs.test_metadata import Change, inside, save, setting

EVIL = "\x1b]0;evil\x07\x1b[2J\x9b31m\u202e\u2066\u2028"
"""C0, C1, a bidirectional override, an isolate, and what some take for a line break."""
NAME = f"{EVIL}[red]<b>&"
"""The name of a run or a file."""
RUN = f"runs/{NAME}"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What no line that is shown may hold."""
OF_RICH = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
"""What rich itself writes into a terminal: colours, and the place of a live line."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a run, with checkpoints on the way."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "data.txt").write_text("\n".join(["anna", "bob", "cara", "dan", "eva"] * 9))
    how: dict[str, Any] = {"n_embd": 4, "n_hidden": 8, "max_steps": 2, "keep_checkpoints": 2}
    makemore.train(
        folder / "data.txt", model="mlp", out=folder / "run", show=False, log_interval=1, **how
    )
    return folder / "run"


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Be a user who has trained nothing."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setattr(trust, "_known", set())


@pytest.fixture(autouse=True)
def _nothing_waits() -> Iterator[None]:
    """End a test that waits for a pipe."""

    def stop(*_: object) -> None:
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(900)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def changed(made: Path, to: Path, change: Change) -> Path:
    """Copy a run, with another checkpoint."""
    shutil.copytree(made, to)
    for name in ("best.safetensors", "last.safetensors"):
        save(to / name, made / name, change)
    return to


COMMANDS = [
    ["runs"],
    ["sample", "--run", "x"],
    ["eval", "--run", "x"],
    ["score", "anna", "--run", "x"],
    ["explain", "anna", "--run", "x"],
    ["check", "--run", "x"],
    ["plot", "loss", "--run", "x"],
    ["report", "x"],
    ["replay", "x"],
    ["train", "--resume", "--out", "runs/x", "--max-steps", "3"],
    ["train", "--from", "runs/x", "--out", "new"],
]


@pytest.mark.parametrize("name", ["pipe", "device", "folder"])
@pytest.mark.parametrize(
    "file",
    [
        "best.safetensors",
        "last.safetensors",
        "config.toml",
        "metrics.jsonl",
        ".lock",
        "checkpoints",
    ],
)
def test_no_command_waits_for_what_is_no_file(
    run_makemore: Runner, made: Path, tmp_path: Path, file: str, name: str
) -> None:
    there = tmp_path / "runs/x"
    shutil.copytree(made, there)
    shutil.rmtree(there / file) if (there / file).is_dir() else (there / file).unlink()
    makers: dict[str, Callable[[Path], None]] = {
        "pipe": os.mkfifo,
        "device": lambda path: path.symlink_to("/dev/zero"),
        "folder": Path.mkdir,
    }
    makers[name](there / file)
    for command in (["runs"], ["sample", "--run", "x"], ["replay", "x"], COMMANDS[-2]):
        result = run_makemore(*command)
        assert result.exit_code in (0, 1)
        assert len(result.stderr.splitlines()) <= 2
    complete_run("")


def test_going_on_with_a_run_writes_to_no_file_elsewhere(
    run_makemore: Runner, made: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    links = ["config.toml", "metrics.jsonl", "events.out.tfevents.1", "embedding.tsv", ".lock"]
    links += [f"{name}.partial" for name in ("config.toml", "metrics.jsonl", "last.safetensors")]
    for link in [*links, "checkpoints", "dangling"]:
        shutil.rmtree(tmp_path / "x", ignore_errors=True)
        shutil.copytree(made, tmp_path / "x")
        name = "metrics.jsonl" if link == "dangling" else link
        place, target = tmp_path / "x" / name, mine / name
        if link == "checkpoints":
            shutil.copytree(place, target)
            shutil.rmtree(place)
        else:
            target.write_text("mine")
            place.unlink(missing_ok=True)
        place.symlink_to(target)
        if link == "dangling":
            target.unlink()
        before = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
        run_makemore("train", "--resume", "--out", "x", "--max-steps", "4")
        after = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
        assert after == before, link


@pytest.mark.usefixtures("stranger")
def test_sampling_from_a_strangers_file_reads_nothing_else(
    run_makemore: Runner, made: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "private.txt").write_text("anna\nbob\n")
    for place in ("pipe", "private.txt", "none"):
        bad = tmp_path / "bad.safetensors"
        save(bad, made / "best.safetensors", setting("data", str(tmp_path / place)))
        for command in (["sample", "--json"], ["score", "anna", "--json"]):
            result = run_makemore(*command, "--run", str(bad))
            assert result.exit_code == 0
            assert result.stderr == (
                f"makemore: This run comes from elsewhere, so {tmp_path / place} is not read, and "
                f"nothing is looked up in it: name it by --data.\n"
            )
            lines = [json.loads(line) for line in result.stdout.splitlines()]
            assert {one.get("in", one.get("percentile")) for one in lines} == {None}
    for command in (["eval"], ["sample", "--novel"]):  # who asks for it gets it
        save(bad, made / "best.safetensors", setting("data", str(tmp_path / "pipe")))
        result = run_makemore(*command, "--run", str(bad))
        assert (result.exit_code, "is no file that can be read again" in result.stderr) == (1, True)


@pytest.mark.usefixtures("stranger")
def test_a_run_whose_corpus_was_named_once_is_ones_own(run_makemore: Runner, made: Path) -> None:
    def places(*flags: str) -> set[str | None]:
        result = run_makemore("sample", "-n", "40", "--seed", "1", "--json", *flags)
        return {json.loads(line)["in"] for line in result.stdout.splitlines()}

    run = ["--run", str(made)]
    assert places(*run) == {None}
    assert "new" in places(*run, "--data", str(made.parent / "data.txt"))
    assert "new" in places(*run)


def test_the_names_that_come_with_makemore_are_nobodys_secret(
    run_makemore: Runner, stranger: None
) -> None:
    makemore.train(model="bigram", out="run", show=False)
    trust._known.clear()
    shown = run_makemore("sample", "--run", "run", "--json", "-n", "1")
    assert (json.loads(shown.stdout)["in"] is None, shown.stderr) == (False, "")


def test_after_standard_input_nothing_waits_for_it(
    run_makemore: Runner, made: Path, tmp_path: Path
) -> None:
    command = [*PYTHON, "train", "--data", "/dev/stdin", "--model", "bigram", "--out", "run"]
    words = (made.parent / "data.txt").read_bytes()
    subprocess.run(command, input=words, cwd=tmp_path, check=True, capture_output=True)
    for command in (["sample", "--json"], ["eval"], ["score", "anna"], ["report"]):
        result = run_makemore(*command, *(["run"] if command == ["report"] else ["--run", "run"]))
        assert "/dev/stdin, which is no file that can be read again" in result.stderr


def endless(tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Let a model write the same letter for ever."""
    bias = tensors["model.output.bias"]
    tensors["model.output.weight"] = torch.zeros_like(tensors["model.output.weight"])
    tensors["model.output.bias"] = torch.full_like(bias, -1000.0)
    tensors["model.output.bias"][1] = 1000
    inside("corpus", "longest", 10**18)(tensors, metadata)


@pytest.mark.campaign
def test_a_model_that_never_ends_is_cut_off_and_says_so(
    run_makemore: Runner, made: Path, tmp_path: Path
) -> None:
    save(tmp_path / "bad", made / "best.safetensors", endless)
    result = run_makemore("sample", "-n", "2", "--run", "bad")
    assert result.stdout == ("a" * 10_000 + "\n") * 2
    assert result.stderr == (
        "makemore: 2 of 2 samples had not ended after 10,000 characters: a larger --max-length "
        "lets them go on.\n"
    )
    assert run_makemore("score", "anna", "--run", "bad").exit_code == 0
    assert run_makemore("sample", "--run", "bad", "--max-length", "9").stderr == ""


def test_weights_that_overflow_are_a_sentence(
    run_makemore: Runner, made: Path, tmp_path: Path
) -> None:
    def change(tensors: dict[str, Tensor], _: dict[str, str]) -> None:
        tensors["model.output.bias"][1:] = torch.inf

    save(tmp_path / "bad", made / "best.safetensors", change)
    for more in ([], ["--distinct"], ["--temperature", "0"]):
        result = run_makemore("sample", "--run", "bad", *more)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "This model predicts what is no number" in result.stderr


MEASURE = """
import resource, sys, time
import makemore
from makemore.errors import UserError
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
list(makemore.load(sys.argv[1]).draw(2, places=False))
for path in sys.argv[2:]:
    before, start = peak(), time.perf_counter()
    try:
        list(makemore.load(path).draw(2, places=False))
        said = "read"
    except UserError as error:
        said = "refused"
    print(path, said, peak() - before, time.perf_counter() - start)
"""


def with_header(header: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header


def test_no_claim_takes_memory_beyond_a_small_multiple_of_the_file(
    made: Path, tmp_path: Path
) -> None:
    best = made / "best.safetensors"
    changes: dict[str, Change] = {
        "n_hidden": setting("n_hidden", 2**20),
        "n_embd": setting("n_embd", 10_000),
        "n_layer": setting("n_layer", 10_000),
        "block_size": setting("block_size", 2**20),
        "endless": endless,
        "list": lambda _, m: m.update(vocabulary="[" + "[]," * 10**6 + "[]]"),
        "large": lambda _, m: m.update(vocabulary=json.dumps("".join(map(chr, range(40, 55_000))))),
    }
    for name, change in changes.items():
        save(tmp_path / name, best, change)
    whole = best.read_bytes()
    (tmp_path / "claimed").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "zeros").write_bytes(with_header(b"0" * 10**8))
    (tmp_path / "spaces").write_bytes(with_header(b'{"__metadata__":{}' + b" " * 10**8 + b"}"))
    entry = b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    many = b",".join(entry % number for number in range(300_000))
    kept = whole[9 : 8 + int.from_bytes(whole[:8], "little")].rstrip(b" }")
    metadata = kept[: kept.index(b"}")] + b"}"
    (tmp_path / "many").write_bytes(with_header(b"{" + metadata + b"," + many + b"}"))
    names = [*changes, "claimed", "zeros", "spaces", "many"]
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, str(best), *(str(tmp_path / name) for name in names)],
        capture_output=True,
        text=True,
        check=True,
    )
    for line in measured.stdout.splitlines():
        path, said, grown, seconds = line.split()
        size = Path(path).stat().st_size
        assert int(grown) < 32 * 2**20 + 20 * size, line
        assert float(seconds) < 60, line
        assert (said == "read") == path.endswith("endless"), line


def test_a_header_that_lies_is_a_sentence(run_makemore: Runner, made: Path, tmp_path: Path) -> None:
    whole = (made / "best.safetensors").read_bytes()
    size = 8 + int.from_bytes(whole[:8], "little")
    header: dict[str, Any] = json.loads(whole[8:size])
    name = "model.output.bias"
    start, end = header[name]["data_offsets"]

    def offsets(first: int, last: int) -> dict[str, Any]:
        return header | {name: header[name] | {"data_offsets": [first, last]}}

    lies = {
        "overlapping": json.dumps(offsets(0, end - start)),
        "a gap": json.dumps(header | {name: header[name] | {"shape": [1]}}),
        "beyond the end": json.dumps(offsets(10**18, 10**18 + end - start)),
        "backwards": json.dumps(offsets(end, start)),
        "a size that overflows": json.dumps(
            header | {name: header[name] | {"shape": [2**40, 2**40]}}
        ),
        "another type": json.dumps(header | {name: header[name] | {"dtype": "I32"}}),
        "an unknown type": json.dumps(header | {name: header[name] | {"dtype": "X"}}),
        "twice": json.dumps(header)[:-1]
        + f', "{name}": {json.dumps(header["model.output.weight"])}}}',
    }
    for lie, text in lies.items():
        Path("bad").write_bytes(with_header(text.encode()) + whole[size:])
        result = run_makemore("sample", "--run", "bad")
        assert (result.exit_code, result.stdout) == (1, ""), lie
        assert result.stderr.startswith("makemore: bad is damaged"), (lie, result.stderr)


def test_a_log_that_is_none_does_no_harm(run_makemore: Runner, made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "runs/x")
    for content in (
        '{"step": 1, "loss/train": "x"}',
        '{"step": "1"}',
        '{"loss/train": 1}',
        "[1]",
        "3",
        "[" * 10**5,
        '{"step": 1, "loss/train": 1e999}',
        f'{{"step": 1, "loss/train": 1{"0" * 400}}}',
        '{"step": 1, "loss/train": NaN}',
        f'{{"step": 1, "{EVIL}": 1}}'.replace("\x1b", "\\u001b").replace("\x07", "\\u0007"),
        "\x00\xff",
    ):
        (tmp_path / "runs/x/metrics.jsonl").write_text(content + "\n")
        for command in (["runs"], ["replay", "x"], ["plot", "loss", "--run", "x"]):
            assert run_makemore(*command).exit_code in (0, 1), (command, content)


def test_a_config_that_is_none_is_a_row(run_makemore: Runner, tmp_path: Path) -> None:
    (tmp_path / "runs/x").mkdir(parents=True)
    for content in (
        "model = 3",
        'model = "mlp"\nmax_steps = "x"',
        'model = "mlp"\ndata = 3',
        'model = "mlp"\ndata = [3]',
        "x = " + "[" * 10**4,
        "\x00",
        "",
    ):
        (tmp_path / "runs/x/config.toml").write_text(content)
        result = run_makemore("runs")
        assert (result.exit_code, "unreadable" in result.stdout) == (0, True), content
    (tmp_path / "runs/x/config.toml").write_text('model = "mlp"\ndata = ["/a/b.txt", "/c"]')
    assert "trained on b.txt and 1 more" in run_makemore("runs").stdout


def test_only_names_that_a_shell_takes_as_they_are_are_completed(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("good", "$(touch ran)", "a;b", "a b", NAME.replace("/", ""), "a\nb", "`ls`"):
        shutil.copytree(made, tmp_path / "runs" / name)
    assert complete_run("") == ["good"]


def test_what_lies_in_the_working_folder_is_not_imported(made: Path, tmp_path: Path) -> None:
    for name in ("torch", "numpy", "rich", "typer", "pydantic", "sitecustomize", "safetensors"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('it was imported')\n")
    process = start_makemore("sample", "--run", str(made), cwd=tmp_path)
    _, error = process.communicate()
    assert (process.returncode, error) == (0, "")


def test_compiled_code_beside_a_model_is_not_imported(
    run_makemore: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an extension, nor bytecode, in a cache or on its own; the source is."""
    import py_compile

    (tmp_path / "own.py").write_text(
        "from torch import nn\nimport beside\n\n\nclass Own(nn.Embedding):\n"
        "    def __init__(self, vocab_size):\n        super().__init__(vocab_size, vocab_size)\n"
    )
    (tmp_path / "evil.py").write_text("from pathlib import Path\nPath('ran').touch()\n")
    cache = tmp_path / "__pycache__" / f"beside.{sys.implementation.cache_tag}.pyc"
    train = ["train", "--model", "own.py:Own", "--max-steps", "0", "--out"]
    for place in (cache, tmp_path / "beside.pyc"):
        py_compile.compile(
            str(tmp_path / "evil.py"),
            cfile=str(place),
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    (tmp_path / "beside.so").write_bytes(b"\x7fELF")
    result = run_makemore(*train, "one")
    assert "No module named 'beside'" in result.stderr
    (tmp_path / "beside.py").write_text("")
    assert run_makemore(*train, "two").exit_code == 0
    assert not (tmp_path / "ran").exists()


def hostile_project(folder: Path) -> list[list[str]]:
    """Train on a hostile corpus, under a hostile name, and name what to do with the run."""
    words = ["anna", EVIL.replace("\u2028", "x"), "[red]b[/]", "<b>bob</b>", "{x}", "\x1b[31mred"]
    (folder / NAME).write_text("\n".join(words * 9), encoding="utf-8", newline="")
    how = ["--max-steps", "2", "--n-embd", "4", "--n-hidden", "8", "--log-interval", "1"]
    (folder / f"{NAME}.toml").write_text('"\\u001B[2J" = 3\n')
    return [
        ["train", "--data", NAME, "--model", "mlp", *how, "--out", RUN],
        ["runs"],
        ["sample", "-n", "30", "--run", RUN, "--novel"],
        ["sample", "-n", "30", "--run", RUN],
        ["sample", "--run", RUN, "--prompt", EVIL],
        ["eval", "--run", RUN],
        ["eval", "--run", RUN, "--data", NAME],
        ["score", words[1], words[2], "--run", RUN],
        ["score", words[1], "--verbose", "--run", RUN],
        ["explain", words[1], "--run", RUN],
        ["explain", words[1], "--contexts", "--run", RUN],
        ["explain", "--shapes", "--run", RUN],
        ["check", "--run", RUN],
        ["replay", RUN],
        ["report", RUN],
        ["plot", "loss", "--run", RUN],
        ["compare", "bigram", "ngram", "--data", NAME],
        ["sample", "--run", f"{NAME}x"],
        ["train", "--data", f"{NAME}x"],
        ["train", "--config", f"{NAME}.toml"],
        ["train", "--resume", "--out", RUN, "--max-steps", "4"],
    ]


def leaks(shown: str) -> list[str]:
    """Find what a terminal would obey, with what stands around it."""
    return [repr(shown[max(0, m.start() - 60) : m.end() + 20]) for m in OBEYED.finditer(shown)]


def test_nothing_hostile_reaches_a_pipe_but_in_samples(
    run_makemore: Runner, tmp_path: Path
) -> None:
    """Samples are what a program reads: there each character is itself."""
    for command in hostile_project(tmp_path):
        result = run_makemore(*command)
        assert result.exit_code in (0, 1, 2)
        assert not leaks(result.stderr), command
        if command[0] == "sample":
            continue
        assert not leaks(result.stdout), command
    shown = run_makemore("sample", "-n", "300", "--run", RUN)
    assert "\x1b" in shown.stdout
    page = (tmp_path / "runs" / NAME / "report.html").read_text()
    assert not leaks(page)
    assert "<b>bob" not in page
    assert "[red]<b>" not in page


TERMINAL = """
import json
from makemore.commands import app
for command in json.load(open("commands.json")):
    try:
        app(command, prog_name="makemore")
    except SystemExit:
        pass
    print("\\n@@@@", flush=True)
"""


@pytest.mark.campaign
def test_nothing_hostile_reaches_a_terminal(tmp_path: Path) -> None:
    commands = hostile_project(tmp_path)
    (tmp_path / "commands.json").write_text(json.dumps(commands))
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    process = subprocess.Popen(
        [sys.executable, "-c", TERMINAL],
        cwd=tmp_path,
        stdout=follower,
        stderr=follower,
        env=environment,
    )
    os.close(follower)
    shown = bytearray()
    with suppress(OSError):  # a terminal ends so on Linux
        while block := os.read(leader, 65536):
            shown += block
    os.close(leader)
    process.wait()
    parts = shown.decode().replace("\r\n", "\n").split("@@@@\n")
    assert len(parts) == len(commands) + 1
    for command, part in zip(commands, parts, strict=False):
        assert "Traceback" not in part, part
        plain = OF_RICH.sub("", part).replace("\r", "")
        assert not leaks(plain), (command, leaks(plain))
        assert "[2J" not in OF_RICH.findall(part)
