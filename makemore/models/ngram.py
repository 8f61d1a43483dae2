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

Where memory is short, grams of three and more characters that come at most K times can be left out
(pruning, as in KenLM: Heafield et al. 2013, https://aclanthology.org/P13-2121). Counts and
discounts are those from before, and what the left out would have had goes to c' as well.

The contexts make a tree that grows from the last character to the oldest. A prediction walks down
as far as its context is known; the formula leads from the root to there:

    root ─ a ─ ma ─ mma        after "emma", if nothing but "mma" of it is known: the root, "a",
             └ na              "ma" and "mma" each have their say
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from makemore.contexts.grams import GramCounter
from makemore.contexts.windows import WindowTable
from makemore.corpus.documents import Documents
from makemore.corpus.predictions import BOUNDARY
from makemore.errors import UserError
from makemore.models.settings import NgramSettings
from makemore.models.window import WindowModel

MOST_GRAMS = 2**27
"""Of a model: with its contexts 1 to 4 GiB, and twice that for a moment."""
LOGITS_AT_A_TIME = 2**19
"""Of a table of what was counted."""


class Ngram(WindowModel):
    """The tree in sorted arrays: K nodes, the root first, and G grams. A fresh root is uniform."""

    keys: Tensor  # int64 (K,), ascending: parent node * V + oldest character; -1 for the root
    gammas: Tensor  # (K,): the share that a node leaves to its parent
    offsets: Tensor  # int64 (K + 1,): where each node's grams start
    characters: Tensor  # int32 (G,): what follows
    probabilities: Tensor  # (G,): the first term of the formula

    def __init__(self, vocab_size: int, settings: NgramSettings) -> None:
        super().__init__(vocab_size)
        self.settings = settings
        self.order = settings.order
        self.counts: Tensor | None = None  # int64 (G,): until the loss that they give is known
        self.context_length = max(1, settings.order - 1)
        self.register_buffer("keys", torch.tensor([-1]))
        self.register_buffer("gammas", torch.ones(1))
        self.register_buffer("offsets", torch.zeros(2, dtype=torch.int64))
        self.register_buffer("characters", torch.zeros(0, dtype=torch.int32))
        self.register_buffer("probabilities", torch.zeros(0))

    def prepare(self, train: Documents, val: Documents) -> None:
        """Count the grams of each order, discount them, and grow the tree.

        Raises:
            UserError: there are too many.
        """
        order = min(self.order, train.longest + 1)  # no context reaches beyond a start
        counter = GramCounter(order, self.vocab_size, self.settings.prune)
        for grams in counter.count(train):
            if grams > MOST_GRAMS:
                raise UserError(
                    f"This n-gram has more than {MOST_GRAMS:,} grams, which takes too much memory: "
                    f"leave out those that come once by --prune 1 (or more often, by a larger "
                    f"number), or take a smaller --order than {self.order}."
                )
        grown = grow(counter)
        for name, array in grown.items():
            setattr(self, name, torch.from_numpy(array).to(self.device))
        if not self.settings.prune:
            counts = [np.concatenate(level.counts) for level in counter.levels]
            self.counts = torch.from_numpy(np.concatenate(counts))

    def counted_tables(self) -> Iterator[WindowTable] | None:
        """Cover the training split with tables of what was counted, once; None: too little is left.

        Each window ends up at one node, the deepest that it knows: of the highest order, or one at
        the start of a document. There the counts are how often each character came.
        """
        if self.counts is None:
            return None
        counts, self.counts = self.counts, None
        return self._tables(counts)

    def _tables(self, counts: Tensor) -> Iterator[WindowTable]:
        depths = self.depths()
        at_end = depths == depths.max()
        at_end[1:] |= self.keys[1:] % self.vocab_size == BOUNDARY
        ends = at_end.nonzero().flatten()
        for nodes in ends.split(max(1, LOGITS_AT_A_TIME // self.vocab_size)):
            length = self.offsets[nodes + 1] - self.offsets[nodes]
            gram = in_turn(self.offsets[nodes], length)
            yield WindowTable(
                torch.arange(len(nodes)).repeat_interleave(length),
                self.characters[gram].long(),
                counts[gram],
                int(counts[gram].sum()),
                self.windows(nodes, depths[nodes]),
            )

    def depths(self) -> Tensor:
        """Count the characters of each node's context: int16 (K,)."""
        depths = torch.zeros(len(self.keys), dtype=torch.int16)
        start, end, depth = 0, 1, 0  # the nodes of a depth
        while start < end:
            depths[start:end] = depth
            beyond = torch.searchsorted(self.keys, end * self.vocab_size).item()
            start, end, depth = end, int(beyond), depth + 1
        return depths

    def windows(self, nodes: Tensor, depths: Tensor) -> Tensor:
        """Spell out the contexts of nodes (N,) of known depths: int64 (N, context_length)."""
        windows = torch.full((len(nodes), self.context_length), BOUNDARY)
        column = self.context_length - depths.long()
        while (below := column < self.context_length).any():
            key = self.keys[nodes[below]]
            windows[below, column[below]] = key % self.vocab_size
            nodes = nodes.masked_scatter(below, key // self.vocab_size)
            column = column + 1
        return windows

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
            length = self.offsets[node + 1] - self.offsets[node]
            gram = in_turn(self.offsets[node], length)
            following = self.characters[gram].long()
            rows[here.repeat_interleave(length), following] += self.probabilities[gram]
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


def in_turn(starts: Tensor, lengths: Tensor) -> Tensor:
    """Count up from each start, as far as its length: start, start + 1, …, the next start, …."""
    shift = (starts - lengths.cumsum(0) + lengths).repeat_interleave(lengths)
    return torch.arange(len(shift), device=shift.device) + shift


def grow(counter: GramCounter) -> dict[str, NDArray[Any]]:
    """Make the arrays of a tree, by their names, of what was counted.

    With pruning, what the left out have of the whole goes to the next shorter context too.
    """
    grown: dict[str, list[NDArray[Any]]] = {
        name: [] for name in ("keys", "gammas", "sizes", "characters", "probabilities")
    }
    above, start = np.zeros(0, dtype=np.int64), 0  # contexts of the level above, and its first node
    for depth, level in enumerate(counter.levels):
        contexts, sizes, totals, left_out, characters, counts = (
            np.concatenate(parts)
            for parts in (
                level.contexts,
                level.sizes,
                level.totals,
                level.left_out,
                level.characters,
                level.counts,
            )
        )
        if depth == 0:
            keys = np.array([-1])
        else:
            oldest = (contexts % counter.vocab_size).astype(np.int64)
            parents = start + np.searchsorted(above, contexts // counter.vocab_size)
            keys = parents * counter.vocab_size + oldest
            start += len(above)
        above = contexts
        nodes = np.repeat(np.arange(len(contexts)), sizes)
        discount = discounts(torch.from_numpy(level.times)).numpy()[np.minimum(counts, 3)]
        freed = np.bincount(nodes, discount, len(contexts)) + left_out
        grown["keys"].append(keys)
        grown["gammas"].append((freed / totals).astype(np.float32))
        grown["sizes"].append(sizes)
        grown["characters"].append(characters)
        grown["probabilities"].append(((counts - discount) / totals[nodes]).astype(np.float32))
    arrays = {name: np.concatenate(parts) for name, parts in grown.items()}
    return arrays | {"offsets": np.append(0, np.cumsum(arrays.pop("sizes")))}


def discounts(times: Tensor) -> Tensor:
    """What an order takes off a count of 0 (nothing), 1, 2, 3 or more: float64 (4,).

    With n_i = times[i] grams counted i times, int64 (6,), and Y = n1 / (n1 + 2 n2), it is
    D_i = i - (i + 1) Y n_(i+1) / n_i. Where one is undefined or not in (0, i] (few grams, or few
    rare ones): 0.5, 1, 1.5, as in KenLM.
    """
    n1, n2, n3, n4 = times[1:5].double()
    y = n1 / (n1 + 2 * n2)
    found = torch.stack([1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    i = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    return F.pad(found if ((found > 0) & (found <= i)).all() else i / 2, (1, 0))
