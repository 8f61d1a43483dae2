"""Listing the documents that are likeliest, all of them down to a probability.

A prefix is at least as likely as any document that begins with it. So only prefixes above the limit
are gone on with, and at each depth there are at most 1 / limit of them, since their probabilities
have no more than 1 to share.
"""

import math

import torch

from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.base import Model


@torch.inference_mode()
def list_likeliest(
    model: Model, vocabulary: Vocabulary, limit: float, max_length: int
) -> list[str]:
    """List every document of at least this probability, none empty, in no order.

    Args:
        model: of lines, left in the mode, training or not, that it was in.
        vocabulary: of the model.
        limit: the lowest log-probability, in nats.
        max_length: the longest document, in characters.
    """
    found: list[str] = []
    with model.evaluating():
        logits, state = model.read_prompt([BOUNDARY])
        prefixes = torch.empty(1, 0, dtype=torch.int64)  # (B, length)
        log_p = torch.zeros(1, dtype=torch.float64)  # nats, (B,)
        for length in range(max_length + 1):
            children = log_p[:, None] + logits.cpu().double().log_softmax(-1)  # (B, V)
            if length:
                ended = prefixes[children[:, BOUNDARY] >= limit]
                found += [vocabulary.decode(ids) for ids in ended.tolist()]
            children[:, BOUNDARY] = -math.inf
            parents, tokens = (children >= limit).nonzero(as_tuple=True)  # the new B
            if length == max_length or not len(parents):
                return found
            prefixes = torch.cat([prefixes[parents], tokens[:, None]], dim=1)
            log_p = children[parents, tokens]
            device = model.device
            logits, state = model.step(tokens.to(device), state, parents.to(device))
    return found
