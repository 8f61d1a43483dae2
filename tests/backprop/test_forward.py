"""The lecture's forward pass in small steps, against PyTorch's layers in one go."""

import torch
import torch.nn.functional as F

from makemore.backprop.forward import Weights, forward


@torch.no_grad()
def test_the_small_steps_give_the_loss_of_pytorch_s_layers() -> None:
    generator = torch.Generator().manual_seed(2147483647)
    w = Weights.random(generator, dtype=torch.float64)
    contexts, targets = torch.randint(27, (32, 3)), torch.randint(27, (32,))
    values = forward(w, contexts, targets)
    hidden = F.linear(F.embedding(contexts, w.C).flatten(1), w.W1.T, w.b1)
    variance, mean = torch.var_mean(hidden, 0, correction=1)
    normalised = F.batch_norm(hidden, mean, variance, w.bngain, w.bnbias, eps=1e-5)
    logits = F.linear(torch.tanh(normalised), w.W2.T, w.b2)
    torch.testing.assert_close(values.hpreact, normalised)
    torch.testing.assert_close(values.logits, logits)
    torch.testing.assert_close(values.loss, F.cross_entropy(logits, targets))


def test_the_lecture_s_network_has_its_4137_parameters_and_no_plain_one() -> None:
    w = Weights.random(torch.Generator().manual_seed(2147483647))
    assert sum(weight.numel() for weight in vars(w).values()) == 4137
    for weight in vars(w).values():
        assert weight.requires_grad
        assert weight.unique().numel() == weight.numel()


def test_logits_that_exp_would_overflow_have_a_loss() -> None:
    w = Weights.random(torch.Generator().manual_seed(0))
    with torch.no_grad():
        w.b2[3] = 1000.0
    values = forward(w, torch.tensor([[0, 0, 1], [1, 2, 3]]), torch.tensor([3, 3]))
    assert values.loss.item() == 0.0
