"""Pictures of layers, gradients and updates: what they say, and that they can be drawn."""

import math

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from makemore.corpus.splits import Corpus
from makemore.diagnostics.insides import Insides, Layer, Weight
from makemore.errors import UserError
from makemore.pictures import activations, gradients, saturation, updates
from makemore.pictures.figure import render
from makemore.pictures.request import Request
from makemore.training.learner import Learner
from tests.helpers import small_config

CPU = torch.device("cpu")


def layer(kind: str = "tanh") -> Layer:
    """Make a layer of 50 examples and 7 units, the last of which is dead."""
    values = torch.linspace(-0.9, 0.9, 350).reshape(50, 7)
    values[:, 6] = 1.0
    return Layer(f"hidden {kind}", kind, 2 * values, values, values / 1000)


def insides(*layers: Layer) -> Insides:
    weight = Weight("W $a$", torch.randn(3, 4), torch.randn(3, 4))
    return Insides(2.5, 50, list(layers), [weight])


def texts_of(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text) if isinstance(text, Text))


def test_activations_name_mean_deviation_and_share_saturated() -> None:
    found, figure = activations.Found("mlp", insides(layer())), Figure()
    activations.draw(figure, found)
    values = np.append(np.linspace(-0.9, 0.9, 350).reshape(50, 7)[:, :6].ravel(), np.ones(50))
    told = texts_of(figure)
    assert f"mean {values.mean():+.2f}, deviation {values.std(ddof=1):.2f}" in told
    assert "saturated 14.3%" in told
    assert found.figures()["layers"][0]["dead"] == [6]
    assert figure.axes[0].get_xlabel().startswith("activation")


def test_the_image_of_units_is_white_where_they_have_no_slope() -> None:
    found, figure = activations.Found("mlp", insides(layer())), Figure()
    saturation.draw(figure, found)
    (axes,) = figure.axes
    assert (
        axes.get_title("left") + axes.get_title()
        == "hidden tanh: 14.3% saturated (beyond 0.97); dead: 6"
    )
    image = np.asarray(axes.get_images()[0].get_array())
    assert image.shape == (48, 7)
    assert image[:, 6].all()
    assert not image[:, :6].any()
    assert list(np.asarray(axes.get_lines()[0].get_xdata())) == [6]


@pytest.mark.parametrize("layers", [[], [layer("relu"), layer()]])
def test_all_are_drawn_whatever_the_number_of_layers(layers: list[Layer]) -> None:
    seen = insides(*layers)
    render(lambda figure: gradients.draw(figure, gradients.Found("mlp", seen)), "png")
    if layers:
        render(lambda figure: activations.draw(figure, activations.Found("mlp", seen)), "png")
        render(lambda figure: saturation.draw(figure, activations.Found("mlp", seen)), "png")


def test_of_many_layers_the_first_are_drawn() -> None:
    figure = Figure()
    activations.draw(figure, activations.Found("mlp", insides(*[layer()] * 20)))
    assert figure.axes[0].get_title("left") + figure.axes[0].get_title() == (
        "mlp: activations by layer, 50 predictions; the first 16 of 20"
    )
    assert len(figure.axes[0].get_yticklabels()) == 16


def test_gradients_name_the_ratio_to_the_data() -> None:
    seen, figure = insides(), Figure()
    gradients.draw(figure, gradients.Found("mlp", seen))
    (weight,) = seen.weights
    assert f"gradient:data {(weight.gradient.std() / weight.data.std()).item():.2e}" in texts_of(
        figure
    )


def test_an_update_is_compared_as_in_the_lecture(corpus: Corpus) -> None:
    plain = {"optimizer": "sgd", "learning_rate": 0.1, "decay": "none", "warmup_steps": 0}
    learner = Learner(small_config("mlp", **plain), corpus, CPU)
    matrices = {n: p for n, p in learner.model.named_parameters() if p.dim() > 1}
    loss = learner.model.loss(learner.next_tables()[0])
    slopes = torch.autograd.grad(loss, list(matrices.values()))
    found = updates.follow(learner, 1)
    for (name, matrix), slope in zip(matrices.items(), slopes, strict=True):
        expected = math.log10(0.1 * (slope.std() / matrix.std()).item())
        steps, ratios = found[name]
        assert steps == [1]
        assert ratios == pytest.approx([expected], abs=2e-3)


def test_what_a_run_has_logged_is_taken_as_it_is() -> None:
    metrics: list[dict[str, float | None]] = [
        {"step": 10, "update_ratio/W": -2.5, "loss/train": 3.0},
        {"step": 20, "update_ratio/W": None, "update_ratio/b.c": -3.0},
        {"step": 30, "update_ratio/W": -2.75},
    ]
    found = updates.read_logged(metrics)
    assert found == {"W": ([10, 30], [-2.5, -2.75]), "b.c": ([20], [-3.0])}
    figure = Figure()
    updates.draw(figure, updates.Found("mlp", found, anew=False))
    (axes,) = figure.axes
    assert isinstance(axes, Axes)
    *lines, guide = axes.get_lines()
    assert [list(np.asarray(line.get_ydata())) for line in lines] == [[-2.5, -2.75], [-3.0]]
    assert set(np.asarray(guide.get_ydata())) == {-3.0}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "log10 of update to data")


def test_a_training_anew_leaves_the_run_and_the_random_numbers_alone(corpus: Corpus) -> None:
    maker = Learner(small_config("mlp"), corpus, CPU).maker
    before = [parameter.clone() for parameter in maker.model.parameters()]
    state = torch.get_rng_state()
    found = updates.find(Request([maker]))
    assert found.anew
    assert found.curves["hidden.weight"][0] == list(range(1, 25))
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(*pair) for pair in zip(before, maker.model.parameters(), strict=True))


@pytest.mark.parametrize("picture", [activations, saturation, gradients, updates])
def test_a_model_that_counts_has_none_of_them(picture: object, corpus: Corpus) -> None:
    learner = Learner(small_config("ngram"), corpus, CPU)
    learner.begin()
    with pytest.raises(UserError, match="ngram"):
        picture.find(Request([learner.maker]))  # type: ignore[attr-defined]
