"""The page: valid, whole in itself, escaped, small, the same each time."""

import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import makemore
from makemore.maker import Maker
from makemore.pages import contents
from makemore.pages.contents import Album, with_fewer_colours
from makemore.pictures.gallery import Missing
from tests.pages.conftest import HOSTILE

ALLOWED = {"html", "head", "meta", "title", "link", "style", "body", "header", "main", "footer"}
ALLOWED |= {"section", "nav", "h1", "h2", "h3", "p", "ul", "li", "a", "span", "b", "div", "pre"}
ALLOWED |= {"table", "thead", "tbody", "tr", "th", "td", "code", "figure", "figcaption", "img"}


@pytest.fixture(scope="module")
def page(words: Maker, folder: Path) -> str:
    found = makemore.report(words, out=folder / "page.html")
    assert found.path is not None
    return found.path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(words: Maker, counted: Maker, text: Maker, folder: Path, page: str) -> dict[str, str]:
    made = {"one": page}
    several = {"text": [text], "counted": [counted], "two": [words, counted]}
    for name, runs in several.items():
        path = folder / f"{name}.html"
        makemore.report(runs, out=path)
        made[name] = path.read_text(encoding="utf-8")
    return made


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_pages_are_valid(pages: dict[str, str]) -> None:
    html5lib: Any = pytest.importorskip("html5lib")
    for page in pages.values():
        html5lib.HTMLParser(strict=True).parse(page)


def test_a_page_asks_for_nothing_and_runs_nothing(pages: dict[str, str]) -> None:
    for page in pages.values():
        elements = Elements(page).found
        assert {tag for tag, _ in elements} <= ALLOWED
        for tag, attributes in elements:
            assert not any(name.startswith("on") for name in attributes)
            for name in ("src", "href"):
                if name in attributes:
                    assert re.match(r"data:|#part-\d+$", str(attributes[name])), (tag, attributes)
        assert "url(" not in page
        assert "@import" not in page


def test_what_the_data_holds_is_shown_and_not_obeyed(words: Maker, folder: Path) -> None:
    class Parrot(Maker):
        """Says what its corpus says."""

        def sample(self, *_: Any, **__: Any) -> Any:
            found = [makemore.Sample(one, place="train") for one in HOSTILE]
            return makemore.Samples(found)

    parrot = Parrot(**{name: getattr(words, name) for name in Maker.__dataclass_fields__})
    makemore.report(parrot, out=folder / "parrot.html")
    page = (folder / "parrot.html").read_text(encoding="utf-8")
    elements = Elements(page)
    assert {tag for tag, _ in elements.found} <= ALLOWED
    for word in HOSTILE:
        assert any(makemore_shows(word) == shown for shown in elements.words)
    html5lib: Any = pytest.importorskip("html5lib")
    html5lib.HTMLParser(strict=True).parse(page)


def makemore_shows(word: str) -> str:
    """Spell out the three that are not shown as they are."""
    for character in ("\u202e", "\x07", "\ufdd0"):
        word = word.replace(character, repr(character)[1:-1])
    return word


def test_a_page_says_all_that_is_known(page: str, words: Maker) -> None:
    shown = "".join(Elements(page).words)
    assert "words & <b>.txt" in shown
    assert f"{words.model.n_parameters:,} parameters, trained for {words.step} steps" in shown
    for name, one in words.evaluate().items():
        assert f"{name}{one.documents}{one.predictions}{one.loss:.4f}" in shown.replace("\n", "")
    for heading in ("Memorised or new", "Watch it learn", "How it learned", "Make it again"):
        assert heading in shown
    assert "makemore train --model mlp" in shown
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_every_picture_says_what_it_shows(pages: dict[str, str]) -> None:
    for page in pages.values():
        images = [attributes for tag, attributes in Elements(page).found if tag == "img"]
        assert images
        assert all(attributes["alt"] for attributes in images)


def test_names_of_parts_are_unique_and_linked(pages: dict[str, str]) -> None:
    for page in pages.values():
        elements = Elements(page).found
        ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
        links = [attributes["href"] for tag, attributes in elements if tag == "a"]
        assert len(set(ids)) == len(ids)
        assert links == [f"#{one}" for one in ids]


def test_the_same_run_makes_the_same_page(page: str, words: Maker, folder: Path) -> None:
    makemore.report(Maker.load(words.run), out=folder / "again.html")
    assert (folder / "again.html").read_text(encoding="utf-8") == page


def test_pages_are_below_two_megabytes(pages: dict[str, str]) -> None:
    assert max(len(page.encode()) for page in pages.values()) < 2_000_000


def test_pictures_stop_where_the_page_is_full(words: Maker) -> None:
    plots = makemore.plot(words, ["loss", "word"])
    album = Album(room=10)
    assert album.add(plots) == []
    assert [one.name for one in album.left_out] == ["loss", "word"]
    assert "makemore plot loss" in album.left_out[0].why
    album = Album()
    (image,) = album.add([plots[0], Missing("attention", "It has none.")])
    assert (image.name, album.left_out) == ("loss", [Missing("attention", "It has none.")])
    assert contents.ROOM_FOR_PICTURES < 2_000_000


def test_fewer_colours_are_fewer_bytes_of_nearly_the_same_picture(words: Maker) -> None:

    before = makemore.plot(words, "word")[0].render("png")
    after = with_fewer_colours(before)
    assert len(after) < len(before)
    one, other = (
        np.asarray(Image.open(BytesIO(png)).convert("RGB"), dtype=float) for png in (before, after)
    )
    assert one.shape == other.shape
    assert abs(one - other).mean() < 2  # of 255


def test_runs_side_by_side_come_with_the_best_first(words: Maker, counted: Maker) -> None:
    found = contents.find_contents([counted, words])
    val = {run.name: run.evaluations["val"].loss for run in found.runs}
    assert [row[0] for row in found.comparison().rows] == sorted(val, key=lambda name: val[name])
    assert {image.name for image in found.images} >= {"loss", "splits"}


def test_a_text_shows_its_text_and_no_memorised_documents(pages: dict[str, str]) -> None:
    assert "Memorised or new" not in pages["text"]
    assert "<pre>" in pages["text"]


def test_what_can_t_be_is_a_sentence(words: Maker, folder: Path) -> None:
    with pytest.raises(makemore.UsageError, match=r"--out takes a file like report\.html"):
        makemore.report(words, out="page.pdf")
    with pytest.raises(makemore.UsageError, match="named twice"):
        makemore.report([words, words], out=folder / "x.html")
    with pytest.raises(makemore.UsageError, match="at least one"):
        makemore.report([])
