"""Europe PMC: https://europepmc.org/RestfulWebService.

The API is spoken directly: it has no maintained Python client over the HTTP layer used here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from matlore.errors import SourceError, UsageError

from ..ids import normalize_id
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

__all__ = ["EuropePmcSource"]

_EVER, _NEVER = "1500-01-01", "3000-12-31"


class EuropePmcSource:
    """The papers of Europe PMC that match a query.

    A harvest after the first one asks for records that are new or changed since the last.
    """

    name = "europepmc"
    size = 500
    repeats = False

    def __init__(
        self,
        fetcher: "Fetcher",
        *,
        query: str,
        since: date | None = None,
        until: date | None = None,
        limit: int | None = None,
        base_url: str = "https://www.ebi.ac.uk/europepmc/webservices/rest",
        today: Callable[[], date] = utc_today,
    ) -> None:
        """Prepare a harvest; nothing is asked yet.

        Args:
            fetcher: the HTTP layer.
            query: in the syntax of Europe PMC, `thermoelectric AND HAS_ABSTRACT:y`.
            since: the first day of publication.
            until: the last day of publication.
            limit: so many records, then stop.
            base_url: where the service is.
            today: the day it is.

        Raises:
            UsageError: the query is empty.
        """
        if not query.strip():
            raise UsageError("Europe PMC: give a query, or all of it would come")
        check_limit(limit)
        self.fetcher = fetcher
        self.limit = limit
        self.today = today
        self._url = f"{base_url.rstrip('/')}/search"
        span = f"[{since or _EVER} TO {until or _NEVER}]"
        self.query = f"({query.strip()})" + (f" AND FIRST_PDATE:{span}" if since or until else "")

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield the pages after `cursor`, or all where it is None.

        Raises:
            SourceError: Europe PMC cannot be reached, refuses, or answers nonsense.
        """
        yield from harvest(self, Place.read(cursor, self.today()), self.limit)

    def ask(self, place: Place, size: int) -> Batch:
        """Return one page; the last one names its own mark as the next, or none."""
        changed = f" AND UPDATE_DATE:[{place.since} TO {_NEVER}]" if place.since else ""
        params = {
            "query": self.query + changed,
            "format": "json",
            "resultType": "core",
            "pageSize": str(size),
            "cursorMark": place.cursor,
        }
        answer = self.fetcher.get(self._url, params, cached=place.cursor != FIRST)
        body = object_of("Europe PMC", answer.json())
        if "errMsg" in body:
            raise SourceError(f"Europe PMC refuses the query: {str(body['errMsg'])[:300]}")
        records = items("Europe PMC", object_of("Europe PMC", body, "resultList"), "result")
        total, mark = number(body.get("hitCount")), text(body.get("nextCursorMark"))
        stuck = place.cursor == FIRST and total is not None and total > len(records)
        last = mark is None or (mark == place.cursor and not stuck)
        return Batch(records, None if last else replace(place, cursor=str(mark)), total)

    def row(self, record: Mapping[str, object]) -> Row:
        """Return a paper as a row."""
        ids = _ids(record)
        journal = mapping(mapping(record.get("journalInfo")).get("journal"))
        return {
            "id": next((f"{scheme}:{value}" for scheme, value in ids.items()), None),
            "ids": ids,
            "doi": ids.get("doi"),
            "title": first_text(record.get("title")),
            "abstract": first_text(record.get("abstractText")),
            "date": text(record.get("firstPublicationDate")),
            "year": text(record.get("pubYear")),
            "authors": _authors(record),
            "venue": text(journal.get("title")) or text(record.get("journalTitle")),
            "license": text(record.get("license")),
            "url": _link(record),
            "source": "Europe PMC",
            "retracted": _is_retracted(record),
            "categories": texts(mapping(record.get("keywordList")).get("keyword")),
        }, None


def _ids(record: Mapping[str, object]) -> dict[str, str]:
    """Return the identifiers by scheme: DOI, PubMed, PubMed Central, else the service's own."""
    doi = text(record.get("doi"))
    found = {
        "doi": doi if doi and normalize_id(doi) else None,
        "pmid": text(record.get("pmid")),
        "pmcid": text(record.get("pmcid")),
    }
    held = {scheme: value for scheme, value in found.items() if value}
    source, own = text(record.get("source")), text(record.get("id"))
    return held or ({"europepmc": f"{source}/{own}"} if source and own else {})


def _authors(record: Mapping[str, object]) -> list[str]:
    authors = texts(mapping(record.get("authorList")).get("author"), _author)
    listed = (text(record.get("authorString")) or "").rstrip(".")
    return authors or [name for name in listed.split(", ") if name]


def _author(entry: object) -> str | None:
    person = mapping(entry)
    names = [text(person.get("firstName")), text(person.get("lastName"))]
    whole = " ".join(name for name in names if name) if all(names) else None
    return whole or text(person.get("fullName")) or text(person.get("collectiveName"))


def _link(record: Mapping[str, object]) -> str | None:
    source, own = text(record.get("source")), text(record.get("id"))
    return f"https://europepmc.org/article/{source}/{own}" if source and own else None


def _is_retracted(record: Mapping[str, object]) -> bool:
    kinds = texts(mapping(record.get("pubTypeList")).get("pubType"))
    return any(kind.lower() == "retracted publication" for kind in kinds)
