"""Small tables, as a terminal, a notebook and a print show them."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from makemore.display import Grid, Shown, show_loss, visible
from makemore.sampling.samples import Sample, Samples

cells = st.lists(st.lists(st.text(max_size=6), min_size=2, max_size=2), min_size=1, max_size=4)


class Cells(HTMLParser):
    """Reads the text of each cell."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: object) -> None:
        if tag in {"td", "th"}:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if self.found and data != "\n":
            self.found[-1] += data


@given(cells)
def test_html_holds_each_cell_as_it_is(rows: list[list[str]]) -> None:
    found = Cells(Grid(rows, ("<b>", "n")).to_html()).found
    plain = [
        cell.replace("\r", "").replace("\n", "").replace("\0", "") for row in rows for cell in row
    ]
    assert [one.replace("\r", "").replace("\n", "").replace("\0", "") for one in found] == [
        "<b>",
        "n",
        *plain,
    ]


def test_numbers_stand_to_the_right_under_their_headings() -> None:
    grid = Grid([("train", "1.5"), ("v", "12.25")], ("", "loss"))
    assert grid.to_text().splitlines() == ["        loss", "train    1.5", "v      12.25"]
    assert Grid([("a", "1")]).to_text() == "a  1"


def test_markup_of_rich_is_text_like_any_other() -> None:
    assert Grid([("[red]x[/red]", "[/]")], left=2).to_text() == "[red]x[/red]  [/]"


def test_what_is_shown_is_the_same_by_rich_and_by_print() -> None:
    samples = Samples([Sample("anna", True, "train"), Sample("b\x1b[31m", False)])
    console = Console(color_system=None, width=80)
    with console.capture() as captured:
        console.print(samples)
    assert captured.get().rstrip().splitlines() == str(samples).splitlines()
    assert str(samples).splitlines() == ["anna        train", "b\\x1b[31m…"]
    assert isinstance(samples, Shown)


def test_control_characters_are_spelled_out() -> None:
    assert visible("a\x1b[0m\n\x9b") == "a\\x1b[0m\\n\\x9b"
    assert visible("a\u202eb\u2066\udc80") == "a\\u202eb\\u2066\\udc80"
    for text in ("é漢🙂", "👩\u200d🔬"):  # what joins an emoji turns nothing
        assert visible(text) == text


def test_a_loss_that_is_not_there_yet_is_a_dash() -> None:
    assert (show_loss(float("nan")), show_loss(2.0), show_loss(float("inf"))) == (
        "-",
        "2.0000",
        "inf",
    )
    assert show_loss(9.705e20) == "9.705e+20"


def test_a_name_that_is_too_wide_goes_on_in_the_next_line() -> None:
    console = Console(width=30, color_system=None)
    with console.capture() as captured:
        rows = [["20261124-171733-transformer", "1.9705", "2.84"]]
        console.print(Grid(rows, ["run", "a", "b"]).to_rich())
    words = captured.get().split()
    assert "".join(word for word in words[3:] if word not in {"1.9705", "2.84"}) == (
        "20261124-171733-transformer"
    )
