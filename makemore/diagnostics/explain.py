"""One prediction, whole: from the context to the loss, and the weights that moved it most."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from makemore.corpus.reading import clean
from makemore.corpus.vocabulary import Vocabulary
from makemore.diagnostics.explanation import (
    Context,
    Explanation,
    Moved,
    Prediction,
    Predictions,
    Weights,
)
from makemore.diagnostics.in_values import in_values
from makemore.display import visible
from makemore.errors import UsageError
from makemore.maker import Maker

MOST_MOVED = 10
"""How many weights are named."""


def explain(maker: Maker, word: str, at: int | None = None) -> Explanation:
    """Explain one prediction of a word.

    Args:
        maker: whose model predicts; left as it is.
        word: a document, or a piece of text.
        at: which prediction, from 1 on; None: the one with the largest loss.

    Raises:
        UserError: the model doesn't know a character.
        UsageError: there is no such prediction.
    """
    model = maker.model
    contexts = find_contexts(maker, [word])
    if not contexts:
        raise UsageError("There is nothing to predict in an empty text: give at least a character.")
    with model.evaluating():
        predictions = Predictions(_predict(maker, context) for context in contexts)
        place = at
        if place is None:
            place = 1 + max(range(len(predictions)), key=lambda i: predictions[i].loss)
        elif not 1 <= place <= len(predictions):
            raise UsageError(
                f"--at takes 1 to {len(predictions)}, a prediction of {word!r}, not {at}."
            )
        one = predictions[place - 1].context
        moved = _largest_gradients(maker, one)
    network = in_values(model)
    return Explanation(
        clean(word),
        maker.config.name,
        predictions,
        place,
        moved,
        None if network is None else network.run(one.ids),
        network,
        shown_characters(maker.vocabulary),
    )


def find_contexts(maker: Maker, words: Sequence[str]) -> list[Context]:
    """Spell out the context of every prediction of some words, as the maker's model sees it.

    Raises:
        UserError: the model doesn't know a character.
    """
    shown = shown_characters(maker.vocabulary)
    found = []
    for word in words:
        documents = maker.vocabulary.encode_documents([clean(word)], maker.config.data.format)
        for ids, target in maker.model.reader.contexts(documents):
            found.append(Context(ids, target, "".join(shown[i] for i in ids), shown[target]))
    return found


def shown_characters(vocabulary: Vocabulary) -> list[str]:
    """Write each id as one character; the boundary as a dot, which no character of theirs is."""
    dot = next(dot for dot in ".·•◦" if dot not in vocabulary.characters)
    return [dot, *map(visible, vocabulary.characters)]


def _logits(maker: Maker, context: Context) -> Tensor:
    """Ask the model's definition, `forward`: logits (V,)."""
    logits: Tensor = maker.model(torch.tensor([context.ids], device=maker.model.device))[0, -1]
    return logits


@torch.no_grad()
def _predict(maker: Maker, context: Context) -> Prediction:
    logits = _logits(maker, context).double()
    log_probabilities = logits.log_softmax(-1)
    loss = -log_probabilities[context.target].item()
    return Prediction(context, logits.tolist(), log_probabilities.exp().tolist(), loss)


def _largest_gradients(maker: Maker, context: Context) -> Weights:
    """Let autograd find them, of the loss of one prediction; those that are 0 left out."""
    named = {n: p for n, p in maker.model.named_parameters() if p.requires_grad}
    if not named:
        return Weights()
    loss = -_logits(maker, context).log_softmax(-1)[context.target]
    found = torch.autograd.grad(loss, list(named.values()), materialize_grads=True)
    candidates = []
    for (name, tensor), gradient in zip(named.items(), found, strict=True):
        largest = gradient.abs().flatten().topk(min(MOST_MOVED, gradient.numel()))
        for place in largest.indices.tolist():
            index = tuple(int(i) for i in np.unravel_index(place, tensor.shape))
            moved = Moved(name, list(index), tensor[index].item(), gradient[index].item())
            candidates.append(moved)
    candidates.sort(key=lambda moved: -abs(moved.gradient))
    return Weights(moved for moved in candidates[:MOST_MOVED] if moved.gradient)
