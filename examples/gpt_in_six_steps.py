"""GPT in six steps, as models of your own: each class adds one idea to the one before.

These are the steps of "Let's build GPT" (Karpathy 2023), after Vaswani et al. 2017,
https://arxiv.org/abs/1706.03762. Read the file from top to bottom, and train any of the classes:

    makemore train --config examples/gpt_in_six_steps.toml --data FILE \
        --model examples/gpt_in_six_steps.py:Bigram

In the shapes B is the number of sequences, T of characters in each, C = 32 of channels of a
character, V of characters in the vocabulary. `README.md` has the loss of each step.
"""

import math

import torch
from torch import Tensor, nn

N_EMBD = 32
N_HEAD = 4
N_BLOCK = 3


class Bigram(nn.Module):
    """Step 1. A table of logits: the next character from the last one alone."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.table = nn.Embedding(vocab_size, vocab_size)

    def forward(self, tokens: Tensor) -> Tensor:
        """Look each token's row up: (B, T) -> (B, T, V)."""
        logits: Tensor = self.table(tokens)  # (B, T, V)
        return logits


class Embedded(nn.Module):
    """What the steps from here on share: embed characters and places, mix, logits."""

    def __init__(self, vocab_size: int, block_size: int, mix: nn.Module) -> None:
        super().__init__()
        self.wte = nn.Embedding(vocab_size, N_EMBD)
        self.wpe = nn.Embedding(block_size, N_EMBD)
        self.mix = mix
        self.lm_head = nn.Linear(N_EMBD, vocab_size)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, T, V)."""
        x = self.wte(tokens) + self.wpe.weight[: tokens.shape[1]]  # (B, T, C)
        logits: Tensor = self.lm_head(self.mix(x))  # (B, T, V)
        return logits


class Head(nn.Module):
    """Attention: softmax(q k' / sqrt(head_size)) v, over itself and the places before it."""

    def __init__(self, head_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(N_EMBD, head_size, bias=False)  # what am I looking for?
        self.key = nn.Linear(N_EMBD, head_size, bias=False)  # what do I hold?
        self.value = nn.Linear(N_EMBD, head_size, bias=False)  # what do I give to who finds me?

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, head_size)."""
        q, k, v = self.query(x), self.key(x), self.value(x)  # (B, T, head_size)
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])  # (B, T, T)
        later = torch.ones_like(scores[0], dtype=torch.bool).triu(1)  # (T, T)
        weights = scores.masked_fill(later, -math.inf).softmax(-1)  # (B, T, T), rows sum to 1
        attended: Tensor = weights @ v  # (B, T, head_size)
        return attended


class OneHead(Embedded):
    """Step 2. Each place takes from those before it what it looks for."""

    def __init__(self, vocab_size: int, block_size: int) -> None:
        super().__init__(vocab_size, block_size, Head(N_EMBD))


class Heads(nn.Module):
    """Several small heads side by side: each may look for something else."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.ModuleList(Head(N_EMBD // N_HEAD) for _ in range(N_HEAD))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        return torch.cat([head(x) for head in self.heads], dim=-1)  # (B, T, C)


class FourHeads(Embedded):
    """Step 3. Four heads of 8 channels instead of one of 32."""

    def __init__(self, vocab_size: int, block_size: int) -> None:
        super().__init__(vocab_size, block_size, Heads())


class WithFeedForward(Embedded):
    """Step 4. A layer after attention, for each place by itself: time to think."""

    def __init__(self, vocab_size: int, block_size: int) -> None:
        mix = nn.Sequential(Heads(), nn.Linear(N_EMBD, N_EMBD), nn.ReLU())
        super().__init__(vocab_size, block_size, mix)


class Block(nn.Module):
    """x + attention(x), then x + feed-forward(x); what is added may look at a normalised x."""

    def __init__(self, norm: type[nn.Module]) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = norm(N_EMBD), norm(N_EMBD)
        self.attention = nn.Sequential(Heads(), nn.Linear(N_EMBD, N_EMBD))
        self.feed_forward = nn.Sequential(
            nn.Linear(N_EMBD, 4 * N_EMBD), nn.ReLU(), nn.Linear(4 * N_EMBD, N_EMBD)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        x = x + self.attention(self.ln_1(x))  # (B, T, C)
        added: Tensor = self.feed_forward(self.ln_2(x))  # (B, T, C)
        return x + added


class WithResiduals(Embedded):
    """Step 5. Three blocks that add to what they get, so that gradients reach the first."""

    def __init__(self, vocab_size: int, block_size: int) -> None:
        blocks = [Block(nn.Identity) for _ in range(N_BLOCK)]
        super().__init__(vocab_size, block_size, nn.Sequential(*blocks))


class WithLayerNorm(Embedded):
    """Step 6. LayerNorm before each of the two and at the end: a small GPT."""

    def __init__(self, vocab_size: int, block_size: int) -> None:
        blocks = [Block(nn.LayerNorm) for _ in range(N_BLOCK)]
        super().__init__(vocab_size, block_size, nn.Sequential(*blocks, nn.LayerNorm(N_EMBD)))
