"""What a checkpoint says of itself, all of it checked before any of it is believed."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from makemore.config import Config, InvalidSettingError


class _Checked(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _OfTheCorpus(_Checked):
    longest: int = Field(ge=1, lt=2**63)
    fingerprint: str = Field(max_length=64)


class _OfTheProgress(_Checked):
    """The fields of `Progress` that are kept."""

    step: int = Field(ge=0, lt=2**63)
    max_steps: int = Field(ge=0, lt=2**63)
    seconds: float = Field(ge=0)
    loss_sum: float
    loss_steps: int = Field(ge=0, lt=2**63)
    best_loss: float | None
    best_step: int | None = Field(ge=0, lt=2**63)
    best_error: float = 0.0  # older versions measured the whole split
    val_predictions: int = Field(0, ge=0, lt=2**63)
    validated: bool = True  # older versions always were


class _OfTheConditions(_Checked):
    """The fields of `Conditions`."""

    makemore: str = Field(max_length=64)
    pytorch: str = Field(max_length=64)
    processor: str = Field(max_length=64)
    workers: int = Field(ge=1, lt=2**63)
    threads: int = Field(ge=1, lt=2**63)
    processes: int = Field(1, ge=1, lt=2**63)


class Metadata(_Checked):
    """What stands in the header of the file, as JSON a field.

    Attributes:
        config: every setting, by its name.
        vocabulary: the characters, each once.
        corpus: its longest document and its fingerprint.
        progress: how far the training has come.
        source: hash of the code of a user's own model.
        parameters: of the model, as it counts them; None where an older version wrote the file.
        conditions: versions and threads; None likewise, and where only sampling is meant.
    """

    config: dict[str, Any]
    vocabulary: str = Field(min_length=1)
    corpus: _OfTheCorpus
    progress: _OfTheProgress
    source: str | None = Field(None, max_length=64)
    parameters: int | None = Field(None, ge=0, lt=2**63)
    conditions: _OfTheConditions | None = None

    @field_validator("vocabulary")
    @classmethod
    def _has_no_doubles(cls, characters: str) -> str:
        if len(set(characters)) < len(characters):
            raise ValueError("a character stands twice")
        return characters

    @classmethod
    def read(cls, header: Mapping[str, str]) -> "Metadata":
        """Read the header of a file.

        Raises:
            ValueError: something is missing, or is not what it must be.
        """
        known = {name: header[name] for name in cls.model_fields if name in header}
        try:
            return cls.model_validate({name: json.loads(text) for name, text in known.items()})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            problem = first["msg"].removeprefix("Value error, ")
            raise ValueError(f"{where}: {problem[0].lower()}{problem[1:]}") from error
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error

    def to_config(self) -> Config:
        """Validate the settings; those that depend on the corpus are filled in.

        Raises:
            ValueError: one is unknown here, or can't be.
        """
        try:
            return Config.from_values(self.config).resolve(self.corpus.longest)
        except InvalidSettingError as error:
            raise ValueError(f"{', '.join(error.names)}: {error}") from error
