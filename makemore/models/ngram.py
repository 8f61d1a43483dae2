"""N-gram: interpolated, modified Kneser-Ney smoothing (Chen & Goodman 1999; Kneser & Ney 1995).

https://doi.org/10.1006/csla.1999.0128

Long contexts tell more, short ones have been seen more often. So every order takes a discount D
off each count, and what that frees goes to the next shorter context c', which is c without its
oldest character:

    p(w | c) = (count(c w) - D) / count(c •) + gamma(c) p(w | c')     gamma(c) = freed / count(c •)

where the first term is 0 for a w never seen after c, and count(c •) sums over all w. Below the
empty context stands 1/V for each of the V characters, so nothing is ever impossible.

The longest contexts count how often. Shorter ones count after how many different characters: a
continuation count. Of the names that makemore trains on, "bd" is in 49, always as "abd", and "bu"
in 39, after 8 different characters. What follows "rb"? Where that is left to "b", raw counts say d,
which needs "ab", and after "ab" the longer context says so by itself. For all the rest 8 against 1
is the better evidence. (In words: "Francisco" is frequent, but no guess except after "San".)
Nothing precedes a document's start: contexts from there on keep raw counts, and grow no further.

The contexts make a tree that grows from the last character to the oldest. A prediction walks down
as far as its context is known; the formula leads from the root to there:

    root ─ a ─ ma ─ mma        after "emma", if nothing but "mma" of it is known: the root, "a",
             └ na              "ma" and "mma" each have their say
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from makemore.contexts.windows import WindowTable
from makemore.corpus.documents import BOUNDARY, Documents
from makemore.models.settings import NgramSettings
from makemore.models.window import WindowModel


class Ngram(WindowModel):
    """The tree in sorted arrays: K nodes, the root first, and G grams. A fresh root is uniform."""

    keys: Tensor  # int64 (K,), ascending: parent node * V + oldest character; -1 for the root
    gammas: Tensor  # (K,): the share that a node leaves to its parent
    offsets: Tensor  # int64 (K + 1,): where each node's grams start
    characters: Tensor  # int64 (G,): what follows
    probabilities: Tensor  # (G,): the first term of the formula

    def __init__(self, vocab_size: int, settings: NgramSettings) -> None:
        super().__init__(vocab_size)
        self.order = settings.order
        self.context_length = max(1, settings.order - 1)
        self.register_buffer("keys", torch.tensor([-1]))
        self.register_buffer("gammas", torch.ones(1))
        self.register_buffer("offsets", torch.zeros(2, dtype=torch.int64))
        self.register_buffer("characters", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("probabilities", torch.zeros(0))

    def prepare(self, train: Documents, val: Documents) -> None:
        """Grow the tree, count the grams of each order, and discount them."""
        table, device = self.reader.table(train), self.device
        assert isinstance(table, WindowTable)
        orders, keys = count_grams(table, self.order, self.vocab_size)
        grams = torch.cat([grams for grams, _ in orders])  # (G,)
        counts = torch.cat([counts for _, counts in orders]).double()
        discount = torch.cat([discounts(n)[n.clamp(max=3)] for _, n in orders])
        nodes = grams // self.vocab_size
        zeros = counts.new_zeros(len(keys))
        totals = zeros.index_add(0, nodes, counts)  # (K,)
        self.keys = keys.to(device)
        self.gammas = (zeros.index_add(0, nodes, discount) / totals).float().to(device)
        self.offsets = torch.searchsorted(nodes, torch.arange(len(keys) + 1)).to(device)
        self.characters = (grams % self.vocab_size).to(device)
        self.probabilities = ((counts - discount) / totals[nodes]).float().to(device)

    def predict(self, contexts: Tensor, weights: Tensor | None = None) -> Tensor:
        """Log-probabilities after each window: int64 (..., context_length) -> (..., V)."""
        found = self.find(contexts.reshape(-1, self.context_length))
        nodes, inverse = found.unique(return_inverse=True)  # a row depends on nothing else
        # the product of many gammas can be less than a float32 holds
        rows = self.rows(nodes).clamp_(min=torch.finfo(torch.float32).tiny).log_()
        return rows[inverse].view(*contexts.shape[:-1], self.vocab_size)

    def find(self, contexts: Tensor) -> Tensor:
        """Walk down the tree as far as each context is known: (N, context_length) -> nodes (N,)."""
        nodes = contexts.new_zeros(len(contexts))
        known = torch.ones_like(nodes, dtype=torch.bool)
        for distance in range(1, self.order):
            key = nodes * self.vocab_size + contexts[:, -distance]
            child = torch.searchsorted(self.keys, key, right=True) - 1
            known &= self.keys[child] == key
            nodes = torch.where(known, child, nodes)
        return nodes

    def rows(self, nodes: Tensor) -> Tensor:
        """Apply the formula from the root to each node: (N,) -> probabilities (N, V)."""
        path = []  # up to the root, and -1 above it: each shared parent once
        for _ in range(self.order):
            parents = torch.where(nodes < 0, -1, self.keys[nodes] // self.vocab_size)
            parents, inverse = parents.unique(return_inverse=True)
            path.append((nodes, inverse))
            nodes = parents
        rows = self.gammas.new_full((len(nodes), self.vocab_size), 1 / self.vocab_size)
        for nodes, inverse in reversed(path):
            rows = rows[inverse] * torch.where(nodes < 0, 1, self.gammas[nodes])[:, None]
            here = (nodes >= 0).nonzero().flatten()
            node = nodes[here]
            # the grams of all nodes in a row: each node's are offsets[node], offsets[node] + 1, …
            start, length = self.offsets[node], self.offsets[node + 1] - self.offsets[node]
            shift = (start - length.cumsum(0) + length).repeat_interleave(length)
            gram = torch.arange(len(shift), device=shift.device) + shift
            rows[here.repeat_interleave(length), self.characters[gram]] += self.probabilities[gram]
        return rows

    @property
    def closed_form(self) -> bool:
        """Counting is all there is."""
        return True

    @property
    def n_parameters(self) -> int:
        """Count the probabilities and the gammas."""
        return self.probabilities.numel() + self.gammas.numel()

    def report(self) -> dict[str, float]:
        """Name the number of grams of all orders."""
        return {"grams": self.probabilities.numel()}

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        """Load buffers of whatever size was saved, if they are a tree."""
        for name, buffer in [*self.named_buffers()]:
            if prefix + name in state:
                setattr(self, name, buffer.new_empty(state[prefix + name].shape))
        super()._load_from_state_dict(state, prefix, *rest)
        *_, problems = rest
        found = {n: state[prefix + n] for n, _ in self.named_buffers() if prefix + n in state}
        whole = len(found) == len([*self.named_buffers()])  # what is missing is told by torch
        if whole and not problems and not self.is_tree(**found):
            problems.append("the arrays are no tree of grams")

    def is_tree(
        self,
        keys: Tensor,
        gammas: Tensor,
        offsets: Tensor,
        characters: Tensor,
        probabilities: Tensor,
    ) -> bool:
        """Tell whether some arrays are the tree of a model: each index points to what is there."""
        arrays = (keys, gammas, offsets, characters, probabilities)
        if any(array.dim() != 1 for array in arrays):
            return False
        nodes = torch.arange(len(keys), device=keys.device)
        return bool(
            len(keys) == len(gammas) == len(offsets) - 1
            and len(characters) == len(probabilities) == offsets[-1]
            and keys[0] == -1
            and offsets[0] == 0
            and (keys.diff() > 0).all()
            and (keys[1:] // self.vocab_size < nodes[1:]).all()
            and (offsets.diff() >= 0).all()
            and ((characters >= 0) & (characters < self.vocab_size)).all()
        )


def count_grams(
    table: WindowTable, order: int, vocab_size: int
) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
    """Grow the tree of a table's contexts, and count what follows each node.

    Returns:
        For each order, the shortest grams first: int64 (G',), node * V + character, ascending, and
        how often it counts, int64 (G',). And the tree's keys, int64 (K,), in order of depth.
    """
    levels, starts = [torch.tensor([-1])], [0, 1]  # depth d has the nodes from starts[d] on
    nodes = torch.zeros(len(table.contexts), dtype=torch.int64)  # where each window ends up
    growing = torch.arange(len(nodes))
    for distance in range(1, order):
        oldest = table.contexts[growing, -distance]
        level, child = (nodes[growing] * vocab_size + oldest).unique(return_inverse=True)
        nodes[growing] = starts[-1] + child
        levels.append(level)
        starts.append(starts[-1] + len(level))
        growing = growing[oldest != BOUNDARY]
    keys = torch.cat(levels)
    ends = nodes[table.rows]  # (P,)
    orders: list[tuple[Tensor, Tensor]] = []
    longer = ends[:0]
    for start, end in zip(starts[-2::-1], starts[:0:-1], strict=True):
        whole = (start <= ends) & (ends < end)  # windows that end here keep their raw counts
        # of each longer gram, leave out the oldest character: this gram continues one more
        shorter = keys[longer // vocab_size] // vocab_size * vocab_size + longer % vocab_size
        amounts = torch.cat([table.counts[whole], torch.ones_like(shorter)])
        grams = torch.cat([ends[whole] * vocab_size + table.targets[whole], shorter])
        longer, place = grams.unique(return_inverse=True)
        orders.insert(0, (longer, torch.zeros_like(longer).index_add(0, place, amounts)))
    return orders, keys


def discounts(counts: Tensor) -> Tensor:
    """What an order with these counts (G',) takes off 0 (nothing), 1, 2, 3 or more: float64 (4,).

    With n_i grams counted i times and Y = n1 / (n1 + 2 n2), D_i = i - (i + 1) Y n_(i+1) / n_i.
    Where one is undefined or not in (0, i] (few grams, or few rare ones): 0.5, 1, 1.5, as in KenLM.
    """
    n1, n2, n3, n4 = counts.clamp(max=5).bincount(minlength=6)[1:5].double()
    y = n1 / (n1 + 2 * n2)
    found = torch.stack([1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    i = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    return F.pad(found if ((found > 0) & (found <= i)).all() else i / 2, (1, 0))
