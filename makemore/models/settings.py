"""The settings of each architecture, and the recipe it trains with when nothing else is said.

They stand apart from the classes that they build so that `makemore train --help` can show every
one of them without importing torch.
"""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from makemore.settings import Settings, Size

FLOATS_AT_A_TIME = 32
"""Floats that a loop on a CPU takes at once: two of its widest vectors."""

Norm = Literal["none", "batch", "layer", "rms"]


class ModelSettings(Settings):
    """The settings of one architecture.

    A subclass that names what it builds is an architecture, and stands in the registry
    (`makemore.models`) under the name of that file.
    """

    builds: ClassVar[str]
    """Its model: `file.ClassName` in this package, built as `ClassName(vocab_size, settings)`."""
    recipe: ClassVar[dict[str, Any]]
    """Defaults of `TrainingSettings` for this architecture."""
    text_recipe: ClassVar[dict[str, Any]] = {}
    """Those that differ where it is trained on one long text."""

    def resolve(self, longest: int, text: bool = False) -> Self:
        """Fill in what depends on the corpus: its longest document, and whether it is one text."""
        return self


class BigramSettings(ModelSettings):
    """Settings of `makemore.models.bigram.Bigram`."""

    builds = "bigram.Bigram"
    recipe = {"max_steps": 1000, "batch_size": 0, "learning_rate": 0.3, "weight_decay": 0.0}

    fit: Literal["count", "gradient"] = Field(
        "count", description="count: the optimum in closed form; gradient: descend to it"
    )
    smoothing: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="added to the count of each pair (add-k); chosen on validation unless given",
    )


class NgramSettings(ModelSettings):
    """Settings of `makemore.models.ngram.Ngram`."""

    builds = "ngram.Ngram"
    recipe: ClassVar[dict[str, Any]] = {}

    order: int = Field(
        6, ge=1, le=1000, description="characters in a gram, the predicted one among them"
    )
    prune: int = Field(
        0,
        ge=0,
        le=10**9,
        description="leave out grams of 3 characters and more that come at most so often",
    )


class WindowSettings(ModelSettings):
    """What the models of a window have in common: embed, one or more hidden layers, logits."""

    norm: Norm = Field("none", description="normalisation before each tanh")


class MLPSettings(WindowSettings):
    """Settings of `makemore.models.mlp.MLP`."""

    builds = "mlp.MLP"
    recipe = {"max_steps": 1500, "batch_size": 1024, "learning_rate": 0.02, "warmup_steps": 50}
    text_recipe = {"max_steps": 600, "batch_size": 8192}

    block_size: Size = Field(3, description="characters that the model sees")
    n_embd: Size = Field(10, description="channels of a character's embedding")
    n_hidden: Size = Field(200, description="units of each hidden layer")
    n_layer: int = Field(1, ge=1, le=10_000, description="hidden layers")
    init: Literal["uniform", "kaiming"] = Field(
        "uniform", description="of the hidden weights: PyTorch's, or scaled for tanh (He et al.)"
    )
    gain: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="spread of init kaiming, times sqrt(inputs of a layer); unless given, 5/3",
    )
    gradients: Literal["autograd", "by-hand"] = Field(
        "autograd", description="who differentiates: PyTorch, or the formulas of makemore.backprop"
    )

    @field_validator("gain")
    @classmethod
    def _belongs_to_kaiming(cls, gain: float | None, info: ValidationInfo) -> float | None:
        if gain is not None and info.data.get("init") != "kaiming":
            raise ValueError("scales the weights of init kaiming, so give init kaiming too")
        return gain

    @model_validator(mode="after")
    def _derived_by_hand(self) -> Self:
        if self.gradients == "by-hand" and self.norm not in ("none", "batch"):
            raise ValueError(
                f"no one has derived the gradients of norm {self.norm} by hand: take none or batch"
            )
        if self.gradients == "by-hand" and self.n_layer > 1:
            raise ValueError("one hidden layer is derived by hand: leave out n_layer")
        return self


class WaveNetSettings(WindowSettings):
    """Settings of `makemore.models.wavenet.WaveNet`."""

    builds = "wavenet.WaveNet"
    recipe = {
        "max_steps": 400,
        "batch_size": 1024,
        "learning_rate": 0.025,
        "momentum": 0.8,
        "warmup_steps": 50,
        "weight_decay": 1.0,
    }
    text_recipe = {"max_steps": 400, "batch_size": 8192, "weight_decay": 0.3}

    block_size: Size = Field(8, ge=2, description="characters that the model sees: a power of 2")
    n_embd: Size = Field(24, description="channels of a character's embedding")
    n_hidden: Size = Field(128, description="channels of each hidden layer")
    norm: Norm = Field("batch", description="normalisation before each tanh")

    @field_validator("block_size")
    @classmethod
    def _fuses_by_pairs(cls, block_size: int) -> int:
        if block_size & (block_size - 1):
            raise ValueError("a power of 2, since characters are fused by pairs")
        return block_size


