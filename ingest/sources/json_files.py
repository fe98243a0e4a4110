"""JSON: one object a line, or one array of objects."""

import json
from collections.abc import Iterator
from pathlib import Path

from .base import MAX_ROW, RawRow
from .opening import READ_ERRORS, lines, open_text, read_error

__all__ = ["JsonArray", "JsonLines", "json_reader"]

_CHUNK = 1 << 20
_BETWEEN = " \t\r\n,"


class JsonLines:
    """One JSON value a line, not parsed yet: that is left to whoever handles the row."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[RawRow]:
        return lines(self.path)


class JsonArray:
    """The items of one JSON array, read piece by piece; `line` counts items.

    After an item that is broken nothing says where the next one begins: the rest of the
    array is one row with an error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[RawRow]:
        number = 0
        try:
            for item in self._items():
                number += 1
                yield RawRow(number, item)
        except (ValueError, RecursionError, *READ_ERRORS) as error:
            yield RawRow(number + 1, "", read_error(error))

    def _items(self) -> Iterator[object]:
        decoder = json.JSONDecoder()
        with open_text(self.path) as stream:
            buffer = stream.read(_CHUNK).lstrip()[1:]
            while True:
                buffer = buffer.lstrip(_BETWEEN)
                if buffer.startswith("]"):
                    return
                try:
                    item, end = decoder.raw_decode(buffer)
                except ValueError:
                    end = len(buffer)
                if end == len(buffer):  # perhaps only a part of the item is here
                    more = stream.read(_CHUNK)
                    if not more or len(buffer) > MAX_ROW:
                        raise ValueError(f"broken JSON at {buffer[:60]!r}")
                    buffer += more
                    continue
                yield item
                buffer = buffer[end:]


def json_reader(path: Path) -> JsonArray | JsonLines:
    """Return the reader for a JSON file, by its first character."""
    try:
        with open_text(path) as stream:
            start = stream.read(_CHUNK).lstrip()
    except READ_ERRORS:
        start = ""  # JsonLines reports it
    return JsonArray(path) if start.startswith("[") else JsonLines(path)
