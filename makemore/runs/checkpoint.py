"""A checkpoint on disk, written so that a crash at any instant loses nothing.

It is one safetensors file; config, vocabulary and progress travel in its metadata, so that one
file is enough to sample from. A file is replaced whole, never written over in place.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from makemore.compute.conditions import Conditions
from makemore.config import Config
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import UsageError, UserError
from makemore.models import build_model, settings_of
from makemore.models.base import Model
from makemore.models.settings import CustomSettings
from makemore.models.trust import trust
from makemore.runs.files import write_whole
from makemore.runs.header import FORMAT, open_checkpoint
from makemore.runs.metadata import Metadata
from makemore.runs.progress import Progress

NUMBERS = {torch.float16, torch.bfloat16, torch.float32, torch.float64}
"""The types of weights that may hold what is no number; a logarithm of 0, an infinity, is one."""
INTEGERS = {torch.int16, torch.int32, torch.int64}


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
        source: hash of the Python code of a user's own model; None where it is one of ours.
        learner: all else that the next step depends on, by `Learner.state`; empty where only
            sampling is meant.
        n_parameters: of the model, as it counts them, for who reads no tensors; None: not told.
        conditions: under which it was trained last, where training can go on; None: not told.
    """

    config: Config
    vocabulary: Vocabulary
    longest: int
    fingerprint: str
    progress: Progress
    weights: dict[str, Tensor]
    source: str | None = None
    learner: dict[str, Tensor] = field(default_factory=dict)
    n_parameters: int | None = None
    conditions: Conditions | None = None

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises:
            UserError: it can't be written.
        """
        tensors = {f"model.{name}": tensor for name, tensor in self.weights.items()}
        tensors |= {f"training.{name}": tensor for name, tensor in self.learner.items()}
        metadata = {
            "format": FORMAT,
            "config": json.dumps(self.config.values()),
            "vocabulary": json.dumps(self.vocabulary.characters),
            "corpus": json.dumps({"longest": self.longest, "fingerprint": self.fingerprint}),
            "progress": json.dumps(self.progress.kept()),
            "source": json.dumps(self.source),
            "parameters": json.dumps(self.n_parameters),
            "conditions": json.dumps(self.conditions and asdict(self.conditions)),
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
        with open_checkpoint(path, "pt") as (file, metadata):
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        try:
            read = Metadata.read(metadata)
            checkpoint = cls(
                config=read.to_config(),
                vocabulary=Vocabulary(read.vocabulary),
                longest=read.corpus.longest,
                fingerprint=read.corpus.fingerprint,
                progress=Progress(**dict(read.progress)),
                weights=_within(tensors, "model."),
                source=read.source,
                learner=_within(tensors, "training."),
                n_parameters=read.parameters,
                conditions=Conditions(**dict(read.conditions)) if read.conditions else None,
            )
            checkpoint._refuse_what_does_not_fit()
        except ValueError as error:
            raise UserError(f"{path} is damaged, or of another makemore: {error}.") from error
        return checkpoint

    def vouched_for(self, model: str | None = None, trusted: bool = False) -> "Checkpoint":
        """Take the user's word for the Python file of a model of their own.

        Args:
            model: `path/to/file.py:ClassName`: take this one, wherever it was when it was trained.
            trusted: take the file that the checkpoint names, as it is now.

        Raises:
            UsageError: the model is one of ours, or `model` names one.
        """
        if model is None and not trusted:
            return self
        own = isinstance(self.config.architecture, CustomSettings)
        if model is not None and not (own and settings_of(model) is CustomSettings):
            raise UsageError(
                f"--model names the file of one's own model, like file.py:ClassName, "
                f"and this one is {self.config.name}: leave it out."
            )
        values = self.config.values() | ({} if model is None else {"model": model})
        config = Config.from_values(values)
        trust(config.model)
        return replace(self, config=config, source=None)

    def build(self, device: torch.device) -> Model:
        """Build the model with the checkpoint's weights.

        Raises:
            UserError: it is a user's own, whose file is gone, has changed, or was never named.
        """
        model = build_model(self.config.model, self.config.architecture, len(self.vocabulary))
        self.load_weights(model)
        return model.to(device).eval()

    def load_weights(self, model: Model) -> None:
        """Give a model the checkpoint's weights.

        Raises:
            UserError: it is a user's own, whose file has changed.
        """
        if self.source not in (None, model.source):
            raise UserError(
                f"{self.config.model} has changed since the model was trained: restore it, or add "
                f"--trust to take it as it is now."
            )
        try:
            model.load_state_dict(self.weights)
        except RuntimeError as error:
            if not isinstance(self.config.architecture, CustomSettings):
                raise  # they have been compared already
            raise UserError(
                f"{self.config.model} has other weights than when it was trained: "
                f"has its file changed since?"
            ) from error

    def _refuse_what_does_not_fit(self) -> None:
        """See that the weights are numbers, and those of the settings.

        A model takes no memory for that, whatever its settings say.

        Raises:
            ValueError: they are not.
        """
        numbers = (tensor for tensor in self.weights.values() if tensor.dtype in NUMBERS)
        if any(bool(tensor.isnan().any()) for tensor in numbers):
            raise ValueError("not all of its weights are numbers")
        architecture = self.config.architecture
        if isinstance(architecture, CustomSettings):
            return  # only its file knows
        elements = sum(tensor.numel() for tensor in self.weights.values())
        for name, size in dict(architecture).items():
            most = len(self.weights) if name == "n_layer" else max(elements, 1000)
            if type(size) is int and size > most:
                raise ValueError(f"its weights are too few for {name} {size}")
        try:
            with torch.device("meta"), _Unfilled(), torch.random.fork_rng(devices=[]):
                model = build_model(self.config.model, architecture, len(self.vocabulary))
                types = {name: tensor.dtype for name, tensor in model.state_dict().items()}
                model.load_state_dict(self.weights, assign=True)
        except RuntimeError as error:
            first = str(error).splitlines()[:2][-1]  # below the heading, the first that is wrong
            raise ValueError(first.strip().rstrip(".")) from error
        for name, tensor in list(self.weights.items()):
            if tensor.dtype == types[name]:
                continue
            as_now = tensor.to(types[name])
            of_integers = {tensor.dtype, types[name]} <= INTEGERS  # one version keeps them shorter
            if not (of_integers and torch.equal(as_now.to(tensor.dtype), tensor)):
                raise ValueError(f"{name} is {tensor.dtype}, not {types[name]}")
            self.weights[name] = as_now


class _Unfilled(TorchFunctionMode):
    """Leaves out what would fill tensors that hold nothing: there it imports PyTorch's compiler."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Give the tensor back as it is, where a call would only fill it."""
        if getattr(func, "__name__", "") in {"normal_", "uniform_", "fill_", "zero_"}:
            return args[0] if args else kwargs["tensor"]  # a method, or of torch.nn.init
        return func(*args, **(kwargs or {}))


def _within(tensors: Mapping[str, Any], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
