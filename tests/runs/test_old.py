"""What earlier versions have written is read by this one: loaded, sampled, measured, resumed.

`old/` has a folder a version, with runs as that version left them, and their corpus. A file there
is never made anew. A version that writes another format adds a folder.
"""

import json
import shutil
from pathlib import Path

import pytest

import makemore
from tests.helpers import Runner, measured_losses

OLD = Path(__file__).parent / "old"
LOSSES = {
    "0.1/ngram": (1.4272461, 1.3865101, 1.2079629),
    "0.1/mlp": (2.9801055, 2.9957740, 2.9309992),
    "0.1/transformer": (2.9005239, 2.9383518, 2.8705448),
}
"""On train, val and test, in nats a character, as that version measured them."""


@pytest.fixture(params=LOSSES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Bring an old run and its corpus to where a new project stands."""
    name: str = request.param
    shutil.copytree(OLD / name, tmp_path / "runs" / "old")
    shutil.copy(OLD / Path(name).parent / "names.txt", tmp_path / "runs" / "names.txt")
    return name


def test_an_old_run_samples_and_measures_what_it_did(run_makemore: Runner, old: str) -> None:
    result = run_makemore("sample", "-n", "20", "--seed", "1", "--run", "old")
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == 20
    assert measured_losses(run_makemore, "old") == pytest.approx(LOSSES[old], abs=1e-4)
    # by the last checkpoint too
    Path("runs/old/best.safetensors").unlink()
    assert measured_losses(run_makemore, "old") == pytest.approx(LOSSES[old], abs=1e-4)


def test_an_old_run_goes_on(run_makemore: Runner, old: str) -> None:
    before = Path("runs/old/metrics.jsonl").read_text()
    resume = ["train", "--resume", "--out", "runs/old"]
    if old.endswith("ngram"):
        assert "at its end" in run_makemore(*resume).stderr
        return
    assert run_makemore(*resume, "--max-steps", "6").exit_code == 0
    after = Path("runs/old/metrics.jsonl").read_text()
    assert after.startswith(before)
    assert [json.loads(line)["step"] for line in after.splitlines()][-2:] == [6, 6]
    assert makemore.load("old").step == 6


def test_an_old_run_is_listed_and_its_config_trains_again(run_makemore: Runner, old: str) -> None:
    (row,) = json.loads(f"[{run_makemore('runs', '--json').stdout}]")
    assert (row["state"], row["model"]) == ("finished", old.rpartition("/")[2])
    again = ["train", "--config", "runs/old/config.toml", "--data", "runs/names.txt"]
    assert run_makemore(*again, "--out", "again").exit_code == 0
    found = measured_losses(run_makemore, "again")
    assert found == pytest.approx(LOSSES[old], abs=0.1), "another version may draw other batches"


def test_another_format_is_refused_by_its_name(run_makemore: Runner, tmp_path: Path) -> None:
    content = (OLD / "0.1/mlp/best.safetensors").read_bytes()
    for name in ("makemore 2", "makemore 4"):
        Path("other").write_bytes(content.replace(b"makemore 3", name.encode()))
        result = run_makemore("sample", "--run", "other")
        assert result.stderr == (
            f"makemore: other has {name}; this version of makemore reads makemore 3.\n"
        )
