"""Files become strings: line ends, spellings, separators, blanks, several files, tables."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.changes import Changes
from makemore.corpus.reader import read, read_documents
from makemore.corpus.reading import BLANK, HowToRead, clean, unescape
from makemore.errors import UserError
from tests.helpers import write_file


def test_reading_drops_byte_order_mark_line_ends_white_space_and_empty_lines(
    tmp_path: Path,
) -> None:
    file = write_file(tmp_path / "x.txt", "\ufeffanna\r\n  ben \n\n\t\n\u00a0cleo\rdora")
    assert read_documents(file) == ["anna", "ben", "cleo", "dora"]


def test_reading_gives_one_spelling_to_one_character(tmp_path: Path) -> None:
    composed, decomposed = "zo\u00eb", "zoe\u0308"
    assert (
        read_documents(write_file(tmp_path / "x.txt", f"{composed}\n{decomposed}"))
        == [composed] * 2
    )
    assert clean(decomposed) == composed


def test_characters_that_only_look_like_line_ends_stay_in_their_document(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.txt", "a\u2028b\x0cc\x85d\n")
    assert read_documents(file) == ["a\u2028b\x0cc\x85d"]


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=8)
    )
)
def test_reading_gives_the_stripped_lines_that_are_not_empty(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    expected = [unicodedata.normalize("NFC", line).strip() for line in lines]
    expected = [line for line in expected if line]
    file = write_file(tmp_path_factory.mktemp("corpus") / "x.txt", "\ufeff" + "\r\n".join(lines))
    if expected:
        assert read_documents(file) == expected
    else:
        with pytest.raises(UserError, match="holds no text"):
            read_documents(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"fine\n\xff\xfe\n", r"not UTF-8 text \(line 2\)"),
        (b" \n\n", "holds no text"),
        (b"anna\0bob\n", "holds NUL characters, as no text does"),
    ],
)
def test_a_file_that_can_t_be_used_is_a_sentence(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read_documents(write_file(tmp_path / "x.txt", content))


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Can't read .*nowhere.txt: No such file"):
        read_documents(tmp_path / "nowhere.txt")


documents_of_any_kind = st.lists(
    st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=8),
    max_size=6,
)


@given(
    documents_of_any_kind,
    st.sampled_from(["\n", BLANK, "---", "\t", ";", "\n--\n", "%%\n", "\n\n"]),
    st.booleans(),
)
def test_what_is_written_with_a_separator_is_read_again(
    tmp_path_factory: pytest.TempPathFactory,
    documents: list[str],
    separator: str,
    keep_blanks: bool,
) -> None:
    how = HowToRead(separator=separator, keep_blanks=keep_blanks)
    # as a corpus has them: trimmed, none empty, no separator inside
    documents = [how.trim(clean(document)) for document in documents]
    documents = [d for d in documents if d and how.cut(d) == how.cut(d)[:1]]
    if not "".join(documents).strip():
        return
    text = how.between.join(f"{document}\n" for document in documents)
    file = write_file(tmp_path_factory.mktemp("corpus") / "x.txt", text)
    assert read_documents(file, how) == documents
    assert [how.trim(document) for document in documents] == documents


def test_a_level_keeps_its_line_breaks_and_its_indentation(tmp_path: Path) -> None:
    first, second = "  ####\n  #@.#\n#####", "###\n#.#  \n###"
    file = write_file(tmp_path / "x.txt", f"\n\n{first}   \n \t\n\n{second}\n\n")
    reading = read(file, HowToRead(separator=BLANK))
    assert reading.documents == [first, second]
    assert reading.changes == Changes(trimmed=1)
    kept = read_documents(file, HowToRead(separator=BLANK, keep_blanks=True))
    assert kept == [first + "   ", second]


def test_blanks_are_kept_where_they_matter(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.txt", "\n pass \nword\n\n  \n")
    assert read_documents(file) == ["pass", "word"]
    reading = read(file, HowToRead(keep_blanks=True))
    assert reading.documents == [" pass ", "word", "  "]
    assert reading.changes == Changes(empty=2)


def test_what_is_dropped_and_changed_is_counted(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.txt", "anna \n\n\nbob\nzoe\u0308\n\tben\n \nK\u212a\n")
    reading = read(file)
    assert reading.documents == ["anna", "bob", "zo\u00eb", "ben", "KK"]
    assert reading.changes == Changes(empty=3, trimmed=2, respelled=2)


@given(st.lists(st.text("ab\n ", max_size=8), min_size=1, max_size=4))
def test_files_are_read_in_their_order_and_no_line_runs_on(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("corpus")
    files = [write_file(folder / f"{i}.txt", text) for i, text in enumerate(texts)]
    if not "".join(texts).strip():
        with pytest.raises(UserError, match="holds no text"):
            read(files)
        return
    lines = [line.strip() for text in texts for line in text.split("\n")]
    assert read_documents(files) == [line for line in lines if line] == read_documents(folder)
    (text,) = read_documents(files, HowToRead("text"))
    if len(texts) > 1:
        assert text == "".join(t if t.endswith("\n") else t + "\n" for t in texts)
    else:
        assert text == texts[0]


def test_a_cell_is_cut_at_the_separator(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.csv", 'id,poem\n1,"a\nb"\n2,"c"\n3,\n')
    reading = read(file, HowToRead(column="poem"))
    assert reading.documents == ["a", "b", "c"]
    assert reading.changes.empty == 1
    assert read_documents(file, HowToRead(column="poem", separator="---")) == ["a\nb", "c"]
    assert read_documents(file, HowToRead("text", column="poem")) == ["a\nb\nc\n"]


def test_a_table_without_a_column_is_refused_and_one_in_disguise_is_seen(tmp_path: Path) -> None:
    table = "id,name,city\n" + "1,anna,rome\n" * 12
    with pytest.raises(UserError, match=r"a table with the columns id, name, city: name one"):
        read(write_file(tmp_path / "x.csv", table))
    assert read(write_file(tmp_path / "x.txt", table)).table == ["id", "name", "city"]
    assert read(tmp_path / "x.csv", HowToRead("text")).documents == [table]
    one = read(write_file(tmp_path / "one.csv", "name\nanna\nbob\n"))
    assert (one.documents, one.table) == (["name", "anna", "bob"], ["name"])


@given(st.text())
def test_escapes_spell_what_no_shell_types(text: str) -> None:
    spelled = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    assert unescape(spelled) == text
