"""Drawing documents that are all different, without drawing any of them twice.

To draw, and draw again what has come before, is work for nothing; at a low temperature it is nearly
all of the work. It can be left out. Add to the log-probability of each document a random number of
its own, from the standard Gumbel distribution: the document with the highest sum is a sample of the
model, the second a sample of what is left without it, and so on, just as if they were drawn one by
one and none put back.

There are too many documents to list, but they are the leaves of a tree, and the highest sum below
a prefix is distributed as if the prefix were itself a leaf, with its own probability. So the tree
is perturbed from the root down: each prefix hands its value on to one of its children, and the
others get less. Here over "ab", where "." ends a document and the third character would be cut off:

    (root) 0.0 ─┬─ a  0.0 ─┬─ a. -2.9
                │          ├─ aa -0.8
                │          └─ ab  0.0
                ├─ b -1.3 ─┬─ b. -1.3
                │          ├─ ba -1.9
                │          └─ bb -4.0
                └─ . -3.1

No leaf is higher than the prefixes that it stands on, and each prefix is as high as some leaf. So
the n highest leaves stand on the n highest nodes of each depth, and nothing else need be looked
at: for two documents a and b, then ab and aa. This is stochastic beam search (Kool, van Hoof &
Welling 2019, "Stochastic Beams and Where to Find Them", https://arxiv.org/abs/1903.06059).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.models.base import Model
from makemore.sampling.sampler import Sampler
from makemore.sampling.samples import Sample

MOST_NODES = 2**26
"""Children of all prefixes of one depth; some float64 of each, 0.5 GiB, are in memory at a time."""


@torch.inference_mode()
def sample_without_replacement(
    model: Model,
    vocabulary: Vocabulary,
    n: int,
    generator: torch.Generator,
    *,
    prompt: str = "",
    sampler: Sampler,
) -> Iterator[Sample]:
    """Draw documents without replacement, as many as are taken.

    Each is drawn from all that have not come yet, by the probabilities that the model gives them.
    They come in the order of their perturbed log-probabilities, highest first, which is the order
    of a draw one by one: the first is an ordinary sample, and the first ten of a hundred are what
    ten would be.

    The first n are found together. For more there is a draw of its own, of twice as many, where
    those that have come are passed over: what it leaves is a draw without replacement from the
    rest.

    Args:
        model: left in the mode, training or not, that it was in.
        vocabulary: of the model.
        n: how many are likely to be taken.
        generator: on the CPU, whatever the model's device.
        prompt: each document starts with these characters.
        sampler: how characters are drawn; what it gives no probability never comes.

    Raises:
        UserError: the prompt holds a character that the model doesn't know; or, after the last
            document that there is, another was to be taken.
    """
    start = [BOUNDARY, *vocabulary.encode(prompt)]
    seen: set[str] = set()
    while True:
        with model.evaluating():
            drawn, _, _ = _search(model, start, n, generator, sampler)
        finished = (drawn == BOUNDARY).any(dim=1).tolist()
        for text, ended in zip(vocabulary.decode_rows(drawn.numpy()), finished, strict=True):
            if text not in seen:
                seen.add(text)
                yield Sample(prompt + text, ended)
        if len(drawn) < n:
            raise UserError(
                f"With these options only {len(seen):,} can be drawn without a repeat: try a "
                f"higher --temperature, --top-k, --top-p or --max-length, or a smaller -n."
            )
        n *= 2


@dataclass(frozen=True)
class DistinctSamples:
    """Documents drawn without replacement, and how likely each was to be among them.

    Attributes:
        samples: n, or all where there are fewer.
        inclusion: float64 (n,), the probability q of each, given the threshold that they passed.
            Then the sum of f / q over the samples is an unbiased estimate of the sum of f over all
            documents, and its variance is estimated by the sum of f^2 (1 - q) / q^2 (priority
            sampling: Duffield, Lund & Thorup 2007, https://doi.org/10.1145/1314690.1314696; for
            the search here, appendix D of Kool et al. 2019).
        all: whether there is no other; then each q is 1, and sums over them are exact.
    """

    samples: list[Sample]
    inclusion: Tensor
    all: bool


@torch.inference_mode()
def sample_with_inclusion(
    model: Model,
    vocabulary: Vocabulary,
    n: int,
    generator: torch.Generator,
    sampler: Sampler,
) -> DistinctSamples:
    """Draw n documents without replacement, for sums over all that the model can write.

    The threshold is the highest perturbed log-probability t that was left out, and
    q = 1 - exp(-exp(log p - t)). That holds for values that nothing was known of before, so the
    root's is drawn too.

    Args:
        model: left in the mode, training or not, that it was in.
        vocabulary: of the model.
        n: how many.
        generator: on the CPU, whatever the model's device.
        sampler: how characters are drawn.
    """
    uniform = torch.rand((), dtype=torch.float64, generator=generator)
    root = -(-uniform.clamp(min=torch.finfo(uniform.dtype).tiny).log()).log()
    with model.evaluating():
        drawn, log_p, perturbed = _search(model, [BOUNDARY], n + 1, generator, sampler, root)
    finished = (drawn == BOUNDARY).any(dim=1).tolist()[:n]
    texts = vocabulary.decode_rows(drawn[:n].numpy())
    samples = [Sample(text, ended) for text, ended in zip(texts, finished, strict=True)]
    if len(drawn) <= n:
        return DistinctSamples(samples, torch.ones(len(samples), dtype=torch.float64), True)
    inclusion = -torch.expm1(-(log_p[:n] - perturbed[n]).exp())
    return DistinctSamples(samples, inclusion, False)


def _search(
    model: Model,
    start: list[int],
    n: int,
    generator: torch.Generator,
    sampler: Sampler,
    root: float | Tensor = 0.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Find the n highest leaves, or all where there are fewer, highest first.

    The perturbed log-probability of the root may be any number, where only the order counts.

    Returns:
        What follows `start`: int64 (n, length), from the end of each document on boundary. Of each,
        its log-probability, float64 (n,), and that perturbed, float64 (n,).
    """
    logits, state = model.read_prompt(start)
    beam = torch.empty(1, 0, dtype=torch.int64)  # (B, length)
    going = torch.tensor([True])  # those of the beam that the model has not ended, (B,)
    log_p = torch.zeros(1, dtype=torch.float64)  # nats, (B,)
    perturbed = torch.full((1,), float(root), dtype=torch.float64)
    for length in range(len(start) - 1, sampler.max_length):
        if len(beam) * model.vocab_size > MOST_NODES:
            raise UserError(
                f"To draw {n} without a repeat takes too much memory: draw at most "
                f"{MOST_NODES // model.vocab_size:,}, or leave out --distinct."
            )
        probabilities = torch.zeros(len(beam), model.vocab_size, dtype=torch.float64)
        probabilities[:, BOUNDARY] = 1  # what has ended stays so, and competes with the others
        probabilities[going] = sampler.probabilities(logits.cpu(), length)
        children = log_p[:, None] + probabilities.log()  # (B, V)
        values = perturb(children, perturbed, generator).flatten()  # (B * V,)
        perturbed, best = values.topk(min(n, int(values.isfinite().sum())))  # the new B
        log_p = children.flatten()[best]
        parents, tokens = best // model.vocab_size, best % model.vocab_size
        beam = torch.cat([beam[parents], tokens[:, None]], dim=1)
        rows = going.cumsum(0) - 1  # in logits and state, of those that went on
        going = tokens != BOUNDARY
        if length + 1 == sampler.max_length or not going.any():
            break
        goes_on_from = rows[parents[going]].to(model.device)
        logits, state = model.step(tokens[going].to(model.device), state, goes_on_from)
    return beam, log_p, perturbed


