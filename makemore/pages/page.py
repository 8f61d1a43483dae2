"""The page: one HTML file that needs no network, no script and no other file."""

from collections.abc import Callable, Sequence

from makemore import __version__
from makemore.corpus.sources import name_of
from makemore.display import show_loss
from makemore.maker import Maker
from makemore.pages.contents import Image, Report, RunContents
from makemore.pages.html import (
    element,
    lines,
    paragraph,
    picture,
    rows_table,
    table,
    text,
)
from makemore.pages.look import STYLE
from makemore.pages.replay import Replay, changes
from makemore.sampling.samples import Sample

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What a browser may do with the page: show it. Neither a script nor a request can come of it."""
Section = tuple[str, str]
"""A heading and the HTML below it."""


def make_page(report: Report) -> str:
    """Write the page; the same report makes the same page."""
    several = len(report.runs) > 1
    if several:
        title = f"{len(report.runs)} models side by side"
        lead = [
            element("ul", *(element("li", text(f"{r.name}: {what_it_is(r)}")) for r in report.runs))
        ]
        sections = [("Comparison", _comparison(report))]
        for run in report.runs:
            inside = [f"{_heading(3, name)}{html}" for name, html in _sections(run, report)]
            sections.append((run.name, "".join(inside)))
    else:
        (run,) = report.runs
        title = f"{run.maker.config.name}: a model of {source_of(run.maker)}"
        lead = [paragraph(what_it_is(run), "lead")]
        sections = _sections(run, report)
    links = [
        element("li", element("a", text(name), href=f"#part-{number}"))
        for number, (name, _) in enumerate(sections, 1)
    ]
    parts = [
        element("section", element("h2", text(name)), html, id=f"part-{number}")
        for number, (name, html) in enumerate(sections, 1)
    ]
    head = (
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{text(title)}</title>\n"
        '<link rel="icon" href="data:,">\n'
        f"<style>{STYLE}</style>\n"
    )
    names = " ".join(str(run.maker.run or run.maker.path) for run in report.runs)
    body = (
        element("header", element("h1", text(title)), *lead, element("nav", element("ul", *links))),
        element("main", *parts),
        element(
            "footer",
            paragraph(f"Made by makemore {__version__}, with makemore report {names}"),
        ),
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}</head>\n<body>\n'
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def what_it_is(run: RunContents) -> str:
    """Say what the model is, what it learned from and how well, in a sentence or two."""
    maker = run.maker
    size = maker.model.n_parameters
    what = f"{_article(maker.config.name)} {maker.config.name} of {size:,} parameters"
    training = "counted" if maker.model.closed_form else f"trained for {maker.step:,} steps"
    corpus = maker.corpus
    read = f"{len(corpus.train):,} documents"
    if maker.is_text:
        read = f"{corpus.size('train'):,} characters"
    sentence = f"{what}, {training} on {read} of {source_of(maker)}"
    sentence = sentence[0].upper() + sentence[1:]
    split = "val" if "val" in run.evaluations else next(iter(run.evaluations))
    found = run.evaluations[split]
    return (
        f"{sentence}. It predicts the next character of what it has not seen with a loss of "
        f"{show_loss(found.loss)} nats, as if it chose among {found.perplexity:.2f} equally likely "
        "ones."
        if split != "train"
        else f"{sentence}. Its loss there is {show_loss(found.loss)} nats a character."
    )


def source_of(maker: Maker) -> str:
    """Name what it learned from, without its folder."""
    paths = maker.config.data.data
    return maker.corpus.source if paths is None else name_of([path.name for path in paths])


def _article(word: str) -> str:
    return "an" if word[:1].lower() in "aeio" or word in ("lstm", "mlp", "rnn", "ngram") else "a"


def _comparison(report: Report) -> str:
    note = "Loss in nats a character, exact, of each split; the best on val first."
    same = {run.maker.fingerprint for run in report.runs}
    if len(same) > 1:
        note += " The runs have different data, so their losses can't be compared."
    return table(report.comparison()) + paragraph(note, "note") + _images(report.images)


def _sections(run: RunContents, report: Report) -> list[Section]:
    """Write the parts of one run, in their order; one that has nothing to show is left out."""
    parts: list[tuple[str, Callable[[RunContents], str]]] = [
        ("How good it is", _evaluation),
        ("What it makes", _samples),
        ("Memorised or new", _quality),
        ("How it learned", lambda run: _images(_curves(run))),
        ("Watch it learn", _replay),
        ("What it has learned", lambda run: _images(_others(run)) + _left_out(report)),
        ("Settings", _settings),
        ("Make it again", _again),
    ]
    made = [(name, write(run)) for name, write in parts]
    return [(name, html) for name, html in made if html]


def _evaluation(run: RunContents) -> str:
    note = (
        "Exact, over whole splits. Bits are what an ideal compressor would need for a character; "
        "perplexity is among how many equally likely characters the model is left to choose. Val "
        "chose the checkpoint, so that test is the honest figure."
    )
    return table(run.evaluations.grid()) + paragraph(note, "note")


def _samples(run: RunContents) -> str:
    if run.maker.is_text:
        return "".join(element("pre", lines(one)) for one in run.samples)
    items = [
        element("li", element("span", lines(one) + ("" if one.finished else "…")), _place(one))
        for one in run.samples
    ]
    note = (
        "Drawn at temperature 1, none chosen. Beside each stands where it is found in the corpus: "
        "in train, val or test, or nowhere, and so it is new."
    )
    return element("ul", *items, class_="samples") + paragraph(note, "note")


def _place(one: Sample) -> str:
    place = one.place or "cut off"
    return element("span", text(place), class_=f"place {one.place or ''}".strip())


def _quality(run: RunContents) -> str:
    if run.quality is None:
        return ""
    expected = run.quality.shares.get("in train")
    words = []
    if expected is not None:
        words.append(
            f"The probabilities of all training documents sum to {100 * expected.expected:.1f}%: "
            "that share of what it makes is memorised."
        )
    drawn, real = run.quality.nearest.samples, run.quality.nearest.held_out
    if drawn and real:
        words.append(
            "Leaving out copies, the nearest training document is "
            f"{drawn[0]:.2f} edits away from a sample, and {real[0]:.2f} from a held-out document."
        )
    return paragraph(" ".join(words)) + table(run.quality.grid())


def _replay(run: RunContents) -> str:
    if run.replay is None:
        return paragraph(run.no_replay, "note")
    note = (
        "Every row is drawn with the same random numbers, from the weights of its step: what "
        "differs is what was learned. A bold letter is not the one that stood in its place before."
    )
    return paragraph(note, "note") + (_texts if run.replay.is_text else _names)(run.replay)


def _names(replay: Replay) -> str:
    rows = []
    before: Sequence[Sample | None] = [None] * len(replay.frames[0].samples)
    for frame in replay.frames:
        cells = [
            element("span", _marked(old, new), class_="letters")
            for old, new in zip(before, frame.samples, strict=True)
        ]
        rows.append([f"{frame.step:,}", _loss(frame.train_loss), *cells])
        before = frame.samples
    headings = ["step", "train loss", *[""] * len(before)]
    return rows_table(headings, rows, left=len(headings))


def _texts(replay: Replay) -> str:
    parts, before = [], None
    for frame in replay.frames:
        loss = f", train loss {_loss(frame.train_loss)}" if frame.train_loss is not None else ""
        parts.append(paragraph(f"After {frame.step:,} steps{loss}:"))
        parts.append(element("pre", _marked(before, frame.samples[0]), class_="letters"))
        before = frame.samples[0]
    return "".join(parts)


def _marked(before: str | None, after: Sample) -> str:
    """Write a sample with the letters that have changed in bold."""
    parts = []
    for letter, changed in zip(after, changes(before, after), strict=True):
        shown = lines(letter)
        parts.append(element("b", shown) if changed else shown)
    return "".join(parts).replace("</b><b>", "") + ("" if after.finished else "…")


def _loss(loss: float | None) -> str:
    return "" if loss is None else show_loss(loss)


def _curves(run: RunContents) -> list[Image]:
    return [image for image in run.images if image.name == "loss"]


def _others(run: RunContents) -> list[Image]:
    return [image for image in run.images if image.name != "loss"]


def _images(images: Sequence[Image]) -> str:
    return "".join(picture(one.image, f"{one.name}: {one.shows}") + "\n" for one in images)


def _left_out(report: Report) -> str:
    if not report.left_out:
        return ""
    items = [element("li", text(f"{one.name}: {one.why}")) for one in report.left_out]
    return paragraph("Not shown:", "note") + element("ul", *items, class_="note")


def _settings(run: RunContents) -> str:
    values = run.maker.config.values()
    rows = [
        [text(name), element("code", text(value))]
        for name, value in values.items()
        if name not in ("data", "val_data", "test_data", "init_from")
    ]
    return rows_table(["setting", "value"], rows, left=2)


def _again(run: RunContents) -> str:
    html = element("pre", text(run.command))
    directory = run.maker.run
    if directory is not None:
        note = f"The same settings stand in {directory}/config.toml, which --config reads."
        html += paragraph(note, "note")
    return html


def _heading(level: int, name: str) -> str:
    return element(f"h{level}", text(name))
