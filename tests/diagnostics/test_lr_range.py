"""A sweep over the learning rate, and what is read from it."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

import makemore
from makemore.config import Config, read_config
from makemore.corpus.splits import Corpus
from makemore.diagnostics.lr_range import (
    SMOOTHED_OVER,
    bursts,
    find_lr_range,
    smooth,
    suggest,
)
from makemore.errors import UsageError
from makemore.models import ARCHITECTURES
from makemore.training.learner import Learner
from tests.helpers import PLAY, write_file

pytestmark = pytest.mark.usefixtures("one_thread")
CPU = torch.device("cpu")
SMALL: dict[str, dict[str, object]] = {
    "bigram": {"fit": "gradient"},
    "transformer": {"n_layer": 1, "n_embd": 16},
    "wavenet": {"n_hidden": 16},
}


def learner_of(model: str, corpus: Corpus, **settings: object) -> Learner:
    values = {"model": model, **SMALL.get(model, {}), "batch_size": 64, **settings}
    return Learner(read_config(None, values), corpus, CPU)


def valley(bottom: float, steps: int = 200) -> tuple[list[float], list[float]]:
    """Make losses that are a parabola of the rate's logarithm, lowest at `bottom`."""
    rates = np.geomspace(1e-5, 10, steps).tolist()
    return rates, [2 + math.log10(rate / bottom) ** 2 / 10 for rate in rates]


@pytest.mark.parametrize("bottom", [1e-3, 0.03, 0.5])
@pytest.mark.parametrize("steps", [100, 200, 400])
def test_a_third_of_the_rate_of_the_lowest_loss_is_suggested(bottom: float, steps: int) -> None:
    found = suggest(*valley(bottom, steps))
    assert found.rate == pytest.approx(bottom / 3, rel=0.15), "to half a step of the coarsest"


def test_noise_moves_the_suggestion_by_less_than_a_factor_of_two() -> None:
    rates, losses = valley(0.03)
    for seed in range(20):
        noise = 0.01 * np.random.default_rng(seed).standard_normal(len(losses))
        rate = suggest(rates, (losses + noise).tolist()).rate
        assert rate is not None
        assert 0.005 < rate < 0.02


def test_the_loss_falls_fastest_where_its_slope_is_steepest() -> None:
    """A logistic curve of the logarithm falls fastest in its middle."""
    rates = np.geomspace(1e-5, 10, 200).tolist()
    losses = [3 - 1 / (1 + math.exp(-3 * math.log10(rate / 1e-3))) for rate in rates]
    found = suggest(rates, losses)
    assert rates[found.steepest] == pytest.approx(1e-3, rel=0.1)
    assert found.steepest <= found.lowest


def test_losses_that_never_fall_suggest_nothing() -> None:
    rates, _ = valley(1.0)
    assert suggest(rates, [3.3] * 200).rate is None
    assert suggest(rates, np.linspace(3.3, 5, 200).tolist()).rate is None


def test_smoothing_is_the_mean_of_those_around() -> None:
    losses = np.random.default_rng(0).random(40).tolist()
    found = smooth(losses)
    assert found[20] == pytest.approx(sum(losses[14:27]) / SMOOTHED_OVER)
    assert found[0] == pytest.approx(sum(losses[:7]) / 7)
    assert found[-1] == pytest.approx(sum(losses[-7:]) / 7)


def test_a_sweep_bursts_at_four_times_its_lowest_mean_and_not_by_one_bad_batch() -> None:
    assert not bursts([2.0] * 50)
    assert not bursts([2.0] * 50 + [10.0])
    assert bursts([2.0] * 50 + [100.0])
    assert bursts([2.0] * 50 + [8.1] * SMOOTHED_OVER)
    assert not bursts([2.0] * 50 + [7.9] * SMOOTHED_OVER)
    assert not bursts([9.0]), "nothing to compare with"


@pytest.mark.parametrize("model", [name for name in ARCHITECTURES if name != "ngram"])
def test_every_model_with_a_gradient_has_a_suggestion(
    model: str, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    learner = learner_of(model, corpus)
    steps = []
    found = find_lr_range(learner, 60, watch=lambda progress: steps.append(progress.step))
    assert found.suggested is not None
    assert 1e-4 < found.suggested < 10
    assert found.recipe == learner.settings.learning_rate
    assert f"{found.suggested:.3g}" in found.why
    assert steps == list(range(len(found.rates) + 1))
    assert list(tmp_path.iterdir()) == []


def test_the_losses_are_those_of_descent_with_rising_rates(corpus: Corpus) -> None:
    """PyTorch's own gradient descent gives the same, on the whole split at every step."""
    settings = {"optimizer": "sgd", "batch_size": 0, "n_hidden": 8}
    found = find_lr_range(learner_of("mlp", corpus, **settings), 50, slowest=0.01, fastest=1.0)
    ratios = np.divide(found.rates[1:], found.rates[:-1])
    assert ratios == pytest.approx([100 ** (1 / 49)] * 49)
    learner = learner_of("mlp", corpus, **settings)
    (table,) = learner.batches.tables(0)
    losses = []
    for rate in found.rates:
        optimizer = torch.optim.SGD(learner.model.parameters(), lr=rate)
        optimizer.zero_grad()
        loss = learner.model.loss(table)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert found.losses == pytest.approx(losses, rel=1e-5)


def test_a_sweep_ends_where_the_loss_bursts(corpus: Corpus) -> None:
    found = find_lr_range(learner_of("mlp", corpus, optimizer="sgd"), 60, fastest=1e6)
    assert found.bursts_at is not None
    assert len(found.rates) < 60
    assert all(map(math.isfinite, found.losses))
    calm = find_lr_range(learner_of("mlp", corpus), 50, fastest=1e-3)
    assert (calm.bursts_at, len(calm.rates)) == (None, 50)


@pytest.mark.parametrize("model", ["ngram", "bigram"])
def test_a_model_that_counts_has_no_learning_rate(model: str, corpus: Corpus) -> None:
    learner = Learner(Config.from_values({"model": model}), corpus, CPU)
    with pytest.raises(UsageError, match=f"{model} is fitted by counting"):
        find_lr_range(learner)


def test_too_few_steps_are_refused(corpus: Corpus) -> None:
    with pytest.raises(UsageError, match="--steps takes 50 or more, not 49"):
        find_lr_range(learner_of("mlp", corpus), 49)


def test_the_library_sweeps_a_text_and_leaves_the_caller_s_random_numbers(tmp_path: Path) -> None:
    text = write_file(tmp_path / "play.txt", PLAY)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    found = makemore.lr_range(
        text,
        format="text",
        model="mlp",
        batch_size=64,
        steps=50,
        plot=tmp_path / "sweep.svg",
        show=False,
    )
    assert torch.equal(torch.rand(3), expected)
    assert found.suggested is not None
    assert (tmp_path / "sweep.svg").stat().st_size > 1000
    assert "suggested" in repr(found)
    with pytest.raises(UsageError, match=r"not sweep\.gif"):
        makemore.lr_range("nowhere.txt", plot="sweep.gif")


def test_a_model_of_the_user_s_own_is_swept(tmp_path: Path) -> None:
    own = Path(__file__).parents[2] / "examples" / "gpt_in_six_steps.py"
    names = write_file(tmp_path / "names.txt", "\n".join(["emma", "olivia", "ava", "mia"] * 20))
    found = makemore.lr_range(names, model=f"{own}:Bigram", steps=50, show=False)
    assert found.model == "Bigram"
    assert found.suggested is not None
