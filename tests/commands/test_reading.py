"""What people have, read by the commands that they type."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import makemore
from makemore.commands import app
from makemore.corpus.reader import read_documents
from makemore.corpus.reading import BLANK, HowToRead, embedded_names
from tests.helpers import Runner, in_terminal, write_file

BIGRAM = ["train", "--model", "bigram", "--split", "1,0,0", "--smoothing", "0"]
LEVELS = "####\n#@.#\n####\n\n###\n#.#\n#@#\n###\n\n" * 10


def said(stdout: str) -> str:
    """Give the line that says what was read."""
    return stdout.splitlines()[0].partition(": ")[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with the same twenty names in several kinds of file."""
    monkeypatch.chdir(tmp_path)
    names = embedded_names().read_text().split()[:20]
    lines = "".join(f"{name}\n" for name in names)
    write_file(tmp_path / "names.txt", lines)
    (tmp_path / "parts").mkdir()
    write_file(tmp_path / "parts/a.txt", "\n".join(names[:7]))
    write_file(tmp_path / "parts/b.txt", "\n".join(names[7:]))
    write_file(tmp_path / "names.txt.gz", gzip.compress(lines.encode()))
    write_file(tmp_path / "names.csv", "id,name\n" + "".join(f"1,{name}\n" for name in names))
    write_file(tmp_path / "names.jsonl", "".join(f'{{"name": "{name}"}}\n' for name in names))
    write_file(tmp_path / "wide.txt", lines.encode("utf-16"))
    write_file(tmp_path / "pieces.txt", "%%".join(names))
    return tmp_path


@pytest.mark.parametrize(
    "settings",
    [
        {"data": ["parts/a.txt", "parts/b.txt"]},
        {"data": "parts"},
        {"data": "names.txt.gz"},
        {"data": "names.csv", "column": "name"},
        {"data": "names.jsonl", "column": "name"},
        {"data": "wide.txt", "encoding": "utf-16"},
        {"data": "pieces.txt", "separator": "%%"},
    ],
    ids=str,
)
def test_the_same_documents_give_the_same_run_by_flag_config_and_keyword(
    folder: Path, run_makemore: Runner, settings: dict[str, Any]
) -> None:
    expected = makemore.train("names.txt", model="bigram", split=(1, 0, 0), show=False)
    flags, lines = [], []
    for name, value in settings.items():
        for one in value if isinstance(value, list) else [value]:
            flags += [f"--{name}", one]
        lines.append(f"{name} = {json.dumps(value)}\n")
    write_file(folder / "c.toml", "".join(lines))
    by_flag = run_makemore(*BIGRAM, *flags, "--out", "one")
    assert (by_flag.exit_code, by_flag.stderr) == (0, "")
    assert run_makemore(*BIGRAM, "--config", "c.toml", "--out", "two").exit_code == 0
    assert run_makemore(*BIGRAM, "--config", "one/config.toml", "--out", "three").exit_code == 0
    by_keyword = makemore.train(
        **settings,
        model="bigram",
        split=(1, 0, 0),
        show=False,
    )
    assert by_keyword.corpus.train == expected.corpus.train
    for run in ("one", "two", "three"):
        again = makemore.load(run).corpus
        assert again.documents == expected.corpus.documents
        if "separator" not in settings:
            assert again.fingerprint == expected.fingerprint


def test_a_pipe_is_read_once_and_a_sentence_says_so(folder: Path, run_makemore: Runner) -> None:
    def pipe(text: str, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(arguments), input=text, catch_exceptions=False)
        return result.exit_code, result.stderr

    lines = (folder / "names.txt").read_text()
    steps = ["--model", "mlp", "--max-steps", "3", "--data", "-", "--out", "run"]
    assert pipe(lines, "train", *steps, "--split", "0.8,0.2,0") == (0, "")
    for command in (["eval", "--run", "run"], ["sample", "--novel", "--run", "run"]):
        status, error = pipe("", *command)
        assert status == 1
        assert "came from standard input, which can't be read again" in error
    more = ["train", "--resume", "--out", "run", "--max-steps", "6"]
    assert "can't be read again: name the same by --data" in pipe("", *more)[1]
    assert "holds other documents than" in pipe("another\n" * 9, *more, "--data", "-")[1]
    assert pipe(lines, *more, "--data", "-") == (0, "")
    assert pipe(lines, "eval", "--run", "run", "--data", "-") == (0, "")
    assert pipe(lines, "eval", "--run", "run", "--split", "val", "--data", "-") == (0, "")
    novel = ["sample", "--novel", "-n", "2", "--run", "run"]
    assert pipe("", *novel, "--data", "names.txt") == (0, "")
    assert pipe("", *more[:-1], "9", "--data", "names.txt") == (0, "")
    assert pipe("", *more[:-1], "12") == (0, ""), "the run has been told where its documents are"
    assert len(run_makemore("sample", "--run", "run").stdout.splitlines()) == 10


