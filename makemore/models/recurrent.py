"""What the recurrent models have in common: a state that each character changes.

A cell says how; here is what carries it through a sequence, through the tree of distinct
prefixes, and on from where a sample stands.
"""

import torch
from torch import Tensor, nn

from makemore.contexts.prefixes import PrefixTable
from makemore.contexts.tables import Table
from makemore.models.base import Model, State, select_rows
from makemore.models.settings import RecurrentSettings


class Recurrent(Model):
    """Embed a character, change the state, logits from the state.

    A cell has two linear maps, of the character and of the state, each as wide as its `n_gates`
    gates. Its state is `n_states` tensors, (B, n_hidden), zero at the start; the first is what
    the logits are made from.
    """

    n_gates: int
    n_states = 1
    block_size: int

    def __init__(self, vocab_size: int, settings: RecurrentSettings) -> None:
        super().__init__(vocab_size)
        assert settings.block_size is not None, "settings are resolved before a model is built"
        self.block_size = settings.block_size
        self.n_hidden = settings.n_hidden
        width = self.n_gates * settings.n_hidden
        self.wte = nn.Embedding(vocab_size, settings.n_embd)
        self.from_input = nn.Linear(settings.n_embd, width)
        self.from_state = nn.Linear(settings.n_hidden, width)
        self.lm_head = nn.Linear(settings.n_hidden, vocab_size)
        # start from nearly equal probabilities: the first loss is log V
        nn.init.normal_(self.lm_head.weight, std=0.01)
        nn.init.zeros_(self.lm_head.bias)

    def cell(self, inputs: Tensor, state: State) -> State:
        """Let a character change the state.

        Args:
            inputs: what `from_input` makes of it, (B, n_gates * n_hidden).
            state: (B, n_hidden) each.
        """
        raise NotImplementedError

    def read(self, tokens: Tensor) -> Tensor:
        """Embed (...) characters for the cell: (..., n_gates * n_hidden)."""
        inputs: Tensor = self.from_input(self.wte(tokens))
        return inputs

    def start(self, size: int) -> State:
        """Give the state before the first character."""
        zeros = self.wte.weight.new_zeros(size, self.n_hidden)
        return (zeros,) * self.n_states

    @property
    def divisible(self) -> bool:
        """Each prefix is computed by itself."""
        return True

    def forward(self, tokens: Tensor) -> Tensor:
        """Go through each row, character by character: (B, T) -> (B, T, V)."""
        inputs = self.read(tokens)  # (B, T, n_gates * n_hidden)
        state = self.start(len(tokens))
        hidden = []
        for position in range(tokens.shape[1]):
            state = self.cell(inputs[:, position], state)
            hidden.append(state[0])
        logits: Tensor = self.lm_head(torch.stack(hidden, dim=1))
        return logits

    def table_logits(self, table: Table) -> Tensor:
        """Go through the tree of prefixes depth by depth, each row from its parent: (N, V)."""
        assert isinstance(table, PrefixTable)
        inputs = self.read(table.tokens)  # (N, n_gates * n_hidden)
        sizes = table.depths.bincount().tolist()  # rows stand in order of depth
        state = self.start(sizes[0])
        hidden: list[Tensor] = []
        above = 0  # the first row one depth less deep
        for one_depth, parents in zip(inputs.split(sizes), table.parents.split(sizes), strict=True):
            if hidden:
                state = select_rows(state, parents - above)
                above += len(hidden[-1])
            state = self.cell(one_depth, state)
            hidden.append(state[0])
        logits: Tensor = self.lm_head(torch.cat(hidden))
        return logits

    def step(
        self, tokens: Tensor, state: State | None, rows: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Change the state by one more character.

        Beside the cell's own state, all tokens so far are remembered, (B, T): when the block is
        full, the state is made again from its last half.
        """
        context, unread, past = self.extend(tokens, state, rows)
        inner = self.start(len(tokens)) if past is None else select_rows(past, rows)
        inputs = self.read(unread)  # (B, unread, n_gates * n_hidden)
        for position in range(unread.shape[1]):
            inner = self.cell(inputs[:, position], inner)
        logits: Tensor = self.lm_head(inner[0])
        return logits, (context, *inner)
