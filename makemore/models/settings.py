"""The settings of each architecture, and the recipe it trains with when nothing else is said.

They stand apart from the classes that they build so that `makemore train --help` can show every
one of them without importing torch.
"""

from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Settings(BaseModel):
    """A group of settings: each with its name, type, default, bounds and help."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ModelSettings(Settings):
    """The settings of one architecture."""

    recipe: ClassVar[dict[str, Any]]
    """Defaults of `TrainingSettings` for this architecture."""

    def resolve(self, longest: int) -> Self:
        """Fill in what depends on the corpus, whose longest document has `longest` characters."""
        return self


class BigramSettings(ModelSettings):
    """Settings of `makemore.models.bigram.Bigram`."""

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


class MLPSettings(ModelSettings):
    """Settings of `makemore.models.mlp.MLP`."""

    recipe = {"max_steps": 1500, "batch_size": 1024, "learning_rate": 0.02, "warmup_steps": 50}

    block_size: int = Field(3, ge=1, description="characters that the model sees")
    n_embd: int = Field(10, ge=1, description="channels of a character's embedding")
    n_hidden: int = Field(200, ge=1, description="units of the hidden layer")


class TransformerSettings(ModelSettings):
    """Settings of `makemore.models.transformer.Transformer`."""

    recipe = {"max_steps": 900, "batch_size": 256, "learning_rate": 0.008, "warmup_steps": 100}
    longest_block: ClassVar[int] = 256

    block_size: int | None = Field(
        None,
        ge=2,
        description="characters that the model sees; unless given, the longest document and its "
        f"start, at most {longest_block}",
    )
    n_layer: int = Field(4, ge=1, description="blocks")
    n_head: int = Field(4, ge=1, description="attention heads in a block; they divide n_embd")
    n_embd: int = Field(64, ge=1, description="channels of the residual stream")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of activations dropped in training")

    @model_validator(mode="after")
    def _heads_divide_channels(self) -> Self:
        if self.n_embd % self.n_head:
            raise ValueError(f"n_head {self.n_head} does not divide n_embd {self.n_embd}")
        return self

    def resolve(self, longest: int) -> Self:
        """Let the block hold the longest document and its start."""
        if self.block_size is not None:
            return self
        return self.model_copy(update={"block_size": min(longest + 1, self.longest_block)})
