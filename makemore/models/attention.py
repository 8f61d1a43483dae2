"""Attention: each position takes from those that it sees what its query asks for.

Vaswani et al. 2017, https://arxiv.org/abs/1706.03762: softmax(q k' / sqrt(channels of a head)) v.

Everything in a transformer's block but attention looks at one token at a time, so it runs just as
well over documents (B, T, n_embd), over the distinct prefixes of a table (N, n_embd) and over the
newest token of each sequence (B, 1, n_embd). Only attention must know which rows come before which.
Each way to run the model therefore brings its own `Attend`: it gets queries, keys and values of
all rows, side by side in the last dimension, lays them out so that those which see each other
stand together, and gives each row back its own.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Attend = Callable[[int, Tensor], Tensor]
"""(layer, queries, keys and values (..., 3 n_embd)) -> attended values (..., n_embd)."""

ROTARY_BASE = 100.0
"""Far fewer than the 10,000 of models that read pages: in a head of 16 channels the slowest pair
turns once in 353 characters."""


def attention(qkv: Tensor, n_head: int, unseen: Tensor | None = None) -> Tensor:
    """Multi-head attention within sequences: softmax(q k' / sqrt(channels of a head)) v.

    Args:
        qkv: queries, keys and values, each with its heads side by side, (B, T, 3 n_embd).
        n_head: number of heads.
        unseen: (B, T, T), 0 for the positions (last) that a position sees, minus infinity for the
            others; None: it sees itself and those before it.

    Returns:
        (B, T, n_embd).
    """
    q, k, v = (
        channels.unflatten(-1, (n_head, -1)).transpose(1, 2)  # (B, n_head, T, n_embd / n_head)
        for channels in qkv.chunk(3, dim=-1)
    )
    mask = None if unseen is None else unseen.unsqueeze(1)  # (B, 1, T, T)
    attended: Tensor = F.scaled_dot_product_attention(q, k, v, mask, is_causal=unseen is None)
    return attended.transpose(1, 2).flatten(2)


def attention_of_newest(query: Tensor, keys: Tensor, values: Tensor, heads: Tensor) -> Tensor:
    """Attention of one position to all so far: one row of `attention`, without its matrices.

    Positions come first, so that softmax and sums run side by side over all sequences. To sum over
    the channels of each head is a product with `heads`, to spread a weight over them its transpose.

    Args:
        query: (B, n_embd).
        keys: of it and those before it, (T, B, n_embd).
        values: likewise.
        heads: (n_embd, n_head), 1 where a channel belongs to a head, 0 elsewhere.

    Returns:
        (B, n_embd).
    """
    n_embd, n_head = heads.shape
    scores = (query * keys) @ heads / math.sqrt(n_embd / n_head)  # (T, B, n_head)
    weights = scores.softmax(0) @ heads.T  # (T, B, n_embd)
    return weights.mul_(values).sum(0)


def append(cache: Tensor, rows: Tensor | None, newest: Tensor) -> Tensor:
    """Put one more position behind each sequence that goes on, and copy what it has just once.

    Args:
        cache: (T, B, C).
        rows: of the cache, one for each sequence that goes on, int64 (B',); None: all of them.
        newest: (1, B', C).

    Returns:
        (T + 1, B', C).
    """
    if rows is None:
        return torch.cat([cache, newest])
    n, n_rows = cache.shape[:2]
    longer = newest.new_empty(n + 1, *newest.shape[1:])
    places = torch.arange(n, device=rows.device).unsqueeze(1) * n_rows + rows  # (T, B')
    before = longer[:-1].flatten(0, 1)  # (T * B', C)
    torch.index_select(cache.flatten(0, 1), 0, places.flatten(), out=before)
    longer[-1:] = newest
    return longer


def rotate(x: Tensor, positions: Tensor) -> Tensor:
    """Turn each pair of channels of a head, a complex number, by an angle that grows by position.

    The product of a query and a key then depends on their distance alone (Su et al. 2021,
    https://arxiv.org/abs/2104.09864).

    Args:
        x: queries and keys, (..., heads, channels of a head).
        positions: of the tokens, (...).
    """
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))  # (..., heads, pairs)
    n_pairs = pairs.shape[-1]
    speeds = ROTARY_BASE ** (-torch.arange(n_pairs, device=x.device) / n_pairs)
    angles = positions[..., None, None] * speeds  # (..., 1, pairs)
    turned = pairs * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)
