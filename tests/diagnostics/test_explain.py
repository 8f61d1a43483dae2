"""One prediction whole: held to the model, to autograd and to the lecture's own figures."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import torch

from makemore.config import Config
from makemore.diagnostics.explain import explain, find_contexts
from makemore.errors import UsageError, UserError
from makemore.maker import Maker
from makemore.models import ARCHITECTURES
from makemore.training.learner import Learner, untrained


def fresh(model: str, **settings: Any) -> Maker:
    return untrained(Config.from_values({"model": model, **settings}))


@pytest.fixture(scope="module")
def small() -> Maker:
    return fresh("mlp", n_embd=2, n_hidden=4)


@pytest.fixture(scope="module")
def lecture() -> Maker:
    """Make the bigram of lecture 2, with its weights: W = randn(27, 27) by its seed."""
    maker = fresh("bigram", fit="gradient")
    generator = torch.Generator().manual_seed(2147483647)
    with torch.no_grad():
        maker.model.logits.copy_(torch.randn((27, 27), generator=generator))  # type: ignore[operator]
    return maker


def test_the_five_examples_of_emma_have_the_lecture_s_probabilities(lecture: Maker) -> None:
    found = explain(lecture, "emma")
    ids = [(*one.context.ids, one.context.target) for one in found.predictions]
    assert ids == [(0, 5), (5, 13), (13, 13), (13, 1), (1, 0)]
    chosen = [one.probabilities[one.context.target] for one in found.predictions]
    figures = [0.012286, 0.018051, 0.026692, 0.073677, 0.014978]
    assert chosen == pytest.approx(figures, abs=5e-7)
    losses = [one.loss for one in found.predictions]
    assert losses == pytest.approx([4.3993, 4.0146, 3.6234, 2.6081, 4.2012], abs=5e-5)
    assert found.predictions.loss == pytest.approx(3.7693049907684326, abs=5e-7)
    assert found.place == 1, "that of the largest loss"


def test_the_windows_of_the_first_five_names_are_the_lecture_s_32(small: Maker) -> None:
    names = ["emma", "olivia", "ava", "isabella", "sophia"]
    found = find_contexts(small, names)
    assert (len(found), len({one.text for one in found})) == (32, 28)
    assert [str(one).split("   ")[0] for one in found[:5]] == [
        "... --> e",
        "..e --> m",
        ".em --> m",
        "emm --> a",
        "mma --> .",
    ]


def test_a_model_of_the_whole_prefix_sees_the_prefix() -> None:
    found = find_contexts(fresh("gru"), ["emma"])
    assert [one.text for one in found] == [".", ".e", ".em", ".emm", ".emma"]
    assert [one.next for one in found] == ["e", "m", "m", "a", "."]


def test_a_prefix_that_fills_the_block_is_read_as_in_training() -> None:
    found = find_contexts(fresh("gru", block_size=4), ["abcdef"])
    assert [one.text for one in found] == [".", ".a", ".ab", ".abc", "bcd", "bcde", "def"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_probabilities_and_losses_are_those_of_the_model(name: str) -> None:
    maker = fresh(name)
    found = explain(maker, "emma")
    for place, one in enumerate(found.predictions):
        expected = maker.probabilities("emma"[:place])
        next_ = ("emma"[place : place + 1]) or ""
        probability = one.probabilities[one.context.target]
        end = 0.0 if place else one.probabilities[0]  # what is drawn is never empty
        assert probability == pytest.approx(expected[next_] * (1 - end), rel=1e-4)
        assert one.loss == pytest.approx(-math.log(probability))
        assert sum(one.probabilities) == pytest.approx(1)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_weights_that_moved_it_most_are_autograd_s(name: str) -> None:
    settings = {"bigram": {"fit": "gradient"}}.get(name, {})
    maker = fresh(name, **settings)
    found = explain(maker, "emma", at=2)
    if name == "ngram":
        assert not found.moved, "counted, not trained"
        return
    model = maker.model.eval()
    ids, target = found.prediction.context.ids, found.prediction.context.target
    loss = torch.nn.functional.cross_entropy(
        model(torch.tensor([ids]))[:, -1], torch.tensor([target])
    )
    loss.backward()
    parameters = dict(model.named_parameters())
    gradients = torch.cat([p.grad.flatten() for p in parameters.values() if p.grad is not None])
    largest = gradients.abs().sort(descending=True).values[: len(found.moved)]
    assert len(found.moved) == 10
    for weight, size in zip(found.moved, largest.tolist(), strict=True):
        gradient = parameters[weight.name].grad
        assert gradient is not None
        assert gradient[tuple(weight.index)].item() == pytest.approx(weight.gradient, rel=1e-4)
        assert parameters[weight.name][tuple(weight.index)].item() == weight.value
        assert abs(weight.gradient) == pytest.approx(size, rel=1e-4)


def test_the_steps_of_an_mlp_are_its_layers(small: Maker) -> None:
    found = explain(small, "emma", at=3)
    model, steps = small.model.eval(), found.steps
    assert steps is not None
    with torch.no_grad():
        embedded = model.embedding(torch.tensor(found.prediction.context.ids))  # type: ignore[operator]
        sums = model.hidden(embedded.flatten())  # type: ignore[operator]
    assert [[x.data for x in row] for row in steps.embedded] == embedded.tolist()
    assert [x.data for x in steps.sums] == pytest.approx(sums.tolist(), abs=1e-6)
    assert [x.data for x in steps.hidden] == pytest.approx(sums.tanh().tolist(), abs=1e-6)
    assert [x.data for x in steps.logits] == pytest.approx(found.prediction.logits, abs=1e-6)
    shown = "\n".join(found.lines())
    assert f"= tanh({sums[2]:.4f}) = {math.tanh(sums[2]):.4f}" in shown
    loss = found.prediction.loss
    assert f"loss  -log({math.exp(-loss):.6f}) = {loss:.4f}" in shown


def test_the_sums_that_are_written_come_out(small: Maker) -> None:
    """Compute each line again, as a reader with a calculator would."""
    lines = [line for line in explain(small, "emma").lines() if " = " in line and "*" in line]
    assert len(lines) == 4 + 1
    for line in lines:
        head, *_, result = line.replace("tanh", "math.tanh").split(" = ")
        expression = head.split("  ", 1)[1]
        assert eval(expression, {"math": math}) == pytest.approx(float(result), abs=6e-4)


def test_the_picture_names_the_weights_and_ends_in_the_loss(small: Maker) -> None:
    found = explain(small, "emma", at=2)
    picture = ElementTree.fromstring(found.to_svg())
    texts = ["".join(text.itertext()) for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[-3:] == ["loss of ..e --> m", f"data {found.prediction.loss:.4f}", "grad 1.0000"]
    for weight in found.moved:
        label = f"{weight.name}{weight.index}"
        if label in texts:
            place = texts.index(label)
            assert texts[place + 1] == f"data {weight.value + 0.0:.4f}"
            assert texts[place + 2] == f"grad {weight.gradient:.4f}"
    assert sum(weight.name.startswith("output") for weight in found.moved) >= 5
    assert found.to_svg() == found.to_svg(), "gradients don't pile up"


def test_a_picture_that_would_be_too_large_is_refused_with_the_size_that_is_not() -> None:
    with pytest.raises(UserError, match=r"up to 250 numbers, .* has [\d,]+: .* --n-hidden 4"):
        explain(fresh("mlp"), "emma").to_svg()
    with pytest.raises(UserError, match=r"this gru can't be drawn"):
        explain(fresh("gru"), "emma").to_svg()


def test_an_infinite_loss_is_shown_and_not_drawn() -> None:
    maker = fresh("bigram", smoothing=0.0)
    found = explain(maker, "jq", at=2)
    assert math.isinf(found.prediction.loss)
    assert "loss  -log(0.000000) = inf" in list(found.lines())[-1]
    figures = json.loads(json.dumps(found.figures(), allow_nan=False))
    assert figures["predictions"][1]["loss"] is None
    with pytest.raises(UserError, match="infinite"):
        found.to_svg()


def test_a_text_has_no_end_and_a_dot_of_its_own_keeps_its_sign(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("to be. or not to be.\n" * 40)
    maker = fresh("mlp", data=str(tmp_path / "text.txt"), format="text")
    found = find_contexts(maker, ["to."])
    assert [(one.text, one.next) for one in found] == [("···", "t"), ("··t", "o"), ("·to", ".")]


def test_what_can_not_be_explained_is_the_user_s_to_fix(small: Maker) -> None:
    with pytest.raises(UsageError, match="--at takes 1 to 5"):
        explain(small, "emma", at=6)
    with pytest.raises(UserError, match="doesn't know the character '7'"):
        explain(small, "emma7")


def test_a_fresh_model_is_what_training_begins_with() -> None:
    config = Config.from_values({"model": "mlp", "seed": 5})
    learner = Learner(config, config.data.load(), torch.device("cpu"))
    for one, other in zip(
        untrained(config).model.parameters(), learner.model.parameters(), strict=True
    ):
        assert torch.equal(one, other)


def test_explaining_leaves_the_model_as_it_was(small: Maker) -> None:
    small.model.train()
    small.model.zero_grad()
    explain(replace(small), "emma")
    assert small.model.training
    assert all(parameter.grad is None for parameter in small.model.parameters())
