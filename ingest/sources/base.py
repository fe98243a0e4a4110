"""What a reader of rows promises."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

__all__ = ["MAX_ROW", "RawRow", "RowReader"]

MAX_ROW = 4_000_000


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in a file.

    Attributes:
        line: where it begins, counted from 1 (rows, where a format has no lines).
        value: the parsed row; or a text, which still is to be parsed as JSON.
        error: why it cannot be read; then `value` is what could be kept of it.
    """

    line: int
    value: object
    error: str | None = None


class RowReader(Protocol):
    """The rows of one file.

    Iterating starts at the first row each time and holds a bounded part of the file. A row
    that cannot be read comes as a `RawRow` with its `error`: a reader raises nothing about
    the content of a file.
    """

    def __iter__(self) -> Iterator[RawRow]:
        """Yield the rows in the order of the file."""
