"""The layers of lectures 4 and 6 are those of `torch.nn`, and a step is that of its SGD."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from makemore.lectures.layers import (
    BatchNorm,
    Embedding,
    Fuse,
    Linear,
    descend,
    forward_and_backward,
    log_updates,
    mean_loss,
    percent_beyond,
    ratios,
    train,
)
from makemore.lectures.windows import Windows, new_generator


def small_net() -> nn.Sequential:
    generator = new_generator()
    layers = [Embedding(5, 3, generator), Fuse(2), Linear(6, 8, generator, bias=False)]
    return nn.Sequential(*layers, BatchNorm(8), nn.Tanh(), Linear(8, 5, generator, gain=0.1))


def random_windows(n: int = 20) -> Windows:
    return Windows(torch.randint(0, 5, (n, 2)), torch.randint(0, 5, (n,)))


@pytest.mark.parametrize("shape", [(16, 7), (4, 6, 7)])
def test_batch_norm_is_pytorch_s_but_for_the_unbiased_variance(shape: tuple[int, ...]) -> None:
    ours, theirs = BatchNorm(7), nn.BatchNorm1d(7)
    for _ in range(3):
        x = torch.randn(shape) * 3 + 1
        rows = x.reshape(-1, 7)
        biased = math.sqrt(1 - 1 / len(rows))  # PyTorch divides the variance by n, not by n - 1
        assert torch.allclose(ours(x), biased * theirs(rows).view(shape), atol=1e-5)
    ours.eval()
    theirs.eval()
    x = torch.randn(shape)
    assert torch.allclose(ours(x), theirs(x.reshape(-1, 7)).view(shape), atol=1e-6)


def test_fuse_puts_neighbours_side_by_side() -> None:
    x = torch.arange(24.0).view(2, 4, 3)
    pairs = Fuse(2)(x)
    assert torch.equal(pairs[:, 0], torch.cat([x[:, 0], x[:, 1]], 1))
    assert torch.equal(pairs[:, 1], torch.cat([x[:, 2], x[:, 3]], 1))
    assert torch.equal(Fuse(4)(x), x.flatten(1))


def test_a_linear_layer_keeps_the_spread_times_its_gain() -> None:
    x = torch.randn(2000, 400)
    for gain in (1, 5 / 3):
        spread = Linear(400, 300, new_generator(), gain=gain)(x).std().item()
        assert spread == pytest.approx(gain, rel=0.02)


def test_a_pass_has_the_gradients_of_backward() -> None:
    net, batch = small_net(), random_windows()
    found = forward_and_backward(net, batch)
    hidden = net[:5](batch.contexts)
    hidden.retain_grad()
    loss = F.cross_entropy(net[5](hidden), batch.targets)
    loss.backward()
    assert found.loss == pytest.approx(loss.item())
    assert torch.allclose(found.activations[0], hidden)
    assert torch.allclose(found.slopes[0], hidden.grad)
    for gradient, parameter in zip(found.gradients, net.parameters(), strict=True):
        assert parameter.grad is not None
        assert torch.allclose(gradient, parameter.grad, atol=1e-7)


def test_a_step_is_that_of_pytorch_s_sgd() -> None:
    ours, theirs = torch.randn(3, 4), nn.Parameter(torch.zeros(3, 4))
    theirs.data.copy_(ours)
    theirs.grad = torch.randn(3, 4)
    descend([ours], [theirs.grad], 0.3)
    torch.optim.SGD([theirs], lr=0.3).step()
    assert torch.allclose(ours, theirs.detach())


def test_training_lowers_the_loss_and_ends_in_evaluation() -> None:
    net, data = small_net(), random_windows(200)
    before = forward_and_backward(net, data).loss
    train(net, data, new_generator(), 100)
    assert mean_loss(net, data) < before
    assert not net.training


def test_ratios_compare_spreads_of_matrices_alone() -> None:
    net = small_net()
    found = forward_and_backward(net, random_windows())
    assert len(ratios(net, found)) == 3  # the embedding and two weights
    last = found.gradients[-2].std() / list(net.parameters())[-2].detach().std()
    assert ratios(net, found)[-1] == pytest.approx(float(last))
    assert log_updates(net, found, 0.1)[-1] == pytest.approx(math.log10(0.1 * float(last)))


def test_saturation_is_counted_in_percent_on_both_sides() -> None:
    assert percent_beyond(torch.tensor([-1.0, -0.98, 0.5, 0.97]), 0.97) == 50


def test_a_momentum_sets_the_share_of_a_batch_in_the_running_values() -> None:
    x = 3 + 2 * torch.randn(16, 5)
    ours, theirs = BatchNorm(5, momentum=0.001), nn.BatchNorm1d(5, momentum=0.001)
    ours(x)
    theirs(x)
    assert theirs.running_mean is not None is not theirs.running_var
    assert torch.allclose(ours.running_mean, theirs.running_mean)
    assert torch.allclose(ours.running_var, theirs.running_var)


def test_by_place_each_place_is_a_norm_of_its_own() -> None:
    x = torch.randn(16, 3, 5)
    together = BatchNorm(5, by_place=True)
    apart = [BatchNorm(5) for _ in range(3)]
    places = torch.stack([norm(x[:, place]) for place, norm in enumerate(apart)], dim=1)
    assert torch.allclose(together(x), places)
    assert together.running_mean.shape == (3, 5)
    together.eval()
    places = torch.stack([norm.eval()(x[:, place]) for place, norm in enumerate(apart)], dim=1)
    assert torch.allclose(together(x), places)


def test_biases_are_drawn_where_they_have_a_std_and_0_is_drawn_too() -> None:
    def biases(n: int, bias_std: float | None, generator: torch.Generator) -> torch.Tensor:
        bias = Linear(2, n, generator, bias_std=bias_std).bias
        assert bias is not None
        return bias.detach()

    assert not biases(4, None, new_generator()).any()
    assert biases(4000, 0.5, new_generator()).std().item() == pytest.approx(0.5, rel=0.05)
    with_zeros, with_ones = new_generator(), new_generator()
    assert not biases(4, 0, with_zeros).any()
    assert biases(4, 1, with_ones).all()
    assert torch.equal(with_zeros.get_state(), with_ones.get_state())
