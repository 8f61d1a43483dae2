"""The 26 gradients of the lecture's MLP by hand, from the loss back to the embedding.

makemore, lecture 5, exercise 1. Write dx for the gradient of the loss by x: how fast the loss grows
with each number of x, in the shape of x. Each function below gives one of them, from the gradient
of what x was used for and the slope of that use. Three rules are enough:

- The chain rule. If y = f(x), then dx = dy * f'(x).
- Used twice, added twice. If x was used in two places, dx is the sum of what both send back.
- A broadcast is a use in many places. If one number was copied along an axis, its gradient is the
  sum along that axis; and where numbers were summed, each gets the gradient of the sum.

`backward` puts them in their order. They equal autograd's to rounding (at the lecture's sizes to
6e-9 in fp32, 1e-17 in float64), which differs where it computes in another order. To see it:

    weights = Weights.random(torch.Generator().manual_seed(2147483647))
    values = forward(weights, contexts, targets)
    print(compare(backward(values), autograd(values)))
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from makemore.backprop.forward import EPS, Forward

NAMES = (
    *("logprobs", "probs", "counts_sum_inv", "counts_sum", "counts", "norm_logits", "logit_maxes"),
    *("logits", "h", "W2", "b2", "hpreact", "bngain", "bnbias", "bnraw", "bnvar_inv", "bnvar"),
    *("bndiff2", "bndiff", "bnmeani", "hprebn", "embcat", "W1", "b1", "emb", "C"),
)
"""What has a gradient, in the order in which `backward` finds it."""


def backward(values: Forward) -> dict[str, Tensor]:
    """Find the gradient of the loss by each of the `NAMES`, without autograd."""
    v, w = values, values.weights
    d: dict[str, Tensor] = {}
    with torch.no_grad():
        d["logprobs"] = grad_logprobs(v.logprobs, v.targets)
        d["probs"] = grad_probs(d["logprobs"], v.probs)
        d["counts_sum_inv"] = grad_counts_sum_inv(d["probs"], v.counts)
        d["counts_sum"] = grad_counts_sum(d["counts_sum_inv"], v.counts_sum)
        d["counts"] = grad_counts(d["probs"], v.counts_sum_inv, d["counts_sum"])
        d["norm_logits"] = grad_norm_logits(d["counts"], v.counts)
        d["logit_maxes"] = grad_logit_maxes(d["norm_logits"])
        d["logits"] = grad_logits(d["norm_logits"], d["logit_maxes"], v.logits)
        d["h"] = grad_h(d["logits"], w.W2)
        d["W2"] = grad_w2(d["logits"], v.h)
        d["b2"] = grad_b2(d["logits"])
        d["hpreact"] = grad_hpreact(d["h"], v.h)
        d["bngain"] = grad_bngain(d["hpreact"], v.bnraw)
        d["bnbias"] = grad_bnbias(d["hpreact"])
        d["bnraw"] = grad_bnraw(d["hpreact"], w.bngain)
        d["bnvar_inv"] = grad_bnvar_inv(d["bnraw"], v.bndiff)
        d["bnvar"] = grad_bnvar(d["bnvar_inv"], v.bnvar)
        d["bndiff2"] = grad_bndiff2(d["bnvar"], len(v.contexts))
        d["bndiff"] = grad_bndiff(d["bnraw"], v.bnvar_inv, d["bndiff2"], v.bndiff)
        d["bnmeani"] = grad_bnmeani(d["bndiff"])
        d["hprebn"] = grad_hprebn(d["bndiff"], d["bnmeani"])
        d["embcat"] = grad_embcat(d["hprebn"], w.W1)
        d["W1"] = grad_w1(d["hprebn"], v.embcat)
        d["b1"] = grad_b1(d["hprebn"])
        d["emb"] = grad_emb(d["embcat"], v.contexts)
        d["C"] = grad_c(d["emb"], v.contexts, len(w.C))
    return d


def autograd(values: Forward) -> dict[str, Tensor]:
    """Find the same gradients by PyTorch's autograd."""
    tensors = vars(values.weights) | vars(values)
    of = [tensors[name] for name in NAMES]
    found = torch.autograd.grad(values.loss, of, retain_graph=True)
    return dict(zip(NAMES, found, strict=True))


# ---- cross-entropy ----


def grad_logprobs(logprobs: Tensor, targets: Tensor) -> Tensor:
    """Through loss = -Σ logprobs[i, target of i] / n: -1/n there, else 0, (n, V)."""
    n, vocab_size = logprobs.shape
    return -F.one_hot(targets, vocab_size).to(logprobs.dtype) / n


def grad_probs(dlogprobs: Tensor, probs: Tensor) -> Tensor:
    """Through logprobs = log(probs), whose slope is 1 / probs: (n, V)."""
    return dlogprobs / probs


def grad_counts_sum_inv(dprobs: Tensor, counts: Tensor) -> Tensor:
    """Through probs = counts * counts_sum_inv, which is copied along a row: (n, 1)."""
    return (dprobs * counts).sum(1, keepdim=True)


def grad_counts_sum(dcounts_sum_inv: Tensor, counts_sum: Tensor) -> Tensor:
    """Through counts_sum_inv = counts_sum⁻¹, whose slope is -counts_sum⁻²: (n, 1)."""
    return dcounts_sum_inv * -(counts_sum**-2)


def grad_counts(dprobs: Tensor, counts_sum_inv: Tensor, dcounts_sum: Tensor) -> Tensor:
    """Through both probs = counts * counts_sum_inv and counts_sum, the sum of a row: (n, V)."""
    return dprobs * counts_sum_inv + dcounts_sum


