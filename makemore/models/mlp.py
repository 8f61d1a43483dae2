"""MLP: a neural probabilistic language model (Bengio et al. 2003; makemore, lectures 3 and 4).

https://www.jmlr.org/papers/volume3/bengio03a/bengio03a.pdf
"""

import math

from torch import Tensor, nn

from makemore.backprop.kernels import linear_of_rows, tanh
from makemore.backprop.network import Layers, loss_and_gradients, with_gradients
from makemore.contexts.tables import Table
from makemore.contexts.windows import WindowTable
from makemore.models.normalization import BatchNorm, make_norm, normalise
from makemore.models.settings import MLPSettings
from makemore.models.window import WindowModel

TANH_GAIN = 5 / 3
"""What keeps the spread of activations through a tanh: `torch.nn.init.calculate_gain("tanh")`."""


class Layer(nn.Module):
    """tanh(norm(W x + b)): a hidden layer behind the first."""

    def __init__(self, settings: MLPSettings) -> None:
        super().__init__()
        n_hidden = settings.n_hidden
        self.linear = nn.Linear(n_hidden, n_hidden, bias=settings.norm != "batch")
        self.norm = make_norm(settings.norm, n_hidden)

    def forward(self, x: Tensor, weights: Tensor | None) -> Tensor:
        """Map (..., n_hidden) to (..., n_hidden); `weights` as in `BatchNorm`."""
        return tanh(normalise(self.norm, self.linear(x), weights))


class MLP(WindowModel):
    """Embed each of the last `block_size` characters, concatenate, `n_layer` tanh layers, logits.

    The first hidden layer is `hidden` and `norm`; those behind it are `layers`.
    """

    def __init__(self, vocab_size: int, settings: MLPSettings) -> None:
        super().__init__(vocab_size)
        self.context_length = settings.block_size
        self.gradients = settings.gradients
        fan_in = settings.block_size * settings.n_embd
        self.embedding = nn.Embedding(vocab_size, settings.n_embd)
        # batch normalisation subtracts the mean, and any bias with it
        self.hidden = nn.Linear(fan_in, settings.n_hidden, bias=settings.norm != "batch")
        self.norm = make_norm(settings.norm, settings.n_hidden)
        layers = [Layer(settings) for _ in range(settings.n_layer - 1)]
        self.layers = nn.ModuleList(layers)
        self.output = nn.Linear(settings.n_hidden, vocab_size)
        if settings.init == "kaiming":
            gain = TANH_GAIN if settings.gain is None else settings.gain
            for linear in (self.hidden, *(layer.linear for layer in layers)):
                nn.init.normal_(linear.weight, std=gain / math.sqrt(linear.in_features))
                if linear.bias is not None:
                    nn.init.normal_(linear.bias, std=0.01)
        # start from nearly equal probabilities: the first loss is log V, and no unit is saturated
        nn.init.normal_(self.output.weight, std=0.01)
        nn.init.zeros_(self.output.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        """Slide the window over each sequence: (B, T) -> (B, T, V)."""
        return self.by_layers(self.pad(tokens).unfold(1, self.context_length, 1))

    def by_layers(self, contexts: Tensor) -> Tensor:
        """Embed, concatenate, tanh layers, logits: (..., block_size) -> (..., V)."""
        return self.logits_from(self.hidden(self.embedding(contexts).flatten(-2)))

    def predict(self, contexts: Tensor, weights: Tensor | None = None) -> Tensor:
        """Logits after each window: int64 (..., block_size) -> (..., V)."""
        rows = contexts.reshape(-1, self.context_length)
        hidden = linear_of_rows(self.hidden, self.embedding.weight, rows)
        return self.logits_from(hidden, weights).view(*contexts.shape[:-1], self.vocab_size)

    def logits_from(self, hidden: Tensor, weights: Tensor | None = None) -> Tensor:
        """Finish what the first hidden layer has begun: (..., n_hidden) -> (..., V)."""
        x = tanh(normalise(self.norm, hidden, weights))
        for layer in self.layers:
            x = layer(x, weights)
        logits: Tensor = self.output(x)
        return logits

    def loss(self, table: Table) -> Tensor:
        """What training minimises; its gradients are autograd's, or derived by hand."""
        if self.gradients == "autograd" or not self.training:
            return super().loss(table)
        return self.loss_by_hand(table)

    def loss_by_hand(self, table: Table) -> Tensor:
        """Compute the loss in training, and by hand the gradients that its `backward` hands out."""
        assert isinstance(table, WindowTable)
        norm = self.norm if isinstance(self.norm, BatchNorm) else None
        layers = Layers(
            C=self.embedding.weight,
            W1=self.hidden.weight.T,
            b1=self.hidden.bias,
            bngain=norm.weight if norm else None,
            bnbias=norm.bias if norm else None,
            W2=self.output.weight.T,
            b2=self.output.bias,
        )
        wanted = layers.b2.new_zeros(len(table.contexts), self.vocab_size)
        wanted[table.rows, table.targets] = table.counts.to(wanted.dtype) / table.predictions
        found = loss_and_gradients(layers, table.contexts, wanted, norm.eps if norm else 0.0)
        if norm:
            norm.follow(found.mean, found.variance, table.counts.sum())
        return with_gradients(found.loss, layers, found.gradients)
