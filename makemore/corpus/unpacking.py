"""Bytes that are packed by gzip or zstd are unpacked, in a stream."""

import zlib
from collections.abc import Callable, Iterator

from makemore.errors import UserError

GZIP = b"\x1f\x8b"
"""What every gzipped file begins with (RFC 1952)."""
ZSTD = b"\x28\xb5\x2f\xfd"
"""What every file packed by zstd begins with (RFC 8878)."""
CHUNK = 2**20
"""Bytes that are unpacked at a time."""

Unpack = Callable[[str, Iterator[bytes]], Iterator[bytes]]


def unpacker_of(first: bytes) -> Unpack | None:
    """Find what unpacks a file that begins so; None: it is not packed.

    It takes the name of the file and all its bytes, and raises a UserError where they are damaged.
    """
    if first.startswith(GZIP):
        return _gunzip
    return _unzstd if first.startswith(ZSTD) else None


def may_be_packed(first: bytes) -> bool:
    """Tell whether too few bytes are there to see how a file is packed."""
    return any(len(first) < len(magic) and magic.startswith(first) for magic in (GZIP, ZSTD))


def _gunzip(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack gzip, of which a file may hold several, one behind the other."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if unpacker.eof:
                    rest = rest.lstrip(b"\0")  # with which some tapes are filled up
                    if not rest:
                        break
                    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
                yield unpacker.decompress(rest, CHUNK)
                rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise UserError(f"{name} is gzipped, and damaged: {error}.") from error
    if not unpacker.eof:
        raise UserError(f"{name} is gzipped, and damaged: its end is missing.")


def _unzstd(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        import zstandard  # an extra
    except ImportError as error:
        raise UserError(
            f"{name} is packed by zstd: pip install 'makemore[zstd]' lets makemore unpack it."
        ) from error
    unpacker, step = zstandard.ZstdDecompressor().decompressobj(), CHUNK // 64
    try:
        for chunk in chunks:
            for start in range(0, len(chunk), step):  # what comes of it may be many times as long
                rest = chunk[start : start + step]
                while rest:
                    if unpacker.eof:
                        unpacker = zstandard.ZstdDecompressor().decompressobj()
                    yield unpacker.decompress(rest)
                    rest = unpacker.unused_data if unpacker.eof else b""
    except zstandard.ZstdError as error:
        raise UserError(f"{name} is packed by zstd, and damaged: {error}.") from error
    if not unpacker.eof:
        raise UserError(f"{name} is packed by zstd, and damaged: its end is missing.")
