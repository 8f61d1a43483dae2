"""The settings of a corpus: what is read, how it is read, and how it is split."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, PlainSerializer, field_validator, model_validator

from makemore.corpus.decoding import is_encoding
from makemore.corpus.reading import Format, HowToRead, clean, unescape
from makemore.corpus.sources import STDIN, Paths, as_list
from makemore.corpus.splits import Corpus, Shares
from makemore.settings import Settings, absolute


def from_the_root(paths: Paths) -> tuple[Path, ...]:
    """Let a run remember one path or several, but for standard input, from the root on.

    Raises:
        ValueError: a path begins with a home directory that isn't there.
    """
    return tuple(path if path == STDIN else absolute(path) for path in as_list(paths))


def _paths(value: Any) -> tuple[Path, ...]:
    several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not (several and all(isinstance(path, str | Path) and str(path) for path in several)):
        raise ValueError(f"the path of a file or a folder, or a list of paths, not {value!r}")
    return from_the_root(several)


def _plain(paths: tuple[Path, ...] | None) -> str | list[str] | None:
    """Spell them as they are given: one path as it is, several as a list."""
    if paths is None:
        return None
    first, *others = map(str, paths)
    return [first, *others] if others else first


FilePaths = Annotated[tuple[Path, ...], BeforeValidator(_paths), PlainSerializer(_plain)]


def _shares(value: Any) -> Shares:
    """Read shares from a flag, `0.9,0.05,0.05`, or a list."""
    try:
        train, val, test = map(float, value.split(",") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        train, val, test = math.nan, math.nan, math.nan
    if not (train > 0 and val >= 0 and test >= 0 and abs(train + val + test - 1) < 1e-6):
        raise ValueError("three shares that sum to 1, the first above 0, like 0.8,0.1,0.1")
    return train, val, test


class DataSettings(Settings):
    """What is read, and how it is split."""

    panel: ClassVar[str] = "Data"

    data: FilePaths | None = Field(
        None,
        description="file, folder, or - for standard input; may be given several times; unless "
        "given, the names that come with makemore",
    )
    format: Format = Field(
        "lines",
        description="lines: one document a line; text: one long text, trained on windows of it, "
        "with a recipe of its own",
    )
    separator: str = Field(
        r"\n",
        min_length=1,
        description=r"what stands between two documents: blank for empty lines, or any characters, "
        r"with \n for a line break and \t for a tab",
    )
    column: str | None = Field(
        None, description="column of a CSV, TSV, JSON, JSON Lines or Parquet file"
    )
    encoding: str | None = Field(
        None, description="of the files, as Python names it; unless given, UTF-8"
    )
    keep_blanks: bool = Field(False, description="keep the blanks at the ends of documents")
    min_count: int = Field(
        1, ge=1, description="leave out documents with a character that comes fewer times"
    )
    val_data: FilePaths | None = Field(None, description="the validation split, as data is given")
    test_data: FilePaths | None = Field(None, description="the test split, as data is given")
    split: Annotated[Shares, BeforeValidator(_shares)] = Field(
        (0.8, 0.1, 0.1), description="shares of train, val and test"
    )
    split_seed: int = Field(0, description="seed of the hash that splits the data")

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str | None) -> str | None:
        if encoding is not None and not is_encoding(encoding):
            raise ValueError(f"there is no encoding {encoding!r}: try latin-1, cp1252 or utf-16")
        return encoding

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if self.format == "text":
            for name in ("separator", "keep_blanks", "min_count"):
                if getattr(self, name) != type(self).model_fields[name].default:
                    raise ValueError(f"{name} is for documents, and format text has none")
        if self._all_paths.count(STDIN) > 1:
            raise ValueError("standard input, -, can be read only once")
        return self

    @property
    def how(self) -> HowToRead:
        """How files are read."""
        return HowToRead(
            self.format,
            clean(unescape(self.separator)),
            self.keep_blanks,
            self.column,
            self.encoding,
        )

    @property
    def _all_paths(self) -> list[Path]:
        return [*(self.data or ()), *(self.val_data or ()), *(self.test_data or ())]

    def load(self) -> Corpus:
        """Read the corpus.

        Raises:
            UserError: a file can't be read, or nothing is left to train on.
        """
        from makemore.corpus.loading import load_corpus  # and numpy, which --help does without

        return load_corpus(
            self.data,
            how=self.how,
            val_data=self.val_data,
            test_data=self.test_data,
            shares=self.split,
            seed=self.split_seed,
            min_count=self.min_count,
        )