def grad_norm_logits(dcounts: Tensor, counts: Tensor) -> Tensor:
    """Through counts = exp(norm_logits), which is its own slope: (n, V)."""
    return dcounts * counts


def grad_logit_maxes(dnorm_logits: Tensor) -> Tensor:
    """Through norm_logits = logits - logit_maxes, which is copied along a row: (n, 1).

    It is 0 but for rounding: whatever is subtracted from a row, its probabilities stay the same.
    """
    return -dnorm_logits.sum(1, keepdim=True)


def grad_logits(dnorm_logits: Tensor, dlogit_maxes: Tensor, logits: Tensor) -> Tensor:
    """Through both norm_logits, with slope 1, and the maximum, one logit of each row: (n, V)."""
    largest = F.one_hot(logits.argmax(1), logits.shape[1])
    return dnorm_logits + largest * dlogit_maxes


# ---- output layer and tanh ----


def grad_h(dlogits: Tensor, w2: Tensor) -> Tensor:
    """Through logits = h @ W2 + b2: logit c of i grows by W2[j, c] with h[i, j], (n, n_hidden)."""
    return dlogits @ w2.T


def grad_w2(dlogits: Tensor, h: Tensor) -> Tensor:
    """Through logits = h @ W2 + b2: logit c of i grows by h[i, j] with W2[j, c], (n_hidden, V)."""
    return h.T @ dlogits


def grad_b2(dlogits: Tensor) -> Tensor:
    """Through logits = h @ W2 + b2, which is copied to each example: (V,)."""
    return dlogits.sum(0)


def grad_hpreact(dh: Tensor, h: Tensor) -> Tensor:
    """Through h = tanh(hpreact), whose slope is 1 - tanh²: (n, n_hidden)."""
    return dh * (1 - h**2)


# ---- batch normalisation ----


def grad_bngain(dhpreact: Tensor, bnraw: Tensor) -> Tensor:
    """Through hpreact = bngain * bnraw + bnbias, the gain copied to each example: (n_hidden,)."""
    return (dhpreact * bnraw).sum(0)


def grad_bnbias(dhpreact: Tensor) -> Tensor:
    """Through hpreact = bngain * bnraw + bnbias, the bias copied to each example: (n_hidden,)."""
    return dhpreact.sum(0)


def grad_bnraw(dhpreact: Tensor, bngain: Tensor) -> Tensor:
    """Through hpreact = bngain * bnraw + bnbias: (n, n_hidden)."""
    return dhpreact * bngain


def grad_bnvar_inv(dbnraw: Tensor, bndiff: Tensor) -> Tensor:
    """Through bnraw = bndiff * bnvar_inv, which is copied to each example: (1, n_hidden)."""
    return (dbnraw * bndiff).sum(0, keepdim=True)


def grad_bnvar(dbnvar_inv: Tensor, bnvar: Tensor) -> Tensor:
    """Through bnvar_inv = (bnvar + EPS)^-½, whose slope is -½ (bnvar + EPS)^-3/2: (1, n_hidden)."""
    return dbnvar_inv * -0.5 * (bnvar + EPS) ** -1.5


def grad_bndiff2(dbnvar: Tensor, n: int) -> Tensor:
    """Through bnvar = Σ bndiff2 / (n - 1) over the examples: (n, n_hidden)."""
    return (dbnvar / (n - 1)).expand(n, -1)


def grad_bndiff(dbnraw: Tensor, bnvar_inv: Tensor, dbndiff2: Tensor, bndiff: Tensor) -> Tensor:
    """Through both bnraw = bndiff * bnvar_inv and bndiff2 = bndiff²: (n, n_hidden)."""
    return dbnraw * bnvar_inv + dbndiff2 * 2 * bndiff


def grad_bnmeani(dbndiff: Tensor) -> Tensor:
    """Through bndiff = hprebn - bnmeani, which is copied to each example: (1, n_hidden)."""
    return -dbndiff.sum(0, keepdim=True)


def grad_hprebn(dbndiff: Tensor, dbnmeani: Tensor) -> Tensor:
    """Through both bndiff, with slope 1, and bnmeani, with slope 1/n: (n, n_hidden)."""
    return dbndiff + dbnmeani / len(dbndiff)


# ---- hidden layer and embedding ----


def grad_embcat(dhprebn: Tensor, w1: Tensor) -> Tensor:
    """Through hprebn = embcat @ W1 + b1, as h through the logits: (n, k * n_embd)."""
    return dhprebn @ w1.T


def grad_w1(dhprebn: Tensor, embcat: Tensor) -> Tensor:
    """Through hprebn = embcat @ W1 + b1, as W2 through the logits: (k * n_embd, n_hidden)."""
    return embcat.T @ dhprebn


def grad_b1(dhprebn: Tensor) -> Tensor:
    """Through hprebn = embcat @ W1 + b1, which is copied to each example: (n_hidden,).

    It is 0 but for rounding: batch normalisation subtracts b1 again.
    """
    return dhprebn.sum(0)


def grad_emb(dembcat: Tensor, contexts: Tensor) -> Tensor:
    """Through embcat, which is emb in another shape: back into its own, (n, k, n_embd)."""
    return dembcat.view(*contexts.shape, -1)


def grad_c(demb: Tensor, contexts: Tensor, vocab_size: int) -> Tensor:
    """Through emb = C[contexts]: a row is used wherever its character stands, (V, n_embd).

    So it is a scatter: each row of demb is added to the row of C that it was looked up from.
    """
    n_embd = demb.shape[-1]
    dc = demb.new_zeros(vocab_size, n_embd)
    return dc.index_add_(0, contexts.flatten(), demb.reshape(-1, n_embd))
