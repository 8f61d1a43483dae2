"""Bytes become characters: UTF-8, or the encoding that is named."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from makemore.errors import UserError

LONG_ENOUGH = 2**16
"""Bytes from which an encoding is guessed."""
WESTERN = {"windows-1252": "cp1252", "iso-8859-1": "cp1252"}
"""As Python names it; it reads Latin-1 too, but for characters that no one types."""
PRIOR = 3
"""How many times likelier cp1252 is taken to be, since so many more files are written in it."""
OLD = re.compile("cp(?!874)[02-8]|cp1(026|125|140)|ibm|mac|hp-|koi8-t|ptcp|kz")
"""Encodings of DOS, the first Macs and mainframes. By them the curly quotes and dashes of cp1252
are letters, which misleads a detector."""
OLD_PRIOR = 0.3
"""How many times likelier they are, since hardly a file is written in them today."""
SHOWN = 40
"""Characters that are shown of a line."""


def decode(name: str, content: bytes, encoding: str | None = None) -> str:
    """Read bytes as text. A byte-order mark at the beginning goes; CR and CRLF become LF.

    Args:
        name: of the file, for the sentence that refuses it.
        content: its bytes.
        encoding: as Python names it; None: UTF-8.

    Raises:
        UserError: they are no such text, or hold a NUL, which no text does.
    """
    return "".join(decode_chunks(name, [content], encoding))


def decode_chunks(name: str, chunks: Iterable[bytes], encoding: str | None = None) -> Iterator[str]:
    """Do so with bytes that come in chunks; the lines before one that is wrong come first.

    Raises:
        UserError: as `decode`.
    """
    decoder = _decoder(encoding or "utf-8")
    lines_before, chunk, at_start = 1, b"", True
    for content in chain(chunks, [None]):
        error, text = None, ""
        chunk = chunk if content is None else content
        try:
            text = decoder.decode(content or b"", final=content is None)
        except UnicodeDecodeError as found:
            # of a character that is cut off at the end it has only the beginning
            error, bad = found, chunk if content is None else found.object
            place = found.start + len(bad) - len(found.object)
            if content is not None:
                text = bad[: bad.rfind(b"\n", 0, place) + 1].decode(encoding or "utf-8", "ignore")
                text = text.replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeError as found:
            raise UserError(_refusal(name, chunk, encoding, 0, lines_before)) from found
        if "\0" in text:
            line = lines_before + text[: text.index("\0")].count("\n")
            raise UserError(
                f"{name} holds NUL characters, as no text does (the first in line {line}): "
                f"{_nul_advice(chunk)}."
            )
        refuse_surrogates(name, text)
        if at_start and text:
            text, at_start = text.removeprefix("\ufeff"), False
        if text:
            yield text
        if error is not None:
            lines = lines_before if content is not None else lines_before - chunk.count(b"\n")
            raise UserError(_refusal(name, bad, encoding, place, lines)) from error
        lines_before += chunk.count(b"\n")


def _decoder(encoding: str) -> io.IncrementalNewlineDecoder:
    """Make what reads text in chunks, with LF at each line's end."""
    found = codecs.lookup(encoding)
    if found.incrementaldecoder is None:
        raise UserError(f"--encoding {encoding} can't be read in a stream: try another.")
    return io.IncrementalNewlineDecoder(found.incrementaldecoder("strict"), translate=True)


def refuse_surrogates(name: str, text: str) -> None:
    r"""Refuse halves of surrogate pairs, which no file can hold; JSON may spell one, as "\ud800".

    Raises:
        UserError: there is one.
    """
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        half = f"U+{ord(text[error.start]):04X}"
        raise UserError(f"{name} holds {half}, half a character: mend it first.") from error


def is_encoding(name: str) -> bool:
    """Tell whether Python reads text in this encoding."""
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):  # a name may hold what no name does
        return False
    try:
        b" \n".decode(name)  # which only those of text do
    except LookupError:
        return False
    except UnicodeError:
        return True
    return True


def likeliest_encoding(content: bytes) -> str | None:
    """Guess the encoding of bytes that are not UTF-8; None where they are no text.

    On a short list a detector can hardly tell Western from Central European: there it takes the
    Western one, cp1252, unless another is several times as likely. One of the old days must be
    three times as likely as another.
    """
    import chardet  # slow to import, and seldom needed

    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"  # looked for first: that of UTF-16 is the beginning of it
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # a few accents among many plain lines would tell the detector little
    telling = b"\n".join(line for line in content.splitlines() if not line.isascii())
    found = chardet.detect_all(telling[:LONG_ENOUGH])
    likeliness = {
        str(one["encoding"]).lower(): one["confidence"] for one in found if one["encoding"]
    }
    likeliness = {WESTERN.get(name, name): p for name, p in reversed(likeliness.items())}
    for name in likeliness:
        likeliness[name] *= OLD_PRIOR if OLD.match(name) else PRIOR if name == "cp1252" else 1
    known = [name for name in likeliness if is_encoding(name)]
    if b"\0" in content:  # as it stands in no text but these
        known = [name for name in known if name.startswith(("utf-16", "utf-32"))]
    return max(known, key=lambda name: likeliness[name], default=None)


def _refusal(name: str, content: bytes, encoding: str | None, place: int, first_line: int) -> str:
    line = content[:place].count(b"\n")
    if encoding is not None:
        return f"{name} is not {encoding} text (line {line + first_line}): give another --encoding."
    guess = likeliest_encoding(content)
    if guess is None:
        return f"{name} is not text (line {line + first_line} is not UTF-8)."
    lines = content.decode(guess, "replace").split("\n")
    shown = lines[min(line, len(lines) - 1)].strip()[:SHOWN]
    return (
        f"{name} is not UTF-8 text (line {line + first_line}): its likeliest encoding is {guess}, "
        f"by which that line is {shown!r}; if so, add --encoding {guess}."
    )


def _nul_advice(content: bytes) -> str:
    """Tell UTF-16, where every other byte of Latin letters is NUL, from what is no text."""
    if not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            nul, other = content[first::2].count(0), content[1 - first :: 2].count(0)
            if nul > len(content) / 8 and not other:
                return f"it looks like UTF-16, so try --encoding {encoding}"
    return "remove them, unless it is in another --encoding, such as utf-16, or binary"
