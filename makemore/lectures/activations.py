"""Lecture 4: activations and gradients in a deep net, without and with BatchNorm.

A layer should pass on what it gets with the same spread, and so should its gradient. The gain does
that for tanh, if it is right; BatchNorm does it for any gain. `saturation` has the lecture's first
half, where one hidden layer shows what a wrong start costs.

https://github.com/karpathy/nn-zero-to-hero, lecture 4; Ioffe & Szegedy 2015 for BatchNorm.
"""

from collections.abc import Iterator

import torch
from torch import nn

from makemore.lectures.figures import Figure
from makemore.lectures.layers import (
    BatchNorm,
    Embedding,
    Fuse,
    Linear,
    forward_and_backward,
    log_updates,
    mean_loss,
    ratios,
    stds,
    train,
)
from makemore.lectures.saturation import BLOCK_SIZE, N_EMBD, all_weights_zero, one_hidden_layer
from makemore.lectures.windows import Names, Windows, new_generator

WIDTH, DEPTH = 100, 5
"""Units of a hidden layer in the deep net, and hidden layers."""


def replay(names: Names) -> Iterator[Figure]:
    """Give the figures of the lecture, from the first loss to the deep net with BatchNorm."""
    data, val, _ = names.split(BLOCK_SIZE)
    vocab_size = len(names.vocabulary)
    yield from one_hidden_layer(data, vocab_size)
    yield from all_weights_zero(data, vocab_size)
    yield from gains(data, vocab_size)
    yield from update_ratios(data, vocab_size)
    yield from with_batch_norm(data, val, vocab_size)
    yield from products()


def deep_net(
    vocab_size: int, generator: torch.Generator, gain: float = 1, *, norm: bool
) -> nn.Sequential:
    """Stack five hidden layers of 100 tanh units; the output layer starts at a tenth.

    Args:
        vocab_size: characters, the boundary among them.
        generator: of the weights.
        gain: factor of the hidden weights, which have std 1 / sqrt(fan_in).
        norm: whether a BatchNorm follows each product, in place of its bias.
    """
    layers: list[nn.Module] = [Embedding(vocab_size, N_EMBD, generator), Fuse(BLOCK_SIZE)]
    fan_in = BLOCK_SIZE * N_EMBD
    for _ in range(DEPTH):
        layers.append(Linear(fan_in, WIDTH, generator, bias=not norm, gain=gain))
        layers += [BatchNorm(WIDTH), nn.Tanh()] if norm else [nn.Tanh()]
        fan_in = WIDTH
    if norm:
        layers += [Linear(WIDTH, vocab_size, generator, bias=False), BatchNorm(vocab_size, 0.1)]
    else:
        layers.append(Linear(WIDTH, vocab_size, generator, gain=0.1))
    return nn.Sequential(*layers)


def gains(data: Windows, vocab_size: int) -> Iterator[Figure]:
    """Measure the first batch of the deep net, layer by layer, for four gains."""
    told = {
        "5/3": (
            (0.75, 0.69, 0.67, 0.66, 0.66),
            (20.25, 8.38, 6.62, 5.47, 6.12),
            (4.21e-4, 3.99e-4, 3.74e-4, 3.29e-4, 3.05e-4),
        ),
        "1": (
            (0.62, 0.48, 0.41, 0.35, 0.32),
            (3.50, 0.03, 0.06, 0, 0),
            (1.75e-4, 2.18e-4, 2.59e-4, 2.81e-4, 3.05e-4),
        ),
        "3": (
            (0.85, 0.84, 0.84, 0.84, 0.84),
            (47.66, 40.47, 42.38, 42.00, 42.41),
            (9.98e-4, 7.42e-4, 5.57e-4, 3.95e-4, 3.05e-4),
        ),
        "0.5": (
            (0.41, 0.20, 0.10, 0.05, 0.02),
            (0, 0, 0, 0, 0),
            (1.89e-5, 3.94e-5, 8.04e-5, 1.56e-4, 3.05e-4),
        ),
    }
    notes = {
        "5/3": "`--init kaiming` has this gain.",
        "3": "BatchNorm (`--norm batch`, the default of `wavenet`) mends such a start.",
    }
    for gain, (spreads, saturated, slopes) in told.items():
        generator = new_generator()
        factor = 5 / 3 if gain == "5/3" else float(gain)
        net = deep_net(vocab_size, generator, factor, norm=False)
        found = forward_and_backward(net, data.batch(32, generator))
        of = f"five layers, gain {gain}"
        yield Figure(f"{of}: spread of activations", spreads, stds(found.activations), form=".2f")
        yield Figure(f"{of}: % saturated", saturated, found.saturated(), notes.get(gain, ""), ".2f")
        yield Figure(f"{of}: spread of gradients", slopes, stds(found.slopes), form=".2e")


