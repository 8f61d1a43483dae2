"""Many small steps back at once: what their slopes come to, multiplied out and cancelled.

makemore, lecture 5, exercises 2 and 3. The models' own kernels (`kernels`) use the same two
formulas, computed with fewer passes over memory.
"""

from torch import Tensor


def grad_logits_at_once(logits: Tensor, wanted: Tensor) -> Tensor:
    """Go back through a cross-entropy: from loss = -(sum of wanted * log softmax(logits)).

    dlogits = softmax * (sum of the row of wanted) - wanted. For the mean over n examples, `wanted`
    is onehot / n, and this is (softmax - onehot) / n. Each row of it sums to 0: what is wanted is
    pulled up exactly as much as all others together are pushed down.

    Args:
        logits: (N, V).
        wanted: how much each class of each row counts, (N, V).

    Returns:
        (N, V).
    """
    return logits.softmax(1) * wanted.sum(1, keepdim=True) - wanted


def grad_hprebn_at_once(
    dhpreact: Tensor, bnraw: Tensor, scale: Tensor, in_mean: Tensor, in_variance: Tensor
) -> Tensor:
    """Go back through a batch normalisation: from hpreact = bngain * bnraw + bnbias.

    A row has three ways to hpreact: its own, that by the mean and that by the variance. So

        dhprebn = scale * (dhpreact - in_mean * Σ dhpreact - in_variance * bnraw * Σ dhpreact bnraw)

    with the sums over the rows. Of n examples that count alike, each is 1/n of the mean and, with
    Bessel's correction, 1/(n - 1) of the variance.

    Args:
        dhpreact: (N, n_hidden).
        bnraw: the normalised channels, (N, n_hidden).
        scale: bngain * bnvar_inv, (n_hidden,) or (1, n_hidden).
        in_mean: what each row counts in the mean, (N, 1); their sum is 1.
        in_variance: what the square of its distance from the mean counts in the variance, (N, 1);
            the same for all rows, or as in the mean.

    Returns:
        (N, n_hidden).
    """
    by_mean = in_mean * dhpreact.sum(0)
    by_variance = in_variance * bnraw * (dhpreact * bnraw).sum(0)
    return scale * (dhpreact - by_mean - by_variance)
