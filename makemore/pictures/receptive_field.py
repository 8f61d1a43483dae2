"""Which characters of a context each layer sees, and how much each of them moves the prediction.

By gradient where an embedding reads the characters: the norm of the derivative of a layer's last
place, and of the loss, by the embedding of each character. By change elsewhere, and for a user's
own model, in which characters may go other ways too: another character is put into each place. An
n-gram has no layers; it mixes contexts of every length, the formula in `models.ngram` says how.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor

from makemore.diagnostics.explain import find_contexts, shown_characters
from makemore.maker import Maker
from makemore.models.activations import Call, nonlinearities
from makemore.models.base import Model
from makemore.models.ngram import Ngram
from makemore.models.watching import embeddings
from makemore.pictures.characters import with_ink
from makemore.pictures.request import Request
from makemore.pictures.style import BLUE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OTHERS = 32
"""Characters that are tried in each place, of more than so many."""
NOTHING = 1e-6
"""Of the largest in a row: below it, what moves is rounding."""

Way = Literal["gradient", "change", "share"]


@dataclass(frozen=True)
class Field:
    """What one layer sees.

    Attributes:
        name: of the layer; of an n-gram, how many characters it looks at.
        strengths: of each character of the context, (T,), 0 where it isn't seen. By gradient the
            norm of the derivative; by change the mean distance that the layer moves; of an n-gram
            the share that this length has in the prediction.
    """

    name: str
    strengths: list[float]

    @property
    def seen(self) -> int:
        """How many characters it sees."""
        return sum(strength > 0 for strength in self.strengths)


@dataclass(frozen=True)
class Found:
    """What a model sees of one context.

    Attributes:
        model: name of the architecture.
        characters: of the context, oldest first, a dot for the boundary, (T,).
        next: what comes next.
        moves: how much each character moves the loss of that, (T,): by gradient the norm of the
            derivative by its embedding; by change the mean change over other characters, in nats.
        moved_by: which of the two.
        fields: of the layers, the first one first.
        fields_by: how their strengths are found.
    """

    model: str
    characters: list[str]
    next: str
    moves: list[float]
    moved_by: Way
    fields: list[Field]
    fields_by: Way

    def figures(self) -> dict[str, Any]:
        """Name all of it, as JSON can write it."""
        fields = [vars(field) | {"seen": field.seen} for field in self.fields]
        return vars(self) | {"fields": fields}


def find(request: Request) -> Found:
    """Look at the context of a word's last prediction.

    Raises:
        UserError: the model doesn't know a character.
    """
    return find_field(request.maker, request.word_of(request.maker))


def find_field(maker: Maker, word: str) -> Found:
    """Look at the last prediction of a word.

    Raises:
        UserError: as `find`.
    """
    model = maker.model
    context = find_contexts(maker, [word])[-1]
    shown = [*map(with_ink, shown_characters(maker.vocabulary))]
    tokens = torch.tensor([context.ids], device=model.device)
    with model.evaluating():
        by: Way = "gradient"
        found = None if model.source else by_gradient(model, tokens, context.target)
        if found is None:
            by, found = "change", by_change(model, tokens, context.target)
        moves, fields = found
        shares: Way = by
        if isinstance(model, Ngram):
            shares, fields = "share", shares_by_length(model, tokens)
    return Found(
        maker.config.name,
        [shown[i] for i in context.ids],
        shown[context.target],
        moves,
        by,
        fields,
        shares,
    )


def by_gradient(
    model: Model, tokens: Tensor, target: int
) -> tuple[list[float], list[Field]] | None:
    """Differentiate by what embeddings make of each token.

    Args:
        model: in evaluation mode.
        tokens: one context, int64 (1, T).
        target: what comes next.

    Returns:
        The norm of the loss's derivative by each token, (T,), and the fields of the layers; None
        where no embedding reads the tokens.
    """
    with (
        torch.enable_grad(),
        embeddings(model, tokens) as embedded,
        nonlinearities(model) as calls,
    ):
        logits = model.by_layers(tokens).flatten(0, -2)[-1]
        loss = -logits.log_softmax(-1)[target]
    if not embedded:
        return None
    moves = _slopes(loss, embedded).sqrt().tolist()
    fields = []
    for name, call in _last_calls(calls).items():
        units = call.result.flatten(0, -2)[-1]  # of the last place
        squares = torch.stack([_slopes(unit, embedded) for unit in units])  # (units, T)
        fields.append(Field(name, squares.sum(0).sqrt().tolist()))
    return moves, fields


def _slopes(value: Tensor, embedded: Sequence[Tensor]) -> Tensor:
    """Square and sum the derivatives of a number by the channels of each token: (T,)."""
    found = torch.autograd.grad(value, embedded, retain_graph=True, materialize_grads=True)
    return torch.stack([slope[0].square().sum(-1) for slope in found]).sum(0)


@torch.no_grad()
def by_change(model: Model, tokens: Tensor, target: int) -> tuple[list[float], list[Field]]:
    """Put other characters into each place: all, or `OTHERS` of them.

    Args:
        model: in evaluation mode.
        tokens: one context, int64 (1, T).
        target: what comes next.

    Returns:
        The mean change of the loss by each token, (T,), in nats, and the fields of the layers.
    """
    length = tokens.shape[1]
    tried = np.unique(np.linspace(1, model.vocab_size - 1, OTHERS).astype(int)).tolist()
    others = [(place, id_) for place in range(length) for id_ in tried if id_ != tokens[0, place]]
    contexts = tokens.repeat(len(others) + 1, 1)  # the first is as it was
    places = torch.tensor([place for place, _ in others], device=tokens.device)
    rows = torch.arange(1, len(contexts), device=tokens.device)
    contexts[rows, places] = torch.tensor([id_ for _, id_ in others], device=tokens.device)
    with nonlinearities(model) as calls:
        logits = _last_place(model.by_layers(contexts))
    losses = -logits.log_softmax(-1)[:, target]

    def mean(distances: Tensor) -> list[float]:
        total = distances.new_zeros(length).index_add(0, places, distances)
        count = places.bincount(minlength=length).clamp(min=1)
        largest = distances.max() if len(distances) else 0
        found = total / count
        return torch.where(found > NOTHING * largest, found, 0).tolist()

    fields = []
    for name, call in _last_calls(calls).items():
        if len(call.after) == len(contexts):
            units = _last_place(call.after)
            fields.append(Field(name, mean((units[1:] - units[0]).norm(dim=-1))))
    return mean((losses[1:] - losses[0]).abs()), fields


def _last_place(values: Tensor) -> Tensor:
    """Take (N, C) of (N, C), or of (N, …, C) with places between."""
    return values if values.dim() == 2 else values.flatten(1, -2)[:, -1]


def _last_calls(calls: Sequence[Call]) -> dict[str, Call]:
    """Keep the last call of each layer: a recurrent model's is that of the last character."""
    return {call.name.removeprefix("module."): call for call in calls}


