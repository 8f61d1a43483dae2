"""Transformer: the GPT-2 block of the original makemore, and what has been found better since.

Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; Radford et al. 2019 (GPT-2), whose block
normalises first. Each choice is a setting; `configs/gpt2.toml` takes the classic ones. Of the later
ones the default takes what measured better on names (`benchmarks/choices.py`), SwiGLU, and leaves
out the biases, which change nothing.

    setting      classic                            later
    norm         layer (Ba et al. 2016)             rms (Zhang & Sennrich 2019)
    norm_gain    a learned gain for each channel    none (Xu et al. 2019)
    positions    learned embeddings                 rotary (Su et al. 2021)
    activation   gelu (Hendrycks & Gimpel 2016)     swiglu (Shazeer 2020), relu2 (So et al. 2021)
    qk_norm      none                               queries and keys normalised (Henry et al. 2020)
    bias         in every linear map but the last   none
    zero_init    small random weights               each sublayer starts by adding nothing

What runs before and after attention is here; `attention` has the ways to attend.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from makemore.backprop import kernels
from makemore.contexts.packs import PackedTable, pack, unseen
from makemore.contexts.prefixes import PrefixTable
from makemore.contexts.tables import Table
from makemore.models.attention import Attend, append, attention, attention_of_newest, rotate
from makemore.models.base import Model, State
from makemore.models.normalization import make_norm
from makemore.models.settings import TransformerSettings


class Dropout(nn.Dropout):
    """Drop activations in training (Srivastava et al. 2014), by the way of `kernels`."""

    def forward(self, x: Tensor) -> Tensor:
        """Values of any shape -> as many."""
        return kernels.dropout(x, self.p) if self.training and self.p else x


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)). Names as in GPT-2."""

    def __init__(self, settings: TransformerSettings) -> None:
        super().__init__()
        self.settings = settings
        n_embd, n_hidden, bias = settings.n_embd, settings.n_hidden, settings.bias
        assert n_hidden is not None, "settings are resolved before a model is built"
        n_fc = 2 * n_hidden if settings.activation == "swiglu" else n_hidden  # a gate beside each
        self.ln_1 = make_norm(settings.norm, n_embd, settings.norm_gain)
        self.c_attn = nn.Linear(n_embd, 3 * n_embd, bias)
        self.c_proj = nn.Linear(n_embd, n_embd, bias)
        self.ln_2 = make_norm(settings.norm, n_embd, settings.norm_gain)
        self.c_fc = nn.Linear(n_embd, n_fc, bias)
        self.mlp_proj = nn.Linear(n_hidden, n_embd, bias)
        self.dropout = Dropout(settings.dropout)

    def forward(
        self,
        x: Tensor,
        positions: Tensor,
        layer: int,
        attend: Attend,
        same: Tensor | None = None,
    ) -> Tensor:
        """Tokens (..., n_embd) at positions (...) -> (..., n_embd).

        Rows that are alike so far may share a token: `same` (N,) names that of each row then.
        """
        qkv = self.place(self.c_attn(self.ln_1(x)), positions)
        if same is not None:
            x, qkv = x.index_select(0, same), qkv.index_select(0, same)
        x = x + self.dropout(self.c_proj(attend(layer, qkv)))
        hidden = self.activate(self.c_fc(self.ln_2(x)))
        y: Tensor = x + self.dropout(self.mlp_proj(hidden))
        return y

    def place(self, qkv: Tensor, positions: Tensor) -> Tensor:
        """Normalise queries and keys, and tell them where they stand: (..., 3 n_embd)."""
        rotary = self.settings.positions == "rotary"
        if not (rotary or self.settings.qk_norm):
            return qkv
        n_embd, n_head = self.settings.n_embd, self.settings.n_head
        qk, v = qkv.tensor_split([2 * n_embd], dim=-1)
        qk = qk.unflatten(-1, (2 * n_head, -1))  # (..., 2 n_head, n_embd / n_head)
        if self.settings.qk_norm:
            qk = F.rms_norm(qk, qk.shape[-1:])
        if rotary:
            qk = rotate(qk, positions)
        return torch.cat([qk.flatten(-2), v], dim=-1)

    def activate(self, x: Tensor) -> Tensor:
        """Apply the nonlinearity of the MLP."""
        match self.settings.activation:
            case "gelu":
                return F.gelu(x, approximate="tanh")
            case "relu":
                return F.relu(x)
            case "relu2":
                return F.relu(x).square()
            case "swiglu":
                gate, unit = x.chunk(2, dim=-1)
                return F.silu(gate) * unit


