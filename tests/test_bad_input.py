"""What can't be is refused in one sentence that names the culprit; nothing is written."""

import os
from pathlib import Path

import pytest

from tests.helpers import Runner

NO_TEXT = os.fsdecode(b"n\xff.txt")
TRAIN: dict[str, tuple[list[str], str]] = {
    "a learning rate that no float32 holds": (["--learning-rate", "1e300"], "--learning-rate"),
    "a smoothing likewise": (["--model", "bigram", "--smoothing", "1e308"], "--smoothing"),
    "2**62 channels": (["--n-embd", str(2**62)], "--n-embd"),
    "2**70 layers": (["--n-layer", str(2**70)], "--n-layer"),
    "2**70 characters": (["--model", "mlp", "--block-size", str(2**70)], "--block-size"),
    "2**70 units": (["--model", "gru", "--n-hidden", str(2**70)], "--n-hidden"),
    "2**70 documents a step": (["--batch-size", str(2**70)], "--batch-size"),
    "steps of 401 digits": (["--max-steps", "9" * 401], "--max-steps"),
    "an order of a billion": (["--model", "ngram", "--order", "1000000000"], "--order"),
    "more weights than memory": (
        ["--model", "mlp", "--n-hidden", "1048576", "--n-embd", "1048576"],
        "not enough memory",
    ),
    "a name that is no UTF-8": (["--data", NO_TEXT], r"n\udcff.txt is not UTF-8: rename it"),
    "a run's name that is no UTF-8": (["--out", NO_TEXT], r"n\udcff.txt is not UTF-8"),
    "a NUL in a path": (["--config", "nul.toml"], "nul.toml, data: a path has no NUL"),
    "an integer of 5,000 digits": (["--config", "digits.toml"], "digits.toml is not valid TOML"),
    "nested 5,000 deep": (["--config", "deep.toml"], "deep.toml is not valid TOML"),
    "UTF-16": (["--config", "utf16.toml"], "utf16.toml is not valid TOML"),
}


@pytest.mark.parametrize("case", TRAIN)
def test_what_can_t_be_trained_is_a_sentence(
    run_makemore: Runner, tmp_path: Path, case: str
) -> None:
    flags, sentence = TRAIN[case]
    Path("nul.toml").write_text('data = "a\\u0000b"\n')
    Path("digits.toml").write_text(f"n_embd = {'9' * 5000}\n")
    Path("deep.toml").write_text(f"a = {'[' * 5000}{']' * 5000}\n")
    Path("utf16.toml").write_text('model = "mlp"\n', encoding="utf-16")
    Path(NO_TEXT).write_text("anna\nbob\ncara\n")
    before = {*Path().iterdir()}
    result = run_makemore("train", *flags)
    assert result.exit_code in (1, 2)
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert len(result.stderr) < 600
    assert {*Path().iterdir()} == before


def test_a_config_with_a_byte_order_mark_is_read(run_makemore: Runner) -> None:
    Path("mark.toml").write_text('model = "bigram"\n', encoding="utf-8-sig")
    assert run_makemore("train", "--config", "mark.toml", "--out", "run").exit_code == 0


@pytest.mark.parametrize("command", ["sample", "eval", "explain"])
def test_a_name_that_no_file_system_takes_is_no_run(run_makemore: Runner, command: str) -> None:
    words = ["emma"] if command == "explain" else []
    result = run_makemore(command, *words, "--run", "x" * 300)
    assert (result.exit_code, "holds no run" in result.stderr) == (1, True)


def test_a_folder_that_can_t_be_looked_into_hides_no_run(
    run_makemore: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_makemore("train", "--model", "bigram").exit_code == 0
    Path("runs/zzz").mkdir()
    exists = Path.exists

    def forbidden(path: Path) -> bool:
        if path.parent.name == "zzz":
            raise PermissionError(13, "Permission denied", str(path))
        return exists(path)

    monkeypatch.setattr(Path, "exists", forbidden)
    for command in ("sample", "eval"):
        assert run_makemore(command).exit_code == 0
