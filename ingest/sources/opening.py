"""Files opened as bytes or text, whatever they are packed with."""

import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from .base import MAX_ROW, RawRow

__all__ = ["PACKINGS", "READ_ERRORS", "lines", "open_bytes", "open_text", "read_error"]

PACKINGS = (".gz", ".xz", ".zst")
READ_ERRORS = (EOFError, OSError, zlib.error, lzma.LZMAError, UnicodeError)
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CHUNK = 1 << 17
_LEAST_LIMIT = 200_000_000
_MOST_RATIO = 200


@contextmanager
def open_bytes(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file, unpacking it by what its first bytes say."""
    with path.open("rb") as raw:
        head = raw.peek(6)
        if head.startswith(b"\x1f\x8b"):
            with gzip.open(raw) as stream:
                yield _bounded(cast(IO[bytes], stream), path)
        elif head.startswith(b"\xfd7zXZ\x00"):
            with lzma.open(raw) as stream:
                yield _bounded(cast(IO[bytes], stream), path)
        elif head.startswith(b"\x28\xb5\x2f\xfd"):
            yield _bounded(io.BufferedReader(_ZstdFile(raw), _CHUNK), path)
        else:
            yield raw


def _bounded(stream: IO[bytes], path: Path) -> io.BufferedReader:
    limit = max(_LEAST_LIMIT, _MOST_RATIO * path.stat().st_size)
    return io.BufferedReader(_Bounded(stream, limit), _CHUNK)


class _Bounded(io.RawIOBase):
    """An unpacked file that ends with an error where it grows beyond all measure."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._left = self._limit = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise OSError(f"it unpacks to more than {self._limit / 1e6:,.0f} MB")
        buffer[: len(data)] = data
        return len(data)


class _ZstdFile(io.RawIOBase):
    """A zstd file of one or more frames, which notices when it ends early."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._frame: Any = None
        self._input = b""
        self._output = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._output and self._more():
            pass
        size = min(len(buffer), len(self._output))
        buffer[:size] = self._output[:size]
        self._output = self._output[size:]
        return size

    def _more(self) -> bool:
        """Unpack a further piece; False at the end of the file."""
        import zstandard

        data = self._input or self._raw.read(_CHUNK)
        self._input = b""
        if not data:
            if self._frame is not None:
                raise EOFError("compressed file ended before the end of its data")
            return False
        if self._frame is None:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            self._output = self._frame.decompress(data)
        except zstandard.ZstdError as error:
            raise OSError(str(error)) from error
        if self._frame.eof:
            self._input, self._frame = self._frame.unused_data, None
        return True


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """Open a file as text: UTF-8, with or without its mark, or UTF-16 with its mark.

    Bytes that are no UTF-8 become lone surrogates, by which a row is known as wrongly
    encoded.
    """
    with open_bytes(path) as stream:
        head = stream.peek(2)
        encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8-sig")
        yield io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")


def lines(path: Path) -> Iterator[RawRow]:
    """Yield the lines of a file that are not blank; one of absurd length as an error."""
    number = 0
    try:
        with open_text(path) as stream:
            while line := stream.readline(MAX_ROW + 1):
                number += 1
                if len(line) > MAX_ROW:
                    _skip_line(stream, line)
                    yield RawRow(number, line[:1000], f"longer than {MAX_ROW} characters")
                elif not line.isspace():
                    yield RawRow(number, line)
    except READ_ERRORS as error:
        yield RawRow(number + 1, "", read_error(error))


def _skip_line(stream: IO[str], part: str) -> None:
    """Read on to the end of a line."""
    while part and not part.endswith("\n"):
        part = stream.readline(MAX_ROW)


def read_error(error: BaseException) -> str:
    """Say why the rest of a file cannot be read."""
    return f"the rest of the file cannot be read: {str(error) or type(error).__name__}"
