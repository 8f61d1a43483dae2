"""How a model is trained: steps, batches, optimizer, schedule, and what is seen of it."""

from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from makemore.settings import FilePath, Settings

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "fp32", "bf16", "tf32"]
DROP_AT = 0.5
SGD_RECIPE = {"learning_rate": 0.1, "momentum": 0.0, "weight_decay": 0.0, "grad_clip": 0.0}
"""Plain gradient descent as in the lectures. The recipes of the architectures are for steps of
AdamW's size."""
COMPUTING = {"device", "precision", "compile", "all_reduce", "deterministic"}
"""Settings of what computes, and how. `train --help` shows them by themselves."""
OBSERVING = {"eval_interval", "log_interval", "diagnostics", "keep_checkpoints"}
"""Settings that change what is seen of a training, and nothing of what it learns."""
RESUMABLE = {"max_steps", "epochs", "device", "deterministic"} | OBSERVING
"""Settings that a resumed run may change. More steps stretch what is left of its schedule."""


class TrainingSettings(Settings):
    """How a model is trained."""

    panel: ClassVar[str] = "Training"

    max_steps: int | None = Field(1000, ge=0, description="optimisation steps")
    epochs: float | None = Field(
        None,
        gt=0,
        le=1e9,
        description="passes over the training split, instead of max_steps",
    )
    batch_size: int = Field(
        256,
        ge=0,
        description="documents a step, or windows of a text; 0 takes the whole training split; "
        "where there are long documents, a step takes parts of them, up to about 16,000 characters",
    )
    grad_accumulation: int = Field(
        1,
        ge=1,
        description="parts of a batch that are worked through one after the other, and their "
        "gradients added up: less memory, and the same step to rounding",
    )
    optimizer: Literal["muon", "adamw", "sgd"] = Field(
        "muon",
        description="muon: on matrices between hidden channels, with AdamW on all else; sgd: plain "
        "gradient descent, by default with learning_rate 0.1 and without momentum, weight_decay "
        "and grad_clip",
    )
    learning_rate: float = Field(0.01, gt=0, allow_inf_nan=False, description="peak learning rate")
    warmup_steps: int = Field(10, ge=0, description="steps in which the learning rate rises")
    decay: Literal["linear", "cosine", "step", "none"] = Field(
        "linear",
        description="how the learning rate falls: linear and cosine to 0 by the last step, step to "
        "a tenth at once, none not at all",
    )
    drop_at: float | None = Field(
        None,
        ge=0,
        le=1,
        description=f"share of the steps before the drop of decay step; unless given, {DROP_AT}",
    )
    momentum: float = Field(
        0.9,
        ge=0,
        lt=1,
        description="how much of its mean gradient an optimizer keeps in a step (beta 1); of sgd, "
        "how much of its last step",
    )
    weight_decay: float = Field(
        0.1, ge=0, allow_inf_nan=False, description="of matrices and embeddings"
    )
    grad_clip: float = Field(
        1.0, ge=0, allow_inf_nan=False, description="largest norm of the gradient; 0 for no limit"
    )
    init_from: FilePath | None = Field(
        None,
        description="start from the weights and settings of this run, on its data or on other; "
        "characters that are new get fresh weights",
    )
    eval_interval: int = Field(
        100, ge=1, description="steps between two validations, each with a checkpoint"
    )
    eval_predictions: int | None = Field(
        None,
        ge=0,
        description="predictions of the validation split that a validation measures, drawn once by "
        "the seed; 0 for all; unless given, as many as cost a few percent of the time, and all of "
        "a small split",
    )
    log_interval: int = Field(10, ge=1, description="steps between two logged training losses")
    diagnostics: Literal["off", "light", "full"] = Field(
        "light",
        description="light: norm of the gradient and size of each matrix's update, logged with the "
        "training loss, and share of saturated or dead units, with the validation loss; full: also "
        "histograms of activations, gradients and weights, for TensorBoard",
    )
    keep_checkpoints: int = Field(
        8,
        ge=0,
        description="how many checkpoints stay, of weights alone, for `makemore replay`; they lie "
        "closer at the beginning",
    )
    seed: int = Field(3407, ge=0, lt=2**63, description="of the weights, batches and dropout")
    precision: Precision = Field(
        "auto",
        description="of the factors of matrix products, in training alone (tf32: in all that "
        "follows); auto: bf16 on a CUDA GPU that has it, otherwise fp32",
    )
    compile: bool = Field(
        False,
        description="let PyTorch's compiler make one program of the model: it takes a minute, and "
        "pays in long trainings",
    )
    all_reduce: Literal["fp32", "bf16"] = Field(
        "fp32",
        description="in several processes: how gradients are sent; bf16 takes half the bytes",
    )
    device: Device = Field("auto", description="auto: CUDA where there is a GPU, otherwise the CPU")
    deterministic: bool = Field(
        False,
        description="end at an operation that can't give the same bits every time, where a warning "
        "is given otherwise; on a CPU our models have none, and all is deterministic anyway",
    )

    @field_validator("drop_at")
    @classmethod
    def _belongs_to_a_step(cls, drop_at: float | None, info: ValidationInfo) -> float | None:
        if drop_at is not None and info.data.get("decay") != "step":
            raise ValueError("says when decay step drops, so give decay step too")
        return drop_at
