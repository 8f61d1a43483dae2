"""What every group of settings has in common, and the paths among them."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

LARGEST = {int: 2**63 - 1, float: 1e30}
"""What fits an int64, and with room to spare a float32."""
Size = Annotated[int, Field(ge=1, le=2**20)]
"""Of a tensor, in one of its dimensions."""


class Settings(BaseModel):
    """A group of settings: each with its name, type, default, bounds and help."""

    # deferred: --help shows the settings of every model, and validates none
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    @field_validator("*")
    @classmethod
    def _fits_a_tensor(cls, value: Any) -> Any:
        largest = LARGEST.get(type(value))
        if largest is not None and value > largest:
            raise ValueError(f"input should be at most {largest:g}")
        return value


def absolute(path: Path) -> Path:
    """Let a run remember where a file is, from whatever folder it is read again.

    Raises:
        ValueError: it begins with a home directory that isn't there, or its name is no text.
    """
    if "\0" in str(path):
        raise ValueError("a path has no NUL character")
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        spelled = str(path).encode(errors="backslashreplace").decode()
        raise ValueError(f"the name {spelled} is not UTF-8: rename it") from error
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"there is no such home directory in {path}") from error


def _named(path: Any) -> Any:
    if path == "":
        raise ValueError("the path of a file or a folder, not ''")
    return path


FilePath = Annotated[Path, Field(strict=False), BeforeValidator(_named), AfterValidator(absolute)]
