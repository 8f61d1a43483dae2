"""The cells of a table are those that were written."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.columns import cells_of, columns_of
from makemore.errors import UserError

cells = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=9)


@given(st.lists(st.tuples(cells, cells), max_size=6), st.sampled_from([",", ";", "\t", "|"]))
def test_a_column_of_csv_is_what_was_written(rows: list[tuple[str, str]], delimiter: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerows([("id", "name"), *rows])
    suffix = ".tsv" if delimiter == "\t" else ".csv"
    assert list(cells_of("x", [file.getvalue()], suffix, "name")) == [name for _, name in rows]
    assert columns_of(file.getvalue(), suffix) == ("named", ["id", "name"])


@given(st.lists(cells, min_size=1, max_size=6))
def test_a_column_of_json_lines_is_what_was_written(names: list[str]) -> None:
    text = "".join(json.dumps({"id": i, "name": name}) + "\n" for i, name in enumerate(names))
    for suffix in (".jsonl", ".ndjson", ".txt", ""):
        assert list(cells_of("x", [text], suffix, "name")) == names
        assert list(cells_of("x", [text], suffix, "id")) == [str(i) for i in range(len(names))]
    array = json.dumps([json.loads(line) for line in text.splitlines()], indent=1)
    assert list(cells_of("x", [array], ".json", "name")) == names
    assert columns_of(text, ".jsonl") == ("named", ["id", "name"])
    assert columns_of(text, ".txt") == ("looks", ["id", "name"])


def test_a_cell_may_be_long_missing_or_null() -> None:
    long = "x" * 200_000
    limit = csv.field_size_limit()
    assert list(cells_of("x", [f"a,b\n1,{long}\n2\n\n"], ".csv", "b")) == [long, ""]
    assert csv.field_size_limit() == limit
    assert list(cells_of("x", ['{"a": null}\n\n{"b": 1.50}\n'], ".jsonl", "a")) == ["", ""]
    assert list(cells_of("x", ['{"a": null}\n\n{"b": 1.50}\n'], ".jsonl", "b")) == ["", "1.50"]


@pytest.mark.parametrize(
    ("text", "suffix", "words"),
    [
        ("a,b\n1,2\n", ".csv", "x has no column 'name': it has a, b"),
        ('{"a": 1, "b": 2}\n', ".jsonl", "x has no column 'name': it has a, b"),
        ("emma\nolivia\n", ".txt", "the only one that its first line names is 'emma'"),
        ("x" * 9000 + ",b\n", ".csv", "it has x{200}…."),
        ("[]", ".json", "x has no column 'name': it has none"),
        ('[{"name": 1},\n {"name": []}]', ".json", "x, object 2: name is list, not text"),
        ('{"name": "x"}\n[1]\n', ".jsonl", "x, line 2, is no object of JSON"),
        ('{"name": ["x"]}\n', ".jsonl", "x, line 1: name is list, not text"),
        ('{"name": "\\ud800"}\n', ".jsonl", r"x holds U\+D800, half a character"),
        ('name,b\n"never closed,1\n2,3\n', ".csv", "x is no table, by its line 3"),
    ],
)
def test_what_is_no_such_table_is_a_sentence(text: str, suffix: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        list(cells_of("x", [text], suffix, "name"))


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        ("id,name,city\n" + "1,anna,rome\n" * 12, ".txt", ["id", "name", "city"]),
        ("id\tname\n" + "1\tanna\n" * 12, "", ["id", "name"]),
        ("name\nanna\n", ".csv", ["name"]),
        ("Smith, John\n" * 12 + "Doe, Jane\n", ".txt", None),
        ("emma\n" * 30, ".txt", None),
        ("To be, or not to be, that\nis the question\n" * 9, ".txt", None),
        ("1,2,3\n" * 30, ".txt", None),
        ("{a smile}\n" * 30, ".txt", None),
        ("", ".csv", None),
        ("", ".jsonl", None),
        (json.dumps([{"id": 1, "name": "anna"}] * 12, indent=1), ".json", ["id", "name"]),
        ("[]", ".json", None),
        ('{"a": [\n1]}', ".json", None),
    ],
)
def test_a_table_is_seen_where_it_is_clear(
    text: str, suffix: str, expected: list[str] | None
) -> None:
    found = columns_of(text, suffix)
    assert (found and found[1]) == expected
