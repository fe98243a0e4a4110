"""What services that answer JSON a page at a time have in common: cursors, rows, limits."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Protocol

from matlore.errors import SourceError, UsageError

from .base import Cursor, Page, RawRow

__all__ = [
    "FIRST",
    "Batch",
    "Place",
    "Row",
    "Service",
    "check_limit",
    "first_text",
    "harvest",
    "items",
    "mapping",
    "number",
    "object_of",
    "text",
    "texts",
    "utc_today",
]

FIRST = "*"
MAX_RESTARTS = 20
Row = tuple[dict[str, object], str | None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a harvest stands.

    Attributes:
        began: the day it began, where the one after it goes on.
        cursor: the service's name for the next page; `*` for the first one.
        since: records older in the service than this day or moment are known already.
        after: how far the pages until here came; None where that cannot be told.
    """

    began: str
    cursor: str = FIRST
    since: str | None = None
    after: str | None = None

    @classmethod
    def read(cls, cursor: Cursor | None, today: date) -> "Place":
        """Return the place that a page's cursor names.

        Raises:
            SourceError: the cursor was not written by `harvest`.
        """
        held = {key: _cursor_text(cursor or {}, key) for key in ("cursor", "since", "began")}
        for key in ("since", "began"):
            _check_day(held[key])
        going = held["cursor"] is not None
        began = (held["began"] or held["since"]) if going else None
        after = _cursor_text(cursor or {}, "after") if going else held["since"] or ""
        return cls(began or today.isoformat(), held["cursor"] or FIRST, held["since"], after)

    def cursor_json(self) -> dict[str, object]:
        """Return the page cursor from which `read` makes this place again."""
        found = {"cursor": self.cursor, "since": self.since, "began": self.began}
        return {**found, "after": self.after} if self.after else dict(found)


@dataclass(frozen=True, slots=True)
class Batch:
    """One answer of a service.

    Attributes:
        records: what it holds, as parsed.
        following: the place after it; None where it is the last one.
        total: how many records the service says that there are.
        restarted: the cursor had expired: this is a first page again.
    """

    records: list[object]
    following: Place | None
    total: int | None = None
    restarted: bool = False


class Service(Protocol):
    """What `harvest` needs of a service: `repeats` where one cursor may serve many pages."""

    name: str
    size: int
    repeats: bool

    def ask(self, place: Place, size: int) -> Batch:
        """Return the page at `place` of at most `size` records."""

    def row(self, record: Mapping[str, object]) -> Row:
        """Return a record as a row, and what is wrong with it; raises nothing."""


def harvest(service: Service, start: Place, limit: int | None = None) -> Iterator[Page]:
    """Yield the pages from `start` on, until the end or `limit` records.

    The cursor of the last page is `{"since": the day the harvest began}`; where the limit
    stops it, that of the page after the last one.

    Raises:
        SourceError: the service fails, or sends the same page again and again.
    """
    place, left, seen = start, limit, _Seen(service)
    while left is None or left > 0:
        batch = service.ask(place, service.size if left is None else min(left, service.size))
        seen.check(place, batch)
        following = batch.following if batch.records else None
        cursor = following.cursor_json() if following else {"since": place.began}
        yield Page(_rows(service, batch.records), cursor, batch.total)
        if following is None:
            return
        place = following
        left = None if left is None else left - len(batch.records)


class _Seen:
    """The pages of one harvest until now."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.cursors: set[str] = set()
        self.pages: set[bytes] = set()
        self.restarts = 0

    def check(self, place: Place, batch: Batch) -> None:
        """Refuse a page that came before, which would go on for ever."""
        if batch.restarted:
            self._restart()
        if not batch.records:
            return
        print_ = sha256(json.dumps(batch.records, sort_keys=True).encode()).digest()
        self.cursors.add(FIRST if batch.restarted else place.cursor)
        again = batch.following is not None and batch.following.cursor in self.cursors
        if print_ in self.pages or (again and not self.service.repeats):
            raise SourceError(
                f"{self.service.name}: the service sends the same page again and again; "
                "run the same command again later"
            )
        self.pages.add(print_)

    def _restart(self) -> None:
        self.restarts += 1
        self.cursors.clear()
        self.pages.clear()
        if self.restarts > MAX_RESTARTS:
            raise SourceError(
                f"{self.service.name}: the service forgets its cursors before the next page is "
                "asked for; run the same command again later"
            )


def _rows(service: Service, records: list[object]) -> list[RawRow]:
    return [_raw_row(service, line, record) for line, record in enumerate(records, 1)]


def _raw_row(service: Service, line: int, record: object) -> RawRow:
    if not isinstance(record, Mapping):
        return RawRow(line, record, f"not an object but {type(record).__name__}")
    row, error = service.row(record)
    held = {key: value for key, value in row.items() if value not in (None, "", [], {})}
    return RawRow(line, held, error)


def _cursor_text(cursor: Cursor, key: str) -> str | None:
    value = cursor.get(key)
    if value is None or isinstance(value, str):
        return value
    raise SourceError(f"the cursor of the last harvest is damaged: {key} is {value!r}")


def _check_day(value: str | None) -> None:
    try:
        date.fromisoformat((value or "2000-01-01")[:10])
    except ValueError as error:
        raise SourceError(f"the cursor of the last harvest is damaged: no day {value!r}") from error


def check_limit(limit: int | None) -> None:
    """Raise UsageError for a limit below 1."""
    if limit is not None and limit < 1:
        raise UsageError(f"limit {limit}: give at least 1, or none")


def utc_today() -> date:
    """Return the day by the clock that services date their records by."""
    return datetime.now(UTC).date()


def object_of(service: str, body: object, *path: str) -> Mapping[str, object]:
    """Return the object at a path of an answer.

    Raises:
        SourceError: there is none: the answer is not what the service documents.
    """
    where, found = f"is no object but {type(body).__name__}", _mapping_or_none(body)
    for key in path:
        where, found = f"has no {key}", _mapping_or_none((found or {}).get(key))
    if found is None:
        raise SourceError(f"{service}: the answer is not what was asked for: it {where}")
    return found


def items(service: str, body: Mapping[str, object], key: str) -> list[object]:
    """Return the list of records in an answer.

    Raises:
        SourceError: there is none.
    """
    found = body.get(key)
    if isinstance(found, list):
        return found
    raise SourceError(f"{service}: the answer is not what was asked for: it has no list of {key}")


def mapping(value: object) -> Mapping[str, object]:
    """Return an object of a record, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def _mapping_or_none(value: object) -> Mapping[str, object] | None:
    return value if isinstance(value, Mapping) else None


def text(value: object) -> str | None:
    """Return a text or a number as text; None for all else and for blanks."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def texts(value: object, read: Callable[[object], str | None] = text) -> list[str]:
    """Return what `read` finds in the entries of a list."""
    found = (read(part) for part in (value if isinstance(value, list) else []))
    return [part for part in found if part]


def first_text(value: object) -> str | None:
    """Return the first text of a list, or the text itself."""
    return next(iter(texts(value)), None) if isinstance(value, list) else text(value)


def number(value: object) -> int | None:
    """Return a whole number from 0 on that may be written as text, or None."""
    found = text(value)
    if found is None or not found.isascii() or not found.isdecimal() or len(found) > 12:
        return None
    return int(found)
