"""A run on words that try to be HTML, a counted one and one of a text, each trained once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import makemore
from makemore.maker import Maker
from makemore.pages import contents
from makemore.pictures import gallery

HOSTILE = [
    "<script>alert(1)</script>",
    "a & b &amp; c",
    '"><img src=x onerror=alert(1)>',
    "</style></pre>",
    "'quoted'",
    "\u202eright to left",
    "bell\x07",
    "no\ufdd0character",
]
SMALL: dict[str, Any] = {
    "max_steps": 30,
    "batch_size": 8,
    "n_embd": 4,
    "n_hidden": 16,
    "eval_interval": 10,
}


FEW = ("loss", "word", "splits")


@pytest.fixture(scope="package", autouse=True)
def _quick_pages() -> Iterator[None]:
    """Draw few pictures and samples: each takes its time, and has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        few = {name: entry for name, entry in gallery.PICTURES.items() if name in FEW}
        patch.setattr(gallery, "PICTURES", few)
        patch.setattr(contents, "SAMPLES_MEASURED", 300)
        yield


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report & <folder>")
    words = [f"{word}{end}" for word in HOSTILE for end in ("", "a", "ab", "abc", "b", "c", "d")]
    (folder / "words & <b>.txt").write_text("\n".join(words), encoding="utf-8")
    (folder / "text.txt").write_text("<b>to be</b> & not to be,\n" * 60)
    return folder


@pytest.fixture(scope="package")
def words(folder: Path) -> Maker:
    out = folder / "one"
    data = folder / "words & <b>.txt"
    return makemore.train(data, model="mlp", out=out, show=False, seed=1, **SMALL)


@pytest.fixture(scope="package")
def counted(folder: Path) -> Maker:
    data = folder / "words & <b>.txt"
    return makemore.train(data, model="bigram", out=folder / "counted", show=False)


@pytest.fixture(scope="package")
def text(folder: Path) -> Maker:
    settings = SMALL | {"format": "text", "max_steps": 12}
    out = folder / "text"
    return makemore.train(folder / "text.txt", model="mlp", out=out, show=False, **settings)
