"""The recurrent models against PyTorch's own."""

import pytest
import torch
from torch import nn

from makemore.models.recurrent import Recurrent
from tests.helpers import random_model

V = 5
LONGEST = 9


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_a_recurrent_model_is_pytorch_s_with_the_same_weights(name: str) -> None:
    model = random_model(name, V, LONGEST, n_embd=7, n_hidden=11)
    assert isinstance(model, Recurrent)
    reference = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[name](7, 11, batch_first=True)
    pairs = [
        (reference.weight_ih_l0, model.from_input.weight),
        (reference.weight_hh_l0, model.from_state.weight),
        (reference.bias_ih_l0, model.from_input.bias),
        (reference.bias_hh_l0, model.from_state.bias),
    ]
    with torch.no_grad():
        for theirs, ours in pairs:
            theirs.copy_(ours)
    tokens = torch.randint(V, (4, LONGEST))
    expected = model.lm_head(reference(model.wte(tokens))[0])
    torch.testing.assert_close(model(tokens), expected, atol=1e-5, rtol=1e-5)