def shares_by_length(model: Ngram, tokens: Tensor) -> list[Field]:
    """Find what each length of the context adds to the prediction of an n-gram.

    With gamma_d the share that the context of d characters leaves to the shorter ones, length d
    has (1 - gamma_d) times all gammas of longer contexts. The shares sum to 1.

    Args:
        model: that predicts.
        tokens: one context, int64 (1, context_length).

    Returns:
        The uniform distribution first, which sees nothing; then the lengths from 0 on.
    """
    node = int(model.find(tokens))
    gammas: list[float] = []
    while node >= 0:
        gammas.insert(0, model.gammas[node].item())
        node = int(model.keys[node]) // model.vocab_size if node else -1
    fields: list[Field] = []
    left, length = 1.0, tokens.shape[1]
    for depth in range(len(gammas) - 1, -1, -1):
        share = left * (1 - gammas[depth])
        left *= gammas[depth]
        seen = [0.0] * (length - depth) + [share] * depth
        name = f"last {depth}" if depth else "none"
        fields.insert(0, Field(f"{name}: {share:.1%}", seen))
    return [Field(f"uniform: {left:.1%}", [0.0] * length), *fields]


def draw(figure: "Figure", found: Found) -> None:
    """Draw a bar for each character, and below it a row for each layer, the last one on top."""
    n, rows = len(found.characters), len(found.fields)
    size, below = 11 if n <= 24 else 7, max(1.0, 0.36 * rows)
    figure.set_size_inches(max(7.5, 2.6 + 0.2 * n), 3.2 + (0.5 + below if rows else 0))
    title = f"{found.model}: what moves the prediction of {found.next}"
    ratios = [2.2, below] if rows else [1.0]
    every = figure.subplots(len(ratios), 1, height_ratios=ratios, sharex=True, squeeze=False)[:, 0]
    bars = every[0]
    bars.set_title(
        title if n > 16 else f"{title} after {''.join(found.characters)}", parse_math=False
    )
    bars.bar(range(n), found.moves, min(0.8, 0.12 * n), color=BLUE)
    bars.set_ylabel(
        "derivative of the loss\nby the embedding (norm)"
        if found.moved_by == "gradient"
        else "change of the loss by\nanother character (nats)"
    )
    bars.grid(visible=False, axis="x")
    last = every[-1]
    last.set_xticks(range(n), found.characters, fontsize=size, parse_math=False)
    last.set_xlabel("character of the context, the oldest first")
    if not rows:
        return
    strengths = np.array([field.strengths for field in found.fields])
    unit = 1.0 if found.fields_by == "share" else strengths.max(1, keepdims=True).clip(1e-30)
    seen = np.ma.masked_equal(strengths / unit, 0)
    image = last.imshow(seen, vmin=0, vmax=1, aspect="auto", origin="lower")
    last.grid(visible=False)
    last.set_yticks(
        range(rows), [field.name for field in found.fields], fontsize=9, parse_math=False
    )
    label = "share of\nthe prediction" if found.fields_by == "share" else "of the row's\nlargest"
    figure.colorbar(image, ax=last).set_label(label, fontsize=9)
