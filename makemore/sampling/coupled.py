"""Drawing with the same random numbers from several models, so that they can be compared.

Each place of each sample has one random number E for every character, from the standard exponential
distribution, and the character with the largest p / E is drawn. That is a draw from p (the
Gumbel-max trick, in the form of a race). Another model takes the same numbers. So where the
probabilities have hardly changed, the same character wins: for two that lie t apart in total
variation with a probability of at least (1 - t) / (1 + t).

Going through the distribution function with one number, as `sampler.draw_characters` does, would
draw another character wherever those before it in the alphabet have become a little likelier.
"""

import torch

from makemore.corpus.predictions import BOUNDARY
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.base import Model
from makemore.sampling.sampler import Sampler
from makemore.sampling.samples import Sample
from makemore.sampling.text import start_of_text


@torch.inference_mode()
def draw_coupled(
    model: Model,
    vocabulary: Vocabulary,
    n: int,
    max_length: int,
    generator: torch.Generator,
    *,
    is_text: bool,
) -> list[Sample]:
    """Draw n samples, each independent of the others.

    Models with the same vocabulary that get a generator in the same state draw by the same numbers.

    Args:
        model: left in the mode, training or not, that it was in.
        vocabulary: of the model.
        n: how many.
        max_length: each is cut off after so many characters, at least 1.
        generator: on the CPU. It gives n * V numbers for each place, also where samples have ended.
        is_text: whether the model is of one long text, whose samples have no end.
    """
    start = start_of_text(model, vocabulary) if is_text else [BOUNDARY]
    sampler = Sampler(max_length)
    drawn = torch.full((n, max_length), BOUNDARY)
    alive = torch.arange(n)  # samples that go on
    rows = torch.zeros(n, dtype=torch.int64)  # of each, its row in logits and state
    with model.evaluating():
        logits, state = model.read_prompt(start)
        for place in range(max_length):
            numbers = torch.empty(n, model.vocab_size, dtype=torch.float64)
            numbers.exponential_(generator=generator).clamp_(min=torch.finfo(numbers.dtype).tiny)
            length = None if is_text else place
            probabilities = sampler.probabilities(logits.cpu(), length)[rows]  # (alive, V)
            tokens = (probabilities / numbers[alive]).argmax(-1)
            drawn[alive, place] = tokens
            going = tokens != BOUNDARY
            alive, tokens, rows = alive[going], tokens[going], rows[going]
            if not len(alive) or place == max_length - 1:
                break
            logits, state = model.step(tokens.to(model.device), state, rows.to(model.device))
            rows = torch.arange(len(alive))
    finished = (drawn == BOUNDARY).any(dim=1).tolist()
    texts = vocabulary.decode_rows(drawn.numpy())
    return [Sample(text, ended) for text, ended in zip(texts, finished, strict=True)]