def update_ratios(data: Windows, vocab_size: int) -> Iterator[Figure]:
    """Measure how large gradients and steps are, beside the weights that they change."""
    generator = new_generator()
    net = deep_net(vocab_size, generator, 5 / 3, norm=False)
    first = train(net, data, generator, 1)
    yield Figure(
        "gain 5/3, first step: grad:data, embedding to output",
        (1.36e-3, 3.87e-3, 6.60e-3, 5.89e-3, 5.16e-3, 4.42e-3, 2.33),
        ratios(net, first),
        "The steps of Muon and AdamW hardly depend on how large a gradient is.",
        ".2e",
    )
    last = train(net, data, generator, 999)
    yield Figure(
        "gain 5/3, 1,000 steps: log10 of update:data",
        (-2.95, -2.55, -2.37, -2.39, -2.39, -2.44, -1.49),
        log_updates(net, last),
        form=".2f",
    )


def with_batch_norm(data: Windows, val: Windows, vocab_size: int) -> Iterator[Figure]:
    """Train the deep net with BatchNorm for 1,001 steps, as the lecture's notebook does."""
    for gain in (5 / 3, 0.2):
        generator = new_generator()
        net = deep_net(vocab_size, generator, gain, norm=True)
        found = forward_and_backward(net, data.batch(32, generator))
        yield Figure(
            f"BatchNorm, gain {gain:.3g}: % saturated",
            (3.69, 2.59, 2.66, 2.78, 2.72),
            found.saturated(),
            form=".2f",
        )
    generator = new_generator()
    net = deep_net(vocab_size, generator, norm=True)
    size = sum(parameter.numel() for parameter in net.parameters())
    yield Figure("BatchNorm, gain 1: parameters", 47_024, size, form=",d")
    first = train(net, data, generator, 1)
    yield Figure("first loss", 3.2870, first.loss)
    last = train(net, data, generator, 1000)
    yield Figure(
        "after 1,001 steps: spread of activations",
        (0.63, 0.64, 0.65, 0.65, 0.65),
        stds(last.activations),
        form=".2f",
    )
    yield Figure("% saturated", (2.78, 2.56, 2.25, 1.69, 1.88), last.saturated(), form=".2f")
    yield Figure(
        "spread of gradients",
        (2.640702e-3, 2.245584e-3, 2.045742e-3, 1.983134e-3, 1.952382e-3),
        stds(last.slopes),
        form=".3e",
    )
    yield Figure(
        "grad:data, embedding to output",
        (8.012630e-3, 4.881091e-2, 6.964619e-2, 6.073741e-2, 5.631483e-2, 5.570125e-2, 1.160106e-1),
        ratios(net, last),
        form=".3e",
    )
    yield Figure(
        "log10 of update:data",
        (-3.10, -2.31, -2.16, -2.22, -2.25, -2.25, -1.94),
        log_updates(net, last),
        form=".2f",
    )
    yield Figure("train loss", 2.4002976417541504, mean_loss(net, data), form=".7f")
    yield Figure(
        "val loss",
        2.3982467651367188,
        mean_loss(net, val),
        "`makemore train --model mlp` reaches 2.1073 in 1,500 steps, on a split of our own.",
        ".7f",
    )


def products() -> Iterator[Figure]:
    """Measure how a product of 1,000 by 1,000 spreads, alone and before a BatchNorm."""
    generator = new_generator()
    x = torch.randn(1000, 1, generator=generator, requires_grad=True)
    weight = torch.randn(1000, 1000, generator=generator, requires_grad=True)
    product = weight @ x
    slope = torch.randn(1000, generator=generator)
    gradients = torch.autograd.grad(slope @ product, [product, x, weight])
    yield Figure(
        "a product of 1,000 normal numbers: spread, and of its gradients",
        (31.0124, 0.9783, 30.8818, 0.9667),
        stds([product, *gradients]),
        "sqrt(1,000) = 31.6: layers have weights of std about 1 / sqrt(fan_in).",
    )
    product = (weight @ x).flatten()
    normal = (product - product.mean()) / torch.sqrt(product.var() + 1e-5)
    gradients = torch.autograd.grad(slope @ normal, [product, weight, x])
    yield Figure(
        "with BatchNorm behind it: spread, and of its gradients",
        (1.0, 0.0315, 0.0312, 0.9953),
        stds([normal, *gradients]),
    )
