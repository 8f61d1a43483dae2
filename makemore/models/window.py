"""What the models of a window have in common: they see the last few characters, no more."""

import torch
import torch.nn.functional as F
from torch import Tensor

from makemore.contexts.tables import Table
from makemore.contexts.windows import WindowTable
from makemore.corpus.predictions import BOUNDARY
from makemore.models.base import Model, State, select_rows


class WindowModel(Model):
    """Logits from the last `context_length` characters; before a start stands the boundary."""

    context_length: int

    def predict(self, contexts: Tensor, weights: Tensor | None = None) -> Tensor:
        """Predict the character after each window.

        Args:
            contexts: int64 (..., context_length), oldest character first.
            weights: how many examples each window stands for, (...); None: one each. Only what
                looks at a batch as a whole, as batch normalisation does, depends on it.

        Returns:
            Logits, (..., V).
        """
        raise NotImplementedError

    def forward(self, tokens: Tensor) -> Tensor:
        """Slide the window over each sequence: (B, T) -> (B, T, V)."""
        return self.predict(self.pad(tokens).unfold(1, self.context_length, 1))

    def pad(self, tokens: Tensor) -> Tensor:
        """Fill each sequence up on the left: (B, T) -> (B, context_length - 1 + T)."""
        return F.pad(tokens, (self.context_length - 1, 0), value=BOUNDARY)

    def by_layers(self, contexts: Tensor) -> Tensor:
        """Predict after each window: (B, context_length) -> (B, V)."""
        return self.predict(contexts)

    def table_logits(self, table: Table) -> Tensor:
        """Predict each distinct window once: (N, V)."""
        assert isinstance(table, WindowTable)
        return self.predict(table.contexts, table.weights)

    def step(
        self, tokens: Tensor, state: State | None, rows: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Push the token into the window, which is all there is to remember."""
        if state is None:
            past = tokens.new_full((len(tokens), self.context_length), BOUNDARY)
        else:
            (past,) = select_rows(state, rows)
        window = torch.cat([past[:, 1:], tokens[:, None]], dim=1)  # (B, context_length)
        return self.predict(window), (window,)