def test_levels_are_whole_in_a_pipe_in_json_and_in_a_terminal(
    tmp_path: Path, run_makemore: Runner
) -> None:
    write_file(tmp_path / "levels.txt", LEVELS)
    torn = run_makemore(*BIGRAM, "--data", "levels.txt", "--out", "torn")
    assert "if each is a document, add --separator blank" in torn.stderr
    flags = ["--model", "ngram", "--order", "12", "--split", "1,0,0", "--data", "levels.txt"]
    result = run_makemore("train", *flags, "--separator", "blank", "--out", "run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert said(result.stdout).startswith("20 documents (2 distinct)")
    draw = ["sample", "--run", "run", "-n", "30", "--temperature", "0.2", "--seed", "1"]
    samples = [json.loads(s)["text"] for s in run_makemore(*draw, "--json").stdout.splitlines()]
    whole = {"####\n#@.#\n####", "###\n#.#\n#@#\n###"}
    assert whole & set(samples)
    places = [json.loads(s)["in"] for s in run_makemore(*draw, "--json").stdout.splitlines()]
    assert [place == "train" for place in places] == [sample in whole for sample in samples]
    write_file(tmp_path / "more.txt", run_makemore(*draw).stdout)
    again = read_documents(tmp_path / "more.txt", HowToRead(separator=BLANK))
    assert again == samples
    shown = in_terminal(*draw, cwd=tmp_path).replace("\r", "")
    assert "####\n#@.#\n####" in shown
    assert "\n----------------\n" in shown
    begun = run_makemore(*draw, "--prompt", r"####\n#@", "--json").stdout.splitlines()
    assert all(json.loads(line)["text"].startswith("####\n#@") for line in begun)
    novel = run_makemore("sample", "--run", "run", "-n", "3", "--temperature", "3", "--novel")
    assert not whole & set(novel.stdout.removesuffix("\n").split("\n\n"))
    assert run_makemore("eval", "--run", "run", "--data", "levels.txt").exit_code == 0


def test_a_backslash_of_the_corpus_stays_one_in_a_prompt(
    tmp_path: Path, run_makemore: Runner
) -> None:
    write_file(tmp_path / "smiles.txt", "C\\n1\nC\\n2\n")
    assert run_makemore(*BIGRAM, "--data", "smiles.txt", "--out", "run").exit_code == 0
    shown = run_makemore("sample", "--run", "run", "--prompt", "C\\n").stdout.splitlines()
    assert all(line.startswith("C\\n") for line in shown)


def test_what_was_changed_and_can_t_be_seen_is_said_and_in_json(
    tmp_path: Path, run_makemore: Runner
) -> None:
    write_file(tmp_path / "x.txt", "anna \n\nzoe\u0308\nb\u200bob\n")
    flags = [*BIGRAM, "--data", "x.txt"]
    shown = run_makemore(*flags, "--out", "one").stdout.splitlines()
    assert shown[1] == (
        "in reading: 1 empty document dropped; blanks dropped at the ends of 1 document; "
        "characters respelled (NFC) in 1 line; invisible, and learned: 1 zero width space (U+200B)"
    )
    read = json.loads(run_makemore(*flags, "--json", "--out", "two").stdout)["read"]
    assert read["changes"] == {"empty": 1, "trimmed": 1, "respelled": 1, "rare": 0}
    assert read["invisible"] == {"zero width space (U+200B)": 1}
    kept = run_makemore(*flags, "--keep-blanks", "--out", "three")
    assert "blanks" not in kept.stdout
    assert " " in makemore.load("three").vocabulary.characters


def test_documents_with_rare_characters_are_left_out_and_counted(
    tmp_path: Path, run_makemore: Runner
) -> None:
    write_file(tmp_path / "x.txt", "anna\nbob\n" * 9 + "q\nqx\n")
    result = run_makemore(*BIGRAM, "--data", "x.txt", "--min-count", "3", "--out", "run")
    assert said(result.stdout).startswith("18 documents (2 distinct), 4 characters")
    assert "2 documents with rare characters left out" in result.stdout
    refused = run_makemore(*BIGRAM, "--data", "x.txt", "--min-count", "300")
    assert "a smaller --min-count than 300" in refused.stderr


def test_eval_leaves_out_what_it_doesn_t_know_only_if_told(
    tmp_path: Path, run_makemore: Runner
) -> None:
    write_file(tmp_path / "x.txt", "anna\nbob\n" * 9)
    assert run_makemore(*BIGRAM, "--data", "x.txt", "--out", "run").exit_code == 0
    write_file(tmp_path / "y.txt", "anna\nstra\u00dfe\nbob\nx\n")
    command = ["eval", "--run", "run", "--json", "--data", "y.txt"]
    refused = run_makemore(*command)
    assert refused.exit_code == 1
    assert refused.stderr == (
        "makemore: 2 of the 4 documents of y.txt have a character that the model doesn't know, "
        "such as 's': leave them out by --skip-unknown.\n"
    )
    going_on = run_makemore(*command, "--skip-unknown")
    assert going_on.stderr.endswith("such as 's': they are left out.\n")
    assert json.loads(going_on.stdout)["splits"]["y.txt"]["documents"] == 2
    write_file(tmp_path / "z.txt", "x\n")
    none = run_makemore("eval", "--run", "run", "--data", "z.txt", "--skip-unknown")
    assert (none.exit_code, "none is left" in none.stderr) == (1, True)
    several = run_makemore("eval", "--run", "run", "--data", "x.txt", "--data", "x.txt", "--json")
    (found,) = json.loads(several.stdout)["splits"].values()
    assert found["documents"] == 36


def test_a_table_without_its_column_leaves_no_run(folder: Path, run_makemore: Runner) -> None:
    refused = run_makemore(*BIGRAM, "--data", "names.csv", "--out", "run")
    assert refused.exit_code == 1
    assert "is a table with the columns id, name: name one of them by --column" in refused.stderr
    assert not Path("run").exists()


def test_a_config_and_a_checkpoint_with_one_path_are_read_as_ever(
    folder: Path, run_makemore: Runner
) -> None:
    assert run_makemore(*BIGRAM, "--data", "names.txt", "--out", "run").exit_code == 0
    assert f'data = "{folder / "names.txt"}"' in Path("run/config.toml").read_text()


def test_score_leaves_out_what_it_doesn_t_know_only_if_told(
    tmp_path: Path, run_makemore: Runner
) -> None:
    write_file(tmp_path / "x.txt", "anna\nbob\n" * 9)
    assert run_makemore(*BIGRAM, "--data", "x.txt", "--out", "run").exit_code == 0
    write_file(tmp_path / "y.txt", "anna\nstra\u00dfe\nbob\nx\n")
    command = ["score", "--run", "run", "--json", "--data", "y.txt"]
    refused = run_makemore(*command)
    assert refused.exit_code == 1
    assert "Document 2, 'stra\u00dfe', has a character" in refused.stderr
    assert "leave such out by --skip-unknown" in refused.stderr
    going_on = run_makemore(*command, "--skip-unknown")
    assert "2 of 4 documents have a character that the model doesn't know" in going_on.stderr
    scored = [json.loads(line)["text"] for line in going_on.stdout.splitlines()]
    assert (going_on.exit_code, scored) == (0, ["anna", "bob"])
    write_file(tmp_path / "z.txt", "x\n")
    none = run_makemore("score", "--run", "run", "--data", "z.txt", "--skip-unknown")
    assert (none.exit_code, "none is left" in none.stderr) == (1, True)
    words = run_makemore("score", "--run", "run", "anna", "--skip-unknown")
    assert (words.exit_code, "for files: use --data" in words.stderr) == (2, True)


@pytest.mark.parametrize("command", ["eval", "score"])
def test_other_files_are_read_as_is_told(
    tmp_path: Path, run_makemore: Runner, command: str
) -> None:
    """What a list, a table and another encoding of the same names give is the same."""
    names = ["anna", "bob", "ren\u00e9"] * 9
    write_file(tmp_path / "x.txt", "\n".join(names))
    write_file(tmp_path / "x.csv", "id,name\n" + "".join(f"1,{name}\n" for name in names))
    (tmp_path / "latin.txt").write_bytes("\n".join(names).encode("latin-1"))
    assert run_makemore(*BIGRAM, "--data", "x.txt", "--out", "lines").exit_code == 0
    table = ["--data", "x.csv", "--column", "name"]
    assert run_makemore(*BIGRAM, *table, "--out", "table").exit_code == 0

    def shown(run: str, *data: str) -> list[object]:
        result = run_makemore(command, "--run", run, "--json", "--data", *data)
        assert (result.exit_code, result.stderr) == (0, "")
        found = [json.loads(line) for line in result.stdout.splitlines()]
        return [list(one["splits"].values()) if "splits" in one else one for one in found]

    expected = shown("lines", "x.txt")
    assert shown("lines", "x.csv", "--column", "name") == expected
    assert shown("lines", "latin.txt", "--encoding", "cp1252") == expected
    assert shown("table", "x.csv") == expected
    assert shown("table", "x.txt", "--column", "") == expected
    wrong = run_makemore(command, "--run", "lines", "--data", "x.txt", "--encoding", "nonsense")
    assert (wrong.exit_code, "there is no encoding 'nonsense'" in wrong.stderr) == (2, True)


def test_a_run_is_checked_and_its_samples_measured_where_its_documents_are_now(
    tmp_path: Path, run_makemore: Runner
) -> None:
    write_file(tmp_path / "x.txt", "anna\nbob\ncarla\ndora\n" * 9)
    assert run_makemore(*BIGRAM, "--data", "x.txt", "--out", "run").exit_code == 0
    (tmp_path / "x.txt").rename(tmp_path / "y.txt")
    write_file(tmp_path / "z.txt", "anna\n")
    assert "Can't read" in run_makemore("check", "--run", "run").stderr
    found = run_makemore("check", "--run", "run", "--data", "y.txt")
    assert (found.exit_code, found.stderr) == (0, "")
    others = run_makemore("check", "--run", "run", "--data", "z.txt")
    assert (others.exit_code, "holds other documents" in others.stderr) == (1, True)
    command = ["eval", "--run", "run", "--samples", "20", "--split", "train", "--data", "y.txt"]
    assert run_makemore(*command).exit_code == 0
