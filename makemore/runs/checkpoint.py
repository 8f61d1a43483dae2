"""A checkpoint on disk, written so that a crash at any instant loses nothing.

It is one safetensors file; config, vocabulary and progress travel in its metadata, so that one
file is enough to sample from. A file is replaced whole, never written over in place.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from makemore.compute.devices import random_states, restore_random_states
from makemore.config import Config, InvalidSettingError
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UserError
from makemore.models import build_model
from makemore.models.base import Model
from makemore.models.settings import CustomSettings
from makemore.training.optimizers import Optimizer

FORMAT = "makemore 3"


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
        step: optimisation steps done.
        max_steps: steps to do.
        seconds: time of training, from encoding the corpus on, over all sessions.
        loss_sum: sum of the batches' losses since one was last logged, in nats a character.
        loss_steps: how many batches that is.
        best_loss: lowest validation loss so far; None before the first, or without validation.
        best_step: the step it was reached at.
    """

    step: int = 0
    max_steps: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    loss_steps: int = 0
    best_loss: float | None = None
    best_step: int | None = None

    @property
    def finished(self) -> bool:
        """Whether the last step is done."""
        return self.step >= self.max_steps


@dataclass(frozen=True)
class Checkpoint:
    """What one safetensors file holds.

    Attributes:
        config: every setting of the run.
        vocabulary: its characters.
        longest: length of the longest document of its corpus.
        fingerprint: `Corpus.fingerprint` of its corpus.
        progress: how far it has come.
        weights: the model's `state_dict`.
        training: optimizer and random-number states; empty where only sampling is meant.
    """

    config: Config
    vocabulary: Vocabulary
    longest: int
    fingerprint: str
    progress: Progress
    weights: dict[str, Tensor]
    training: dict[str, Tensor] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises:
            UserError: it can't be written.
        """
        tensors = {f"model.{name}": tensor for name, tensor in self.weights.items()}
        tensors |= {f"training.{name}": tensor for name, tensor in self.training.items()}
        metadata = {
            "format": FORMAT,
            "config": json.dumps(self.config.values()),
            "vocabulary": json.dumps(self.vocabulary.characters),
            "corpus": json.dumps({"longest": self.longest, "fingerprint": self.fingerprint}),
            "progress": json.dumps(asdict(self.progress)),
        }
        # a copy each, since weights that a model ties are one tensor under two names
        tensors = {name: tensor.clone().contiguous() for name, tensor in tensors.items()}
        write_whole(path, safetensors.torch.save(tensors, metadata))

    @classmethod
    def load(cls, path: Path) -> "Checkpoint":
        """Read a file, its tensors on the CPU.

        Raises:
            UserError: it can't be read, or is no checkpoint of this version of makemore.
        """
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except OSError as error:
            raise UserError(f"Can't read {path}: {error.strerror or error}.") from error
        except SafetensorError as error:
            raise UserError(f"{path} is damaged, or no checkpoint: {error}.") from error
        if metadata.get("format") != FORMAT:
            found = metadata.get("format", "no makemore format")
            raise UserError(f"{path} has {found}; this version of makemore reads {FORMAT}.")
        try:
            return cls(
                config=Config.from_values(json.loads(metadata["config"])),
                vocabulary=Vocabulary(json.loads(metadata["vocabulary"])),
                **json.loads(metadata["corpus"]),
                progress=Progress(**json.loads(metadata["progress"])),
                weights=_within(tensors, "model."),
                training=_within(tensors, "training."),
            )
        except InvalidSettingError as error:
            raise UserError(f"{path} has a setting that is unknown here: {error}.") from error
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path} lacks what a checkpoint holds: {error!r}.") from error

    def build(self, device: torch.device) -> Model:
        """Build the model with the checkpoint's weights.

        Raises:
            UserError: it is a user's own, whose file is gone or has changed.
        """
        model = build_model(self.config.model, self.config.architecture, len(self.vocabulary))
        self.load_weights(model)
        return model.to(device).eval()

    def load_weights(self, model: Model) -> None:
        """Give a model the checkpoint's weights.

        Raises:
            UserError: it is a user's own, whose file has changed.
        """
        try:
            model.load_state_dict(self.weights)
        except RuntimeError as error:
            if not isinstance(self.config.architecture, CustomSettings):
                raise
            raise UserError(
                f"{self.config.model} has other weights than when it was trained: "
                f"has its file changed since?"
            ) from error


def training_state(model: Model, optimizer: Optimizer, device: torch.device) -> dict[str, Tensor]:
    """Name every tensor beside the weights that the next step depends on."""
    state = {f"random.{name}": tensor for name, tensor in random_states(device).items()}
    for name, parameter in model.named_parameters():
        for key, tensor in optimizer.state(parameter).items():
            state[f"optimizer.{name}.{key}"] = tensor
    return state


def load_training_state(
    state: dict[str, Tensor], model: Model, optimizer: Optimizer, device: torch.device
) -> None:
    """Put back what `training_state` gave."""
    parameters = dict(model.named_parameters())
    random: dict[str, Tensor] = {}
    for path, tensor in state.items():
        kind, _, name = path.partition(".")
        if kind == "random":
            random[name] = tensor
        else:
            name, _, key = name.rpartition(".")
            optimizer.state(parameters[name])[key].copy_(tensor)
    restore_random_states(random, device)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file so that whoever looks, also after a crash, sees the old or the new one.

    Raises:
        UserError: it can't be written; the old one still stands.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise UserError(f"Can't write {path}: {error.strerror}.") from error


def _sync_directory(directory: Path) -> None:
    if os.name == "posix":  # elsewhere a directory can't be opened, nor need it be
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _within(tensors: Mapping[str, Any], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
