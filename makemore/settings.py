"""What every group of settings has in common, and the paths among them."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """A group of settings: each with its name, type, default, bounds and help."""

    # deferred: --help shows the settings of every model, and validates none
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def absolute(path: Path) -> Path:
    """Let a run remember where a file is, from whatever folder it is read again.

    Raises:
        ValueError: it begins with a home directory that isn't there.
    """
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"there is no such home directory in {path}") from error


FilePath = Annotated[Path, Field(strict=False), AfterValidator(absolute)]
