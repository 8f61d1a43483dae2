"""Lecture 6: a WaveNet over windows of eight characters, fused by pairs.

https://github.com/karpathy/nn-zero-to-hero, lecture 6; van den Oord et al. 2016.
"""

from collections.abc import Iterator

import torch
from torch import nn

from makemore.lectures.figures import Figure
from makemore.lectures.layers import BatchNorm, Embedding, Fuse, Linear, forward_and_backward
from makemore.lectures.windows import Names, new_generator

BLOCK_SIZE = 8
SEED = 42


def replay(names: Names) -> Iterator[Figure]:
    """Give the figures of the lecture: sizes and shapes, then the first loss."""
    vocab_size = len(names.vocabulary)
    data, _, _ = names.split(BLOCK_SIZE)
    flat = make_net(vocab_size, new_generator(SEED), 10, 200, at_once=8)
    yield Figure(
        "parameters, all eight at once",
        22_097,
        size(flat),
        "`--model mlp --block-size 8 --norm batch`",
        ",d",
    )
    small = make_net(vocab_size, new_generator(SEED), 10, 68)
    yield Figure(
        "by pairs, embedding 10, 68 channels",
        22_397,
        size(small),
        "`--model wavenet --n-embd 10 --n-hidden 68`",
        ",d",
    )
    generator = new_generator(SEED)
    net = make_net(vocab_size, generator)
    yield Figure(
        "by pairs, embedding 24, 128 channels", 76_579, size(net), "`--model wavenet`", ",d"
    )
    batch = data.batch(32, generator)
    told = {
        "embedded": (32, 8, 24),
        "first layer": (32, 4, 128),
        "second": (32, 2, 128),
        "third": (32, 128),
        "logits": (32, 27),
    }
    shapes = shapes_of(net, batch.contexts)
    for (name, shape), found in zip(told.items(), shapes, strict=True):
        yield Figure(f"shape: {name}", shape, found, form="d")
    yield Figure(
        "first loss",
        3.3167,
        forward_and_backward(net, batch).loss,
        "Every model starts at ln V.",
    )


def make_net(
    vocab_size: int,
    generator: torch.Generator,
    n_embd: int = 24,
    n_hidden: int = 128,
    at_once: int = 2,
    *,
    by_place: bool = False,
) -> nn.Sequential:
    """Fuse `at_once` neighbours in each layer, until one place is left; then the logits.

    With `by_place` it has the lecture's first BatchNorm, which normalises each place by itself.
    """
    layers: list[nn.Module] = [Embedding(vocab_size, n_embd, generator)]
    places, n_channels = BLOCK_SIZE, n_embd
    while places > 1:
        layers += [
            Fuse(at_once),
            Linear(at_once * n_channels, n_hidden, generator, bias=False),
            BatchNorm(n_hidden, by_place=by_place),
            nn.Tanh(),
        ]
        places, n_channels = places // at_once, n_hidden
    return nn.Sequential(*layers, Linear(n_hidden, vocab_size, generator, gain=0.1))


def size(net: nn.Module) -> int:
    """Count the parameters."""
    return sum(parameter.numel() for parameter in net.parameters())


@torch.no_grad()
def shapes_of(net: nn.Sequential, x: torch.Tensor) -> list[tuple[int, ...]]:
    """Give the shape behind the embedding, each tanh, and the last layer."""
    shapes = []
    for layer in net:
        x = layer(x)
        if isinstance(layer, Embedding | nn.Tanh) or layer is net[-1]:
            shapes.append(tuple(x.shape))
    return shapes
