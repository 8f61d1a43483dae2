"""A whole MLP by hand: the loss of a batch and the gradients of all weights, without autograd.

makemore, lecture 5, exercise 4: train with your own backward pass. The steps are those of `by_hand`
and `shortcuts`. Two things are as the models of this package have them: a batch is a table of
distinct contexts, and each row counts as often as its context occurs; and the variance of a
batch normalisation is that of the batch itself, without Bessel's correction.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from makemore.backprop.by_hand import (
    grad_b1,
    grad_b2,
    grad_bnbias,
    grad_bngain,
    grad_c,
    grad_emb,
    grad_embcat,
    grad_h,
    grad_hpreact,
    grad_w1,
    grad_w2,
)
from makemore.backprop.kernels import tanh
from makemore.backprop.shortcuts import grad_hprebn_at_once, grad_logits_at_once


@dataclass(frozen=True)
class Layers:
    """The weights of an MLP, or the gradients by them: the same names and shapes.

    Attributes:
        C: the embedding, (V, n_embd).
        W1: (k * n_embd, n_hidden).
        b1: (n_hidden,); None: there is none.
        bngain: of a batch normalisation before the tanh, (n_hidden,); None: there is none.
        bnbias: likewise.
        W2: (n_hidden, V).
        b2: (V,).
    """

    C: Tensor
    W1: Tensor
    b1: Tensor | None
    bngain: Tensor | None
    bnbias: Tensor | None
    W2: Tensor
    b2: Tensor


@dataclass(frozen=True)
class ByHand:
    """What `loss_and_gradients` finds.

    Attributes:
        loss: nats a character, a scalar.
        gradients: of the loss by each weight; None where there is no such weight.
        mean: of the hidden channels before the tanh and any normalisation, (n_hidden,).
        variance: likewise.
    """

    loss: Tensor
    gradients: Layers
    mean: Tensor
    variance: Tensor


@torch.no_grad()
def loss_and_gradients(layers: Layers, contexts: Tensor, wanted: Tensor, eps: float) -> ByHand:
    """Go forward to loss = -(sum of wanted * log softmax(logits)), and back to every weight.

    Args:
        layers: the weights.
        contexts: int64 (N, k).
        wanted: the share of the batch in which a class follows a context, (N, V); its sum is 1.
        eps: added to the variance.
    """
    w = layers
    shares = wanted.sum(1, keepdim=True)  # of the batch, that a row stands for: (N, 1)
    embcat = w.C[contexts].flatten(1)  # (N, k * n_embd)
    hprebn = embcat @ w.W1  # (N, n_hidden)
    if w.b1 is not None:
        hprebn += w.b1
    mean = (shares * hprebn).sum(0)  # (n_hidden,)
    bndiff = hprebn - mean
    variance = (shares * bndiff**2).sum(0)  # (n_hidden,)
    hpreact = hprebn
    if w.bngain is not None and w.bnbias is not None:
        bnvar_inv = (variance + eps) ** -0.5
        bnraw = bndiff * bnvar_inv
        hpreact = w.bngain * bnraw + w.bnbias
    h = tanh(hpreact)
    logits = h @ w.W2 + w.b2  # (N, V)
    loss = -(wanted * logits.log_softmax(1)).sum()

    dlogits = grad_logits_at_once(logits, wanted)
    dhprebn = dhpreact = grad_hpreact(grad_h(dlogits, w.W2), h)
    dbngain = dbnbias = None
    if w.bngain is not None:
        dbngain, dbnbias = grad_bngain(dhpreact, bnraw), grad_bnbias(dhpreact)
        dhprebn = grad_hprebn_at_once(dhpreact, bnraw, w.bngain * bnvar_inv, shares, shares)
    demb = grad_emb(grad_embcat(dhprebn, w.W1), contexts)
    gradients = Layers(
        C=grad_c(demb, contexts, len(w.C)),
        W1=grad_w1(dhprebn, embcat),
        b1=None if w.b1 is None else grad_b1(dhprebn),
        bngain=dbngain,
        bnbias=dbnbias,
        W2=grad_w2(dlogits, h),
        b2=grad_b2(dlogits),
    )
    return ByHand(loss, gradients, mean, variance)


def with_gradients(loss: Tensor, layers: Layers, gradients: Layers) -> Tensor:
    """Let autograd hand out, for a loss, the gradients that were found for it by hand.

    Args:
        loss: a scalar.
        layers: the weights.
        gradients: of the loss by each of them.

    Returns:
        The loss, whose `backward` gives each weight its gradient.
    """
    weights = [weight for weight in vars(layers).values() if weight is not None]
    known = [gradient for gradient in vars(gradients).values() if gradient is not None]
    found: Tensor = _WithGradients.apply(loss, known, *weights)  # type: ignore[no-untyped-call]
    return found


class _WithGradients(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, loss: Tensor, gradients: list[Tensor], *weights: Tensor) -> Tensor:
        context.save_for_backward(*gradients)
        return loss.clone()

    @staticmethod
    def backward(context: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, *(slope * gradient for gradient in context.saved_tensors)
