"""Text of any kind becomes HTML that shows it and does nothing else."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.display import Grid
from makemore.pages.html import lines, picture, table, text


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.shown = ""
        self.tags: list[str] = []

    def handle_data(self, data: str) -> None:
        self.shown += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@settings(max_examples=50)
@given(st.text())
def test_text_makes_no_element_and_shows_every_printable_character(value: str) -> None:
    found = read(f"<p>{text(value)}</p>")
    assert found.tags == ["p"]
    if value.isprintable():
        assert found.shown == value


@pytest.mark.parametrize("value", ["\x07", "\ufdd0", "\ufffe", "\udc80", "\u202e"])
def test_what_html_forbids_or_what_turns_the_writing_is_spelled_out(value: str) -> None:
    assert read(text(f"a{value}b")).shown == f"a{value!r}b".replace("'", "")
    text(value).encode()


def test_the_last_code_points_of_each_plane_are_spelled_out() -> None:
    assert text("\U0001fffe\U0010ffff") == "\\u1fffe\\u10ffff"


def test_line_breaks_are_kept_where_asked() -> None:
    assert lines("a\n\t<b>\r") == "a\n\t&lt;b&gt;\\r"


def test_a_table_has_headings_for_its_columns_and_rows() -> None:
    html = table(Grid([("<a>", "1"), ("b", "2")], ["", "loss & more"]))
    assert "<td></td>" in html
    assert '<th scope="col" class="number">loss &amp; more</th>' in html
    assert '<th scope="row">&lt;a&gt;</th><td class="number">1</td>' in html


def test_a_picture_says_what_it_shows_and_needs_no_other_file() -> None:
    html = picture(b"\x89PNG", 'a "map" & more')
    assert 'src="data:image/png;base64,iVBORw=="' in html
    assert 'alt="a &quot;map&quot; &amp; more"' in html
