"""A trained thing: what it says is what its model says."""

import math
import warnings
from pathlib import Path

import pytest
import torch

import makemore
from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.reading import embedded_names
from makemore.maker import Maker


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a list of names and a text in it."""
    folder = tmp_path_factory.mktemp("makers")
    names = embedded_names().read_text(encoding="utf-8").splitlines()[:800]
    (folder / "names.txt").write_text("\n".join(names), encoding="utf-8")
    (folder / "text.txt").write_text("to be or not to be,\nthat is the question\n" * 60)
    return folder


@pytest.fixture(scope="module")
def lines(folder: Path) -> Maker:
    return makemore.train(folder / "names.txt", model="gru", max_steps=20, show=False)


@pytest.fixture(scope="module")
def text(folder: Path) -> Maker:
    return makemore.train(
        folder / "text.txt", model="mlp", format="text", max_steps=20, batch_size=64, show=False
    )


def test_probabilities_are_the_softmax_of_the_model_s_logits(lines: Maker) -> None:
    tokens = torch.tensor([[BOUNDARY, *lines.vocabulary.encode("emm")]])
    expected = lines.model(tokens)[0, -1].double().softmax(-1).tolist()
    found = lines.probabilities("emm")
    assert sorted(found.values(), reverse=True) == list(found.values())
    assert sum(found.values()) == pytest.approx(1)
    assert found.keys() == {"", *lines.vocabulary.characters}
    for id_, character in enumerate(["", *lines.vocabulary.characters]):
        assert found[character] == pytest.approx(expected[id_], rel=1e-4)
    hot = lines.probabilities("emm", temperature=2.0)
    roots = {character: math.sqrt(p) for character, p in found.items()}
    for character, p in hot.items():
        assert p == pytest.approx(roots[character] / sum(roots.values()), rel=1e-6)
    assert sum(p > 0 for p in lines.probabilities("emm", top_k=3).values()) == 3
    assert len(lines.probabilities("a" * 200)) == len(found), "longer than any sample"


def test_a_text_has_no_end_to_expect(text: Maker) -> None:
    found = text.probabilities("to b")
    assert "" not in found
    assert sum(found.values()) == pytest.approx(1)


def test_samples_are_strings_that_know_where_they_stand(lines: Maker) -> None:
    drawn = lines.sample(60, temperature=0.5, seed=1)
    assert len(drawn) == 60
    for one in drawn:
        assert isinstance(one, str)
        assert one.place == (lines.corpus.find(one.strip()) or "new")
        assert one.finished
    assert {one.place for one in drawn} >= {"train", "new"}
    assert all(one.place == "new" for one in lines.sample(20, novel=True, seed=1))
    assert len(set(lines.sample(50, distinct=True, temperature=0.5, seed=1))) == 50
    assert all(one.startswith("jo") for one in lines.sample(prompt="jo"))
    cut = lines.sample(40, max_length=3, seed=1)
    assert {(one.finished, one.place is None) for one in cut} == {(True, False), (False, True)}
    assert list(lines.draw(5, seed=1)) == lines.sample(5, seed=1)
    assert {one.place for one in lines.draw(5, seed=1, places=False)} == {None}


def test_a_text_is_sampled_as_pages_and_by_the_character(text: Maker) -> None:
    (page,) = text.sample(prompt="to be", seed=1)
    assert page.startswith("to be")
    assert (len(page), page.finished, page.place) == (505, False, None)
    (stream,) = text.stream(prompt="to be", seed=1)
    assert "".join(stream) == page[5:]
    assert len(text.sample(3, max_length=40)) == 3


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"temperature": -1.0}, "--temperature takes a number from 0 on"),
        ({"temperature": math.nan}, "--temperature and --top-p take numbers"),
        ({"top_p": 1.5}, "--top-p takes a number from 0 to 1"),
        ({"top_k": 0}, "--max-length and --top-k take whole numbers"),
        ({"max_length": 2, "prompt": "emma"}, "--prompt has 4 characters already"),
        ({"prompt": "ß"}, "doesn't know the character 'ß'"),
        ({"seed": -1}, "--seed takes a whole number from 0 on, not -1"),
        ({"seed": 1.5}, "--seed takes a whole number from 0 on, not 1.5"),
    ],
)
def test_values_that_can_t_be_are_a_sentence(
    lines: Maker, how: dict[str, float | int | str], sentence: str
) -> None:
    with pytest.raises(makemore.UserError, match=sentence):
        lines.sample(3, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [0, -1, 2.5])
def test_as_many_as_there_can_t_be_are_a_sentence(lines: Maker, text: Maker, n: int) -> None:
    for draw in (lines.sample, text.sample, text.stream):
        with pytest.raises(makemore.UsageError, match="--num-samples takes a whole number from 1"):
            draw(n)


def test_what_goes_with_lines_and_not_with_a_text_is_a_sentence(lines: Maker, text: Maker) -> None:
    with pytest.raises(makemore.UsageError, match="--novel is for a corpus of lines"):
        text.sample(novel=True)
    with pytest.raises(makemore.UsageError, match="sampled as whole lines"):
        lines.stream()
    with pytest.raises(makemore.UsageError, match="--split takes one of train, val, test"):
        lines.evaluate("valid")  # type: ignore[arg-type]


def test_evaluations_are_by_split_or_by_file(lines: Maker, folder: Path) -> None:
    assert list(lines.evaluate()) == ["train", "val", "test"]
    path = folder / "names.txt"
    (whole,) = lines.evaluate(data=path).values()
    splits = lines.evaluate().values()
    total = sum(one.loss * one.predictions for one in splits)
    assert whole.predictions == sum(one.predictions for one in splits)
    assert whole.loss == pytest.approx(total / whole.predictions)


def test_a_saved_maker_comes_back(lines: Maker, text: Maker, tmp_path: Path) -> None:
    for maker in (lines, text):
        maker.save(tmp_path / "some.safetensors")
        loaded = makemore.load(str(tmp_path / "some.safetensors"))
        assert loaded.step == maker.step
        assert loaded.is_text == maker.is_text
        assert loaded.probabilities("t") == maker.probabilities("t")
        assert loaded.metrics == []


def test_where_the_corpus_is_gone_samples_have_no_place_and_a_warning_says_why(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data.txt"
    data.write_text("anna\nbob\ncara\n" * 20)
    makemore.train(data, model="bigram", out=tmp_path / "run", show=False)
    data.write_text("anna\nbob\ndora\n" * 20)
    with pytest.warns(makemore.MakemoreWarning, match=r"data.txt has changed since the run"):
        makemore.load(tmp_path / "run").sample(2)
    data.unlink()
    maker = makemore.load(tmp_path / "run")
    with pytest.warns(makemore.MakemoreWarning, match=r"Can't read .*So nothing is looked up"):
        assert {one.place for one in maker.sample(3)} == {None}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(maker.draw(3, places=False))
    with pytest.raises(makemore.UserError, match="Can't read"):
        maker.sample(3, novel=True)


def test_it_shows_itself_as_a_small_table(lines: Maker, text: Maker) -> None:
    assert "vocabulary  26 characters" in repr(lines)
    assert "trained on  one long text" in repr(text)
    assert "<td" in lines._repr_html_()
    shown = repr(lines.evaluate())
    for heading in ("documents", "predictions", "loss (nats/char)", "perplexity"):
        assert heading in shown
    assert "documents" not in repr(text.evaluate())
    samples = lines.sample(5, seed=1)
    assert [row.split()[0] for row in str(samples).splitlines()] == samples
    assert samples._repr_html_().count("<tr>") == 5
