"""The bag of words against its formula."""

import torch

from makemore.models.bow import BagOfWords
from tests.helpers import random_model

V = 5
LONGEST = 9


def test_a_bag_of_words_is_the_mean_of_what_came_before() -> None:
    model = random_model("bow", V, LONGEST)
    assert isinstance(model, BagOfWords)
    tokens = [0, 3, 1, 1, 4]
    x = [model.wte.weight[token] + model.wpe.weight[i] for i, token in enumerate(tokens)]
    for position in range(len(tokens)):
        y = x[position] + sum(x[: position + 1]) / (position + 1)
        y = y + model.c_proj(torch.tanh(model.c_fc(y)))
        expected = model.lm_head(y)
        found = model(torch.tensor([tokens]))[0, position]
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