class Transformer(Model):
    """Embeddings, `n_layer` blocks, a last norm, logits."""

    block_size: int
    heads: Tensor

    def __init__(self, vocab_size: int, settings: TransformerSettings) -> None:
        super().__init__(vocab_size)
        assert settings.block_size is not None, "settings are resolved before a model is built"
        self.block_size = settings.block_size
        self.n_head = settings.n_head
        self.n_embd = settings.n_embd
        self.wte = nn.Embedding(vocab_size, settings.n_embd)
        self.wpe: nn.Embedding | None = None
        if settings.positions == "learned":
            self.wpe = nn.Embedding(self.block_size, settings.n_embd)
        self.dropout = Dropout(settings.dropout)
        blocks = [Block(settings) for _ in range(settings.n_layer)]
        self.blocks = nn.ModuleList(blocks)
        self.ln_f = make_norm(settings.norm, settings.n_embd, settings.norm_gain)
        self.lm_head = nn.Linear(settings.n_embd, vocab_size, bias=False)
        heads = torch.eye(self.n_head, device="cpu").repeat_interleave(
            self.n_embd // self.n_head, dim=0
        )
        self.register_buffer("heads", heads, persistent=False)  # (n_embd, n_head)
        self.apply(self._initialise)
        for block in blocks:  # what the residual stream sums up starts smaller, or at nothing
            std = 0.0 if settings.zero_init else 0.02 / math.sqrt(2 * settings.n_layer)
            for projection in (block.c_proj, block.mlp_proj):
                nn.init.normal_(projection.weight, std=std)

    @staticmethod
    def _initialise(module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def _run(
        self, tokens: Tensor, positions: Tensor, attend: Attend, same: Tensor | None = None
    ) -> Tensor:
        """(...) tokens at their positions -> logits (..., V).

        Queries, keys and values of the first layer depend on token and position alone. So rows may
        share them: `same` (N,) names the token of each row then, and the logits are (N, V).
        """
        x = self.wte(tokens)  # (..., n_embd)
        if self.wpe is not None:
            x = x + self.wpe(positions)
        x = self.dropout(x)
        for layer, block in enumerate(self.blocks):
            x = block(x, positions, layer, attend, same)
            if same is not None:
                positions, same = positions.index_select(0, same), None
        logits: Tensor = self.lm_head(self.ln_f(x))
        return logits

    @property
    def divisible(self) -> bool:
        """Each prefix is computed by itself, but dropout draws from one stream of numbers."""
        return self.dropout.p == 0

    def forward(self, tokens: Tensor) -> Tensor:
        """Attend within each row: (B, T) -> (B, T, V), T at most `block_size`."""
        positions = torch.arange(tokens.shape[1], device=tokens.device)

        def attend(layer: int, qkv: Tensor) -> Tensor:
            return attention(qkv, self.n_head)

        return self._run(tokens, positions, attend)

    def arrange(self, table: PrefixTable) -> PackedTable:
        """Cut the tree of prefixes into packs."""
        return pack(table)

    def table_logits(self, table: Table) -> Tensor:
        """Run each distinct prefix once, (N, n_embd), laid out in packs just to attend."""
        assert isinstance(table, PackedTable)
        groups = list(table.in_groups())
        # a mask that is small is made once for all layers, the others each time that they are used
        mask = unseen(groups[0][1]) if len(groups) == 1 else None

        def within(qkv: Tensor, packs: Tensor, seen_up_to: Tensor) -> Tensor:
            slots = qkv.index_select(0, packs.flatten()).unflatten(0, packs.shape)
            attended = attention(slots, self.n_head, unseen(seen_up_to) if mask is None else mask)
            return attended.flatten(0, 1)  # (k * W, n_embd)

        def attend(layer: int, qkv: Tensor) -> Tensor:
            if len(groups) == 1:
                attended = within(qkv, *groups[0])
            elif torch.is_grad_enabled():  # nor are they kept for the gradient
                parts = [checkpoint(within, qkv, *group, use_reentrant=False) for group in groups]
                attended = torch.cat(parts)
            else:
                attended = torch.cat([within(qkv, *group) for group in groups])
            return attended.index_select(0, table.slots)  # (N, n_embd)

        if self.training:  # where dropout draws for each row by itself
            return self._run(table.tokens, table.depths, attend)
        both = table.tokens * self.block_size + table.depths
        distinct, same = both.unique(return_inverse=True)
        tokens, depths = distinct // self.block_size, distinct % self.block_size
        return self._run(tokens, depths, attend, same)

    @torch.no_grad()  # `append` and `attention_of_newest` write in place
    def step(
        self, tokens: Tensor, state: State | None, rows: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Attend from the newest token to the keys and values of those before it.

        The state is the tokens so far, (B, T), and each layer's keys and values, (T, B, 2 n_embd).
        When the block is full they are made again from its last half, whose positions changed.
        """
        context, unread, past = self.extend(tokens, state, rows)
        first = context.shape[1] - unread.shape[1]
        positions = torch.arange(first, context.shape[1], device=tokens.device)
        caches: list[Tensor] = []

        def attend(layer: int, qkv: Tensor) -> Tensor:
            query, keys_values = qkv.tensor_split([self.n_embd], dim=-1)
            keys_values = keys_values.transpose(0, 1)  # (unread, B, 2 n_embd)
            if past is None:
                caches.append(keys_values.contiguous())
                return attention(qkv, self.n_head)
            cache = append(past[layer], rows, keys_values)
            caches.append(cache)
            keys, values = cache.chunk(2, dim=-1)
            return attention_of_newest(query[:, 0], keys, values, self.heads).unsqueeze(1)

        logits = self._run(unread, positions, attend)
        return logits[:, -1], (context, *caches)
