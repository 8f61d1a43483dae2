"""Dependence: mistake 6, a view for a permute, and what looks ahead."""

import pytest
import torch
from torch import Tensor, nn

from makemore.checks.dependence import (
    by_change,
    by_gradient,
    dependences,
    rows_stand_apart,
    sees,
    sees_no_later_character,
)

V, C, B, T = 7, 4, 3, 6


class Rows(nn.Module):
    """Embeds, mixes places as a subclass says, and predicts."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, C)
        self.output = nn.Linear(C, V)

    def mix(self, x: Tensor) -> Tensor:
        """Mix (B, T, C)."""
        return x

    def forward(self, tokens: Tensor) -> Tensor:
        return self.output(self.mix(self.embedding(tokens)))  # type: ignore[no-any-return]


class Causal(Rows):
    """Means of all before, by the right exchange of dimensions."""

    def mix(self, x: Tensor) -> Tensor:
        sums: Tensor = x.permute(0, 2, 1).cumsum(-1)  # along T
        return sums.permute(0, 2, 1)


class ViewForPermute(Rows):
    """Two heads side by side, whose channels a view puts together again without a transpose."""

    def mix(self, x: Tensor) -> Tensor:
        n, length, channels = x.shape
        heads = x.view(n, length, 2, channels // 2).transpose(1, 2)  # (B, 2, T, C / 2)
        return heads.contiguous().view(x.shape)


class ViewOfRows(Rows):
    """Takes (B, T, C) for (T, B, C)."""

    def mix(self, x: Tensor) -> Tensor:
        n, length, channels = x.shape
        sums: Tensor = x.view(length, n, channels).cumsum(0)
        return sums.view(n, length, channels)


class Centred(Rows):
    """Subtracts a mean over the batch, in evaluation too."""

    def mix(self, x: Tensor) -> Tensor:
        return x - x.mean(0)


class Pair(Rows):
    """Sees two characters."""

    def mix(self, x: Tensor) -> Tensor:
        return x + 0.5 * torch.roll(x, 1, dims=1) * (torch.arange(x.shape[1]) > 0)[:, None]


TOKENS = torch.randint(1, V, (B, T), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("model", "ahead", "apart"),
    [
        (Rows(), "passed", "passed"),
        (Causal(), "passed", "passed"),
        (ViewForPermute(), "failed", "passed"),
        (ViewOfRows(), "passed", "failed"),
        (Centred(), "passed", "failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_views_that_should_be_permutes_are_found(model: nn.Module, ahead: str, apart: str) -> None:
    depends = dependences(model, TOKENS)
    assert rows_stand_apart(depends).mark == apart
    if apart == "passed":
        assert sees_no_later_character(depends).mark == ahead


@pytest.mark.parametrize("model", [Causal(), ViewForPermute(), ViewOfRows(), Pair()])
def test_both_ways_find_the_same_dependences(model: nn.Module) -> None:
    assert torch.equal(by_change(model, TOKENS), by_gradient(model, TOKENS))


def test_what_no_embedding_reads_is_found_by_change() -> None:
    class Shifted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rows = nn.Parameter(torch.randn(V, V))

        def forward(self, tokens: Tensor) -> Tensor:
            return self.rows[torch.roll(tokens, -1, dims=1)]

    assert not by_gradient(Shifted(), TOKENS).any()
    verdict = sees_no_later_character(dependences(Shifted(), TOKENS))
    assert verdict.mark == "failed"
    assert "15 of 18 predictions" in verdict.found
    assert "prediction 1, which sees character 2" in verdict.found


def test_how_many_characters_a_model_sees_is_counted() -> None:
    assert sees(dependences(Rows(), TOKENS)) == 1
    assert sees(dependences(Pair(), TOKENS)) == 2
    assert sees(dependences(Causal(), TOKENS)) is None
