"""What a reader of rows, and a source of papers, promise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

__all__ = ["MAX_ROW", "Cursor", "Page", "RawRow", "RowReader", "Source"]

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


Cursor = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Page:
    """What a service answered to one request.

    Attributes:
        rows: its records, as objects that `ingest.rows` understands (`id`, `doi`, `title`,
            `abstract`, `date`, `authors` as a list, `venue`, `url`, `source`, `license`,
            `categories`, `retracted`); `{"id": …, "deleted": True}` for one that the
            service has withdrawn; an unreadable one with its `error`.
        cursor: a JSON object by which `Source.pages` goes on after this page. That of the
            last page says where the next harvest begins.
        total: how many records there are in all, where the service says so.
    """

    rows: list[RawRow]
    cursor: Cursor
    total: int | None = None


class Source(Protocol):
    """A service that papers are harvested from: a restartable stream of pages.

    Attributes:
        name: `arxiv`, `openalex` …: what a paper's `source` is looked up by.
        query: what is asked of it, as one line: its cursor is kept under name and query.
    """

    name: str
    query: str

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield the pages after `cursor`, or all where it is None; each call starts anew.

        Records may come again after a cursor, none may be left out: the corpus takes each
        once.

        Raises:
            SourceError: the service cannot be reached, refuses, or answers nonsense; the
                pages until then count.
        """
