"""The long trainings of the lectures: their networks, and a few of their steps."""

import math

import pytest
import torch
import torch.nn.functional as F

from makemore.corpus.splits import Corpus
from makemore.lectures.layers import forward_and_backward
from makemore.lectures.trainings import TRAININGS, run
from makemore.lectures.wavenet import size
from makemore.lectures.windows import Names, new_generator

SIZES = {
    "lecture-3": 11_897,
    "lecture-4": 11_897,
    "lecture-4-norm": 12_097,
    "lecture-5": 12_297,
    "lecture-6-flat": 22_097,
    "lecture-6-by-place": 22_397,
    "lecture-6-pairs": 22_397,
    "lecture-6": 76_579,
}
"""As the lectures print them."""


def test_each_network_has_the_lecture_s_size() -> None:
    found = {
        name: size(training.make_net(27, new_generator())) for name, training in TRAININGS.items()
    }
    assert found == SIZES


def test_smaller_first_weights_bring_the_first_loss_near_that_of_no_opinion() -> None:
    names = Names.read()
    losses = {}
    for name in ("lecture-3", "lecture-4", "lecture-4-norm", "lecture-6"):
        training = TRAININGS[name]
        data, _, _ = names.split(training.block_size)
        generator = new_generator(training.seed)
        net = training.make_net(len(names.vocabulary), generator)
        losses[name] = forward_and_backward(net, data.batch(32, generator)).loss
    assert losses.pop("lecture-3") > 20  # 27.8817 on the lecture's own list
    assert [*losses.values()] == pytest.approx([math.log(27)] * 3, abs=0.1)


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_is_that_of_pytorch_s_sgd_with_a_lower_rate_at_its_end(
    name: str, corpus: Corpus
) -> None:
    training, names = TRAININGS[name], Names([*corpus.train])
    found = run(training, names, steps=8)
    data, val, _ = names.split(training.block_size)
    generator = new_generator(training.seed)
    net = training.make_net(len(names.vocabulary), generator)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(8):
        if step == (6 if name.startswith("lecture-6") else 4):
            optimizer.param_groups[0]["lr"] = 0.01
        batch = data.batch(32, generator)
        optimizer.zero_grad()
        F.cross_entropy(net(batch.contexts), batch.targets).backward()
        optimizer.step()
    net.eval()
    losses = [F.cross_entropy(net(part.contexts), part.targets).item() for part in (data, val)]
    assert [found.train, found.val] == pytest.approx(losses, rel=1e-4)