def perturb(log_p: Tensor, highest: Tensor, generator: torch.Generator) -> Tensor:
    """Add Gumbel noise to log-probabilities, given the highest sum of each row.

    With unconditioned sums g, whose highest is z, and the highest that is wanted t, it is
    -log(exp(-t) - exp(-z) + exp(-g)), in the form of the paper's appendix B.3, where no exponential
    overflows: the highest becomes t exactly, and the others keep their order below it.

    Args:
        log_p: float64 (B, V), in nats; -inf stays so.
        highest: float64 (B,).
        generator: on the CPU.
    """
    uniform = torch.rand(log_p.shape, dtype=log_p.dtype, generator=generator)
    uniform.clamp_(min=torch.finfo(log_p.dtype).tiny)  # a 0 would make a document impossible
    gumbels = log_p - (-uniform.log()).log()
    below = gumbels.amax(dim=1, keepdim=True) - gumbels
    highest = highest[:, None]
    shift = highest - gumbels + _log1mexp(below)
    return highest - shift.clamp(min=0) - torch.log1p((-shift.abs()).exp())


def _log1mexp(x: Tensor) -> Tensor:
    """Compute log(1 - exp(-x)) for x >= 0 without cancellation (Mächler 2012)."""
    return torch.where(x < math.log(2), (-torch.expm1(-x)).log(), torch.log1p(-(-x).exp()))
