"""A training knows the versions and threads that its last bits depend on."""

from dataclasses import replace

import torch

import makemore
from makemore.compute.conditions import Conditions
from makemore.compute.threads import Workers

HERE = Conditions.of(torch.device("cpu"), Workers(3, 3))


def test_the_conditions_of_a_training_are_those_of_this_process() -> None:
    capability = torch.backends.cpu.get_cpu_capability()
    assert Conditions(makemore.__version__, torch.__version__, capability, 3, 1) == HERE


def test_what_is_another_now_is_named_with_both() -> None:
    before = replace(HERE, pytorch="1.0", workers=4)
    now = replace(HERE, pytorch="2.0", workers=3)
    assert before.difference(now) == "pytorch 1.0 (now 2.0), workers 4 (now 3)"
    assert HERE.difference(HERE) is None
