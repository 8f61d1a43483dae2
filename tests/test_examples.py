"""The examples: each model of a user's own trains, and the parts are what they say."""

import importlib.util
import math
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from makemore.models import build_model
from makemore.models.settings import CustomSettings
from makemore.training.learner import Learner
from tests.helpers import PLAY, Runner, write_file

EXAMPLES = Path(__file__).parents[1] / "examples"
STEPS = EXAMPLES / "gpt_in_six_steps.py"
RECIPE = EXAMPLES / "gpt_in_six_steps.toml"
CLASSES = {
    "Bigram": 66 * 66,
    "OneHead": 7618,
    "FourHeads": 7618,
    "WithFeedForward": 7618 + 32 * 32 + 32,
    "WithResiduals": 41_986,
    "WithLayerNorm": 41_986 + 7 * 64,
}
"""Parameters of each step with 66 characters and a block of 8, counted by hand."""


@pytest.fixture(scope="module")
def steps() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gpt_in_six_steps", STEPS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", CLASSES)
def test_each_step_to_a_gpt_learns_a_play(name: str, tmp_path: Path) -> None:
    """Its loss falls from about ln V or more to well below."""
    play = write_file(tmp_path / "play.txt", PLAY)
    settings = tomllib.loads(RECIPE.read_text(encoding="utf-8"))
    settings |= {"max_steps": 60, "learning_rate": 0.03, "split": [0.8, 0.2, 0.0]}
    with Learner.of(model=f"{STEPS}:{name}", data=str(play), **settings) as learner:
        learner.begin()
        for _ in range(60):
            learner.step()
        found = learner.validate()
    assert found is not None
    assert found.loss < 0.8 * math.log(len(learner.maker.vocabulary))


@pytest.mark.parametrize("name", CLASSES)
def test_each_step_has_its_parameters_and_starts_nearly_indifferent(name: str) -> None:
    model = build_model(f"{STEPS}:{name}", CustomSettings(block_size=8), 66)
    assert model.n_parameters == CLASSES[name]
    tokens, targets = torch.randint(66, (2, 256, 8))
    loss = F.cross_entropy(model(tokens).flatten(0, 1), targets.flatten()).item()
    # the lecture's table starts with random logits, whose loss is about half a nat above
    assert loss == pytest.approx(math.log(66), abs=0.7)


def test_the_heads_are_pytorch_s_attention(steps: ModuleType) -> None:
    heads = steps.Heads()
    x = torch.randn(5, 8, 32)

    def together(name: str) -> torch.Tensor:
        each = [getattr(head, name)(x) for head in heads.heads]
        return torch.stack(each, dim=1)  # (B, heads, T, head_size)

    expected = F.scaled_dot_product_attention(
        together("query"), together("key"), together("value"), is_causal=True
    )
    torch.testing.assert_close(heads(x), expected.transpose(1, 2).flatten(2))


def test_a_block_adds_to_what_it_gets(steps: ModuleType) -> None:
    """With nothing to add, it gives it back."""
    block = steps.Block(nn.LayerNorm)
    x = torch.randn(5, 8, 32)
    with torch.no_grad():
        for last in (block.attention[-1], block.feed_forward[-1]):
            last.weight.zero_(), last.bias.zero_()
    assert torch.equal(block(x), x)


def test_the_commands_and_the_program_of_the_examples_page_run(
    run_makemore: Runner, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8").replace("\\\n", "")
    write_file(tmp_path / "shakespeare.txt", PLAY)
    quick = ["--max-steps", "2", "--eval-interval", "2"]
    commands = re.findall(r"^makemore (.*)$", page, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["train", "sample"]
    for command, more in zip(commands, (quick, ["--max-length", "9"]), strict=True):
        flags = command.replace("examples/", f"{EXAMPLES}/").split()
        assert run_makemore(*flags, *more).exit_code == 0
    program = re.search(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert program is not None
    exec(program[1], {})
    assert float(capsys.readouterr().out) == pytest.approx(math.log(27), abs=0.7)
