"""A text file becomes strings: one document a line, or one long text."""

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from makemore.errors import UserError

Format = Literal["lines", "text"]


def embedded_names() -> Path:
    """Path of the names that come with makemore: in the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "data" / "names.txt"
    return installed if installed.exists() else package.parent / "data" / "names.txt"


def clean(text: str) -> str:
    """Normalise one document or prompt: NFC, so that one character has one spelling."""
    return unicodedata.normalize("NFC", text)


def read_text(path: Path) -> str:
    """Read a file as it stands, but for a byte-order mark; CR and CRLF become LF.

    Raises:
        UserError: the file can't be read, is not UTF-8, or is empty.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(f"{path} is not UTF-8 text (line {line}): convert it first.") from error
    except OSError as error:
        raise UserError(f"Can't read {path}: {error.strerror}.") from error
    if not text.strip():
        raise UserError(f"{path} holds no text.")
    return clean(text)


def split_lines(text: str) -> list[str]:
    """Cut a text into one document a line, without surrounding white space and empty lines."""
    return [line for line in (line.strip() for line in text.split("\n")) if line]


def read_documents(path: Path, format: Format = "lines") -> list[str]:
    """Read the documents of a file: one a line, or all of it as one.

    Raises:
        UserError: as `read_text`.
    """
    text = read_text(path)
    return split_lines(text) if format == "lines" else [text]


def stream_lines(file: Iterable[bytes], name: str) -> Iterator[str]:
    """Read the documents of a file of lines as `read_documents` does, each when it is asked for.

    Args:
        file: its lines, as an open binary file gives them.
        name: of the file, as an error names it.

    Raises:
        UserError: it is not UTF-8, or holds no text.
    """
    empty = True
    for number, line in enumerate(file, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise UserError(
                f"{name} is not UTF-8 text (line {number}): convert it first."
            ) from error
        for document in split_lines(clean(text).replace("\r", "\n")):
            empty = False
            yield document
    if empty:
        raise UserError(f"{name} holds no text.")


def stream_documents(path: Path, format: Format = "lines") -> Iterator[str]:
    """Read the documents of a file: each line when it is asked for, or all of it as one.

    Args:
        path: of the file.
        format: of the file.

    Raises:
        UserError: as `read_text`.
    """
    if format == "text":
        yield read_text(path)
        return
    try:
        with path.open("rb") as file:
            yield from stream_lines(file, str(path))
    except OSError as error:
        raise UserError(f"Can't read {path}: {error.strerror}.") from error


def guess_format(text: str) -> Format | None:
    """Tell which kind of corpus a text looks like; None where it might be either.

    One long text has lines that no list has, or paragraphs with empty lines between them. A list
    has many short lines of a few words, and none empty.
    """
    lines = text.strip().split("\n")
    filled = split_lines(text)
    empty = 1 - len(filled) / len(lines)
    longest = max(map(len, filled))
    words = sum(len(line.split()) for line in filled) / len(filled)
    if longest > 1000 or (len(lines) >= 20 and empty >= 0.02 and words >= 3):
        return "text"
    if len(lines) >= 20 and empty == 0 and words < 3 and longest <= 100:
        return "lines"
    return None