class PrefixSettings(ModelSettings):
    """What the models of the whole prefix have in common."""

    text_recipe = {"max_steps": 1000, "batch_size": 32, "eval_interval": 250}
    longest_block: ClassVar[int] = 256
    text_block: ClassVar[int] = 64

    block_size: int | None = Field(
        None,
        ge=2,
        le=2**20,
        description="characters that the model sees; unless given, the longest document and its "
        f"start, up to {longest_block}; {text_block} in a text",
    )

    def resolve(self, longest: int, text: bool = False) -> Self:
        """Let the block hold the longest document and its start."""
        if self.block_size is not None:
            return self
        limit = self.text_block if text else self.longest_block
        return self.model_copy(update={"block_size": max(2, min(longest + 1, limit))})


class BagOfWordsSettings(PrefixSettings):
    """Settings of `makemore.models.bow.BagOfWords`."""

    builds = "bow.BagOfWords"
    recipe = {"max_steps": 1000, "batch_size": 512, "learning_rate": 0.04, "warmup_steps": 50}

    n_embd: Size = Field(64, description="channels of a character's embedding")
    n_hidden: Size = Field(64, description="units of the hidden layer")


class RecurrentSettings(PrefixSettings):
    """What the recurrent models have in common, `makemore.models.recurrent.Recurrent`."""

    recipe = {"max_steps": 500, "batch_size": 512, "learning_rate": 0.01, "warmup_steps": 50}

    n_embd: Size = Field(64, description="channels of a character's embedding")
    n_hidden: Size = Field(128, description="units of the state")


class RNNSettings(RecurrentSettings):
    """Settings of `makemore.models.rnn.RNN`: wider, since it has no gates."""

    builds = "rnn.RNN"

    n_hidden: Size = Field(256, description="units of the state")


class LSTMSettings(RecurrentSettings):
    """Settings of `makemore.models.lstm.LSTM`."""

    builds = "lstm.LSTM"


class GRUSettings(RecurrentSettings):
    """Settings of `makemore.models.gru.GRU`."""

    builds = "gru.GRU"


class TransformerSettings(PrefixSettings):
    """Settings of `makemore.models.transformer.Transformer`."""

    builds = "transformer.Transformer"
    recipe = {
        "max_steps": 300,
        "batch_size": 512,
        "learning_rate": 0.015,
        "momentum": 0.85,
        "warmup_steps": 20,
        "weight_decay": 0.5,
    }
    text_recipe = {
        "max_steps": 1500,
        "batch_size": 16,
        "learning_rate": 0.013,
        "weight_decay": 0.1,
        "eval_interval": 500,
    }

    n_layer: int = Field(2, ge=1, le=10_000, description="blocks")
    n_head: Size = Field(4, description="attention heads in a block; they divide n_embd")
    n_embd: Size = Field(88, description="channels of the residual stream")
    n_hidden: int | None = Field(
        None,
        ge=1,
        le=2**20,
        description="units of the MLP in a block; unless given, 4 n_embd, or, with swiglu's gates, "
        "8/3 n_embd, down to a multiple of 32 (at least 32)",
    )
    norm: Norm = Field("layer", description="normalisation before each sublayer")
    norm_gain: bool = Field(True, description="learned gains in each norm, in layer biases too")
    positions: Literal["learned", "rotary"] = Field("learned", description="how places are told")
    activation: Literal["swiglu", "relu2", "relu", "gelu"] = Field(
        "swiglu", description="of the MLP in a block"
    )
    qk_norm: bool = Field(False, description="normalise queries and keys")
    bias: bool = Field(False, description="biases in the blocks")
    zero_init: bool = Field(False, description="let each sublayer start by adding nothing")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of activations dropped in training")

    def resolve(self, longest: int, text: bool = False) -> Self:
        """Let the block hold the longest document, and the MLP no more with gates than without.

        Rows that don't fill a CPU's vectors take it longer than longer ones that do.
        """
        resolved = super().resolve(longest, text)
        if self.n_hidden is not None:
            return resolved
        n_hidden = 4 * self.n_embd
        if self.activation == "swiglu":
            n_hidden = max(1, 2 * n_hidden // 3 // FLOATS_AT_A_TIME) * FLOATS_AT_A_TIME
        return resolved.model_copy(update={"n_hidden": n_hidden})

    @model_validator(mode="after")
    def _choices_go_together(self) -> Self:
        if self.n_embd % self.n_head:
            raise ValueError(f"n_head {self.n_head} does not divide n_embd {self.n_embd}")
        if self.norm == "batch":
            raise ValueError("norm batch would mix in later characters: take rms, layer or none")
        if self.positions == "rotary" and self.n_embd // self.n_head % 2:
            raise ValueError(
                f"rotary positions turn pairs of channels, and a head has "
                f"{self.n_embd // self.n_head}"
            )
        return self


class CustomSettings(PrefixSettings):
    """Settings of a user's own model, `makemore.models.custom`."""

    recipe = {"max_steps": 1000, "batch_size": 256, "learning_rate": 0.005, "warmup_steps": 50}
