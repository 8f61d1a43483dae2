"""What is learned from a packed corpus is, bit for bit, what is learned from one in memory."""

from pathlib import Path

import pytest
import torch

from makemore import Maker
from makemore.api.train import train_config
from makemore.corpus import loading
from makemore.corpus.packed import Packed
from makemore.corpus.splits import Corpus
from makemore.errors import MakemoreWarning, UserError
from makemore.evaluation import quality
from makemore.training.summary import summarise
from tests.helpers import PLAY, small_config, write_file


def train_both(
    monkeypatch: pytest.MonkeyPatch, cache: Path, model: str, **settings: object
) -> tuple[Maker, Maker]:
    """Train from memory and packed."""
    monkeypatch.setattr("makemore.corpus.pieces._cores", lambda: 0)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: cache)
    makers = []
    for large, kind in ((loading.LARGE, Corpus), (-1, Packed)):
        monkeypatch.setattr(loading, "LARGE", large)
        maker = train_config(small_config(model, max_steps=6, **settings), show=False)
        assert type(maker.corpus) is kind
        makers.append(maker)
    return makers[0], makers[1]


def weights(maker: Maker) -> dict[str, list[float]]:
    return {name: tensor.tolist() for name, tensor in maker.model.state_dict().items()}


@pytest.mark.parametrize(
    "model",
    [
        "ngram",
        "mlp",
        *(pytest.param(name, marks=pytest.mark.campaign) for name in ("bigram", "gru")),
        "transformer",
    ],
)
@pytest.mark.parametrize("format", ["lines", "text"])
@pytest.mark.usefixtures("one_thread")
def test_weights_losses_samples_and_scores_are_the_same(
    names: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, format: str
) -> None:
    lines = "\n".join([*names.train[:300], *names.val[:60]])
    data = write_file(tmp_path / "data.txt", lines if format == "lines" else PLAY)
    settings = {"data": [str(data)], "format": format}
    one, other = train_both(monkeypatch, tmp_path / "cache", model, **settings)
    assert weights(one) == weights(other)
    assert one.fingerprint == other.fingerprint
    assert one.evaluate() == other.evaluate()
    assert one.evaluate(data=data) == other.evaluate(data=data)
    assert summarise(one).figures()["loss"] == summarise(other).figures()["loss"]
    drawn = [[(str(s), s.place) for s in maker.sample(5, seed=1)] for maker in (one, other)]
    assert drawn[0] == drawn[1]
    words = [one.score("spe")[0], other.score("spe")[0]] if format == "text" else []
    assert len({word.nats for word in words}) <= 1


@pytest.mark.usefixtures("one_thread")
def test_other_files_are_measured_packed_too(
    names: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_file(tmp_path / "data.txt", "\n".join(names.train[:300]))
    more = write_file(tmp_path / "more.txt", "\n".join(["ada", *names.val[:40], "zoë", "bob"]))
    one, other = train_both(monkeypatch, tmp_path / "cache", "bigram", data=[str(data)])
    with pytest.raises(UserError, match="1 of the 43 documents"):
        other.evaluate(data=more)
    found = []
    for maker, large in ((one, 2**25), (other, -1)):
        monkeypatch.setattr(loading, "LARGE", large)
        with pytest.warns(MakemoreWarning, match="left out"):
            found.append(maker.evaluate(data=more, skip_unknown=True))
    assert found[0] == found[1]


@pytest.mark.usefixtures("one_thread")
def test_a_run_that_starts_from_another_s_vocabulary_is_the_same(
    names: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_file(tmp_path / "data.txt", "\n".join(names.train[:300]))
    more = write_file(tmp_path / "more.txt", "zoë\nÅsa\n" + "\n".join(names.val[:300]))
    start, _ = train_both(monkeypatch, tmp_path / "cache", "mlp", data=[str(data)])
    start.save(tmp_path / "start.safetensors")
    monkeypatch.undo()
    one, other = train_both(
        monkeypatch,
        tmp_path / "cache",
        "mlp",
        data=[str(more)],
        init_from=str(tmp_path / "start.safetensors"),
    )
    assert one.vocabulary.characters == other.vocabulary.characters
    assert weights(one) == weights(other)


@pytest.mark.usefixtures("one_thread")
def test_samples_are_compared_with_a_part_of_a_large_corpus_and_say_so(
    names: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_file(tmp_path / "data.txt", "\n".join(names.train[:300]))
    _, maker = train_both(monkeypatch, tmp_path / "cache", "bigram", data=[str(data)])
    whole = maker.sample_quality(50)
    monkeypatch.setattr(quality, "KNOWN", 500)
    with pytest.warns(MakemoreWarning, match="compared with every 4th of its documents"):
        part = maker.sample_quality(50)
    assert 0 < part.shares["in train"].expected < whole.shares["in train"].expected
    assert torch.get_num_threads() == 1
