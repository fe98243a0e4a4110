"""Crossref: https://www.crossref.org/documentation/retrieve-metadata/rest-api/.

The API is spoken directly: the client habanero calls `httpx2.get` itself and takes neither
a client nor a transport, so it would go around the pauses and checks of `ingest.http`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from matlore.errors import UsageError

from ..http import ServiceError
from .base import Cursor, Page
from .json_api import (
    FIRST,
    Batch,
    Place,
    Row,
    check_limit,
    first_text,
    harvest,
    items,
    mapping,
    number,
    object_of,
    text,
    texts,
    utc_today,
)

if TYPE_CHECKING:
    from ..http import Fetcher

__all__ = ["CrossrefSource"]

_SELECT = (
    "DOI,URL,title,abstract,author,container-title,subject,license,published,issued,created,"
    "indexed,updated-by"
)
_DATES = ("published", "issued", "published-online", "published-print", "created")
_RETRACTIONS = frozenset(["retraction", "withdrawal", "removal"])


class CrossrefSource:
    """The works of Crossref that have an abstract and match a query or a filter.

    A harvest after the first one asks for works indexed since the last. They come in the
    order of their index, so that after a cursor has expired (which takes five minutes) the
    harvest goes on where it was.
    """

    name = "crossref"
    size = 500
    repeats = True

    def __init__(
        self,
        fetcher: "Fetcher",
        *,
        query: str | None = None,
        filter: str | None = None,
        since: date | None = None,
        until: date | None = None,
        limit: int | None = None,
        contact: str | None = None,
        base_url: str = "https://api.crossref.org",
        today: Callable[[], date] = utc_today,
    ) -> None:
        """Prepare a harvest; nothing is asked yet.

        Args:
            fetcher: the HTTP layer.
            query: words anywhere in the metadata.
            filter: Crossref filters, `type:journal-article,issn:0000-0000`.
            since: the first day of publication.
            until: the last day of publication.
            limit: so many records, then stop.
            contact: an address of yours, for the faster, polite pool.
            base_url: where the service is.
            today: the day it is.

        Raises:
            UsageError: there is neither a query nor a filter.
        """
        if not query and not filter:
            raise UsageError("Crossref: give a query or a filter, or all of it would come")
        check_limit(limit)
        self.fetcher = fetcher
        self.limit = limit
        self.today = today
        self._url = f"{base_url.rstrip('/')}/works"
        self._query = query
        self._contact = contact
        self._filters = [
            "has-abstract:true",
            *([filter] if filter else []),
            *([f"from-pub-date:{since}"] if since else []),
            *([f"until-pub-date:{until}"] if until else []),
        ]
        asked = [f"query={query}"] if query else []
        self.query = " ".join([*asked, f"filter={','.join(self._filters)}"])

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield the pages after `cursor`, or all where it is None.

        Raises:
            SourceError: Crossref cannot be reached, refuses, or answers nonsense.
        """
        yield from harvest(self, Place.read(cursor, self.today()), self.limit)

    def ask(self, place: Place, size: int) -> Batch:
        """Return one page; that of a new cursor, where the old one has expired."""
        try:
            return self._batch(place, size)
        except ServiceError as error:
            if place.cursor == FIRST or _status(error) not in (400, 404):
                raise
        return replace(self._anew(place, size), restarted=True)

    def _anew(self, place: Place, size: int) -> Batch:
        """Return the first page from the last record on: from its moment, or from its day."""
        again = replace(place, cursor=FIRST, since=place.after or place.since)
        try:
            return self._batch(again, size)
        except ServiceError as error:
            if not place.after or _status(error) != 400:
                raise
        return self._batch(replace(again, since=place.after[:10]), size)

    def _batch(self, place: Place, size: int) -> Batch:
        answer = self.fetcher.get(self._url, self._params(place, size), cached=False)
        message = object_of("Crossref", answer.json(), "message")
        records, following = items("Crossref", message, "items"), text(message.get("next-cursor"))
        after = _reached(place.after, records)
        return Batch(
            records,
            replace(place, cursor=following, after=after) if following else None,
            number(message.get("total-results")),
        )

    def _params(self, place: Place, size: int) -> dict[str, str]:
        extra = [f"from-index-date:{place.since}"] if place.since else []
        params = {
            "filter": ",".join([*self._filters, *extra]),
            "select": _SELECT,
            "sort": "indexed",
            "order": "asc",
            "rows": str(size),
            "cursor": place.cursor,
        }
        optional = {"query": self._query, "mailto": self._contact}
        return params | {key: value for key, value in optional.items() if value}

    def row(self, record: Mapping[str, object]) -> Row:
        """Return a work as a row; its abstract is JATS, as received."""
        doi = text(record.get("DOI"))
        return {
            "id": f"doi:{doi}" if doi else None,
            "doi": doi,
            "title": first_text(record.get("title")),
            "abstract": first_text(record.get("abstract")),
            "date": next(filter(None, (_day(record.get(key)) for key in _DATES)), None),
            "authors": texts(record.get("author"), _author),
            "venue": first_text(record.get("container-title")),
            "license": _license(record.get("license")),
            "url": text(record.get("URL")),
            "source": "Crossref",
            "retracted": _is_retracted(record.get("updated-by")),
            "categories": texts(record.get("subject")),
        }, None


def _status(error: ServiceError) -> int:
    return error.answer.status if error.answer else 0


def _reached(before: str | None, records: list[object]) -> str | None:
    """Return when the last record was indexed; None where they are not in that order."""
    for record in records if before is not None else []:
        moment = text(mapping(mapping(record).get("indexed")).get("date-time"))
        moment = (moment or "")[:19]
        if before is None or len(moment) < 19 or moment < before:
            return None
        before = moment
    return before


def _day(value: object) -> str | None:
    """Return the date of `{"date-parts": [[2020, 5, 1]]}`, as far as it is given."""
    parts = mapping(value).get("date-parts")
    parts = parts[0] if isinstance(parts, list) and parts else None
    found = [number(part) for part in parts[:3]] if isinstance(parts, list) else []
    known = [part for part in found if part]
    return "-".join(f"{part:02d}" for part in known) if known and known == found else None


def _author(entry: object) -> str | None:
    person = mapping(entry)
    names = [text(person.get("given")), text(person.get("family"))]
    return text(person.get("name")) or " ".join(name for name in names if name) or text(entry)


def _license(value: object) -> str | None:
    """Return the link of the licence of the published version, or of any."""
    entries = [mapping(entry) for entry in value] if isinstance(value, list) else []
    entries.sort(key=lambda entry: entry.get("content-version") != "vor")
    return next(filter(None, (text(entry.get("URL")) for entry in entries)), None)


def _is_retracted(updates: object) -> bool:
    kinds = texts(updates, lambda update: text(mapping(update).get("type")))
    return any(kind.lower() in _RETRACTIONS for kind in kinds)
