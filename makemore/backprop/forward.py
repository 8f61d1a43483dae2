"""The MLP of the lecture on backpropagation, forward in steps so small that each has a short slope.

makemore, lecture 5, "becoming a backprop ninja". Batch normalisation and the cross-entropy are
taken apart into sums, differences, products and powers, and every value on the way is kept.

    C ── emb ── embcat ┐
                    W1 ┼ hprebn ── BatchNorm ── hpreact ── h ┐
                    b1 ┘                                  W2 ┼ logits ── cross-entropy ── loss
                                                          b2 ┘
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

EPS = 1e-5
"""Added to the variance, so that a channel that never changes is not divided by 0."""


@dataclass(frozen=True)
class Weights:
    """What the network learns.

    V is the size of the vocabulary, k the number of characters that the network sees.

    Attributes:
        C: the embedding, (V, n_embd).
        W1: (k * n_embd, n_hidden).
        b1: (n_hidden,); useless, since batch normalisation subtracts it again.
        bngain: what each normalised channel is multiplied by, (n_hidden,).
        bnbias: what is added to it then, (n_hidden,).
        W2: (n_hidden, V).
        b2: (V,).
    """

    C: Tensor
    W1: Tensor
    b1: Tensor
    bngain: Tensor
    bnbias: Tensor
    W2: Tensor
    b2: Tensor

    @classmethod
    def random(
        cls,
        generator: torch.Generator,
        vocab_size: int = 27,
        n_embd: int = 10,
        block_size: int = 3,
        n_hidden: int = 64,
        dtype: torch.dtype | None = None,
    ) -> Self:
        """Draw weights as the lecture does, 4,137 of them in its sizes, each with `requires_grad`.

        None of them is 0 or 1 throughout: that could hide a mistake.
        """

        def normal(*shape: int, std: float, mean: float = 0.0) -> Tensor:
            drawn = torch.randn(shape, generator=generator, dtype=dtype)
            return (mean + std * drawn).requires_grad_()

        fan_in = block_size * n_embd
        return cls(
            C=normal(vocab_size, n_embd, std=1.0),
            W1=normal(fan_in, n_hidden, std=5 / 3 / fan_in**0.5),
            b1=normal(n_hidden, std=0.1),
            W2=normal(n_hidden, vocab_size, std=0.1),
            b2=normal(vocab_size, std=0.1),
            bngain=normal(n_hidden, std=0.1, mean=1.0),
            bnbias=normal(n_hidden, std=0.1),
        )


@dataclass(frozen=True)
class Forward:
    """Every value of a forward pass over n examples; a mean or sum over them is one row.

    Attributes:
        weights: of the network.
        contexts: the k characters of each example, int64 (n, k).
        targets: the character that follows, int64 (n,).
        emb: C[contexts], (n, k, n_embd).
        embcat: the k embeddings side by side, (n, k * n_embd).
        hprebn: embcat @ W1 + b1, (n, n_hidden).
        bnmeani: mean of hprebn, (1, n_hidden).
        bndiff: hprebn - bnmeani, (n, n_hidden).
        bndiff2: bndiff², (n, n_hidden).
        bnvar: sum of bndiff2 / (n - 1), (1, n_hidden).
        bnvar_inv: 1 / √(bnvar + EPS), (1, n_hidden).
        bnraw: bndiff * bnvar_inv, (n, n_hidden).
        hpreact: bngain * bnraw + bnbias, (n, n_hidden).
        h: tanh(hpreact), (n, n_hidden).
        logits: h @ W2 + b2, (n, V).
        logit_maxes: the largest logit of each example, (n, 1).
        norm_logits: logits - logit_maxes, none above 0, so that exp can't overflow, (n, V).
        counts: exp(norm_logits), (n, V).
        counts_sum: sum of an example's counts, (n, 1).
        counts_sum_inv: 1 / counts_sum, (n, 1).
        probs: counts * counts_sum_inv, (n, V).
        logprobs: log(probs), (n, V).
        loss: minus the mean of logprobs[i, targets[i]], in nats a character, a scalar.
    """

    weights: Weights
    contexts: Tensor
    targets: Tensor
    emb: Tensor
    embcat: Tensor
    hprebn: Tensor
    bnmeani: Tensor
    bndiff: Tensor
    bndiff2: Tensor
    bnvar: Tensor
    bnvar_inv: Tensor
    bnraw: Tensor
    hpreact: Tensor
    h: Tensor
    logits: Tensor
    logit_maxes: Tensor
    norm_logits: Tensor
    counts: Tensor
    counts_sum: Tensor
    counts_sum_inv: Tensor
    probs: Tensor
    logprobs: Tensor
    loss: Tensor


def forward(weights: Weights, contexts: Tensor, targets: Tensor) -> Forward:
    """Compute the loss of n examples, at least 2, in steps.

    Args:
        weights: of the network.
        contexts: int64 (n, k).
        targets: int64 (n,).
    """
    w, n = weights, len(contexts)
    emb = w.C[contexts]
    embcat = emb.view(n, -1)
    hprebn = embcat @ w.W1 + w.b1

    bnmeani = hprebn.sum(0, keepdim=True) / n
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = bndiff2.sum(0, keepdim=True) / (n - 1)  # Bessel's correction: n - 1, not n
    bnvar_inv = (bnvar + EPS) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = w.bngain * bnraw + w.bnbias

    h = torch.tanh(hpreact)
    logits = h @ w.W2 + w.b2

    logit_maxes = logits.max(1, keepdim=True).values
    norm_logits = logits - logit_maxes
    counts = norm_logits.exp()
    counts_sum = counts.sum(1, keepdim=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = probs.log()
    loss = -logprobs[torch.arange(n), targets].mean()
    return Forward(
        weights,
        contexts,
        targets,
        emb,
        embcat,
        hprebn,
        bnmeani,
        bndiff,
        bndiff2,
        bnvar,
        bnvar_inv,
        bnraw,
        hpreact,
        h,
        logits,
        logit_maxes,
        norm_logits,
        counts,
        counts_sum,
        counts_sum_inv,
        probs,
        logprobs,
        loss,
    )
