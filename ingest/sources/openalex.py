"""OpenAlex: https://developers.openalex.org.

The API is spoken directly: its client pyalex brings `requests`, and with it a second HTTP
layer without the pauses, the limits and the checks of `ingest.http`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from matlore.errors import SourceError, UsageError

from ..http import ServiceError
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
    from ..http import Answer, Fetcher

__all__ = ["MAX_WORDS", "OpenAlexSource", "abstract_of", "is_spent"]

MAX_WORDS = 50_000
_SELECT = (
    "id,doi,ids,title,display_name,abstract_inverted_index,publication_date,publication_year,"
    "authorships,primary_location,best_oa_location,is_retracted,topics,keywords"
)
_SPENT = re.compile(
    r"insufficient (?:budget|credit)|daily (?:limit|budget)|midnight utc|"
    r"(?:budget|credits?)\b.{0,40}(?:exhausted|exceeded|spent|used up)",
    re.IGNORECASE,
)
_WORK = re.compile(r"\bW\d{1,15}$", re.IGNORECASE)
_PMID = re.compile(r"(\d{1,9})/?$")
_LATE = timedelta(days=90)


class OpenAlexSource:
    """The works of OpenAlex that match a search or a filter.

    A harvest after the first one asks for works created since the last. Keys of some plans
    may not ask that: then for those published since 90 days before it, as works come late.
    """

    name = "openalex"
    size = 100
    repeats = False

    def __init__(
        self,
        fetcher: "Fetcher",
        *,
        search: str | None = None,
        filter: str | None = None,
        key: str | None,
        since: date | None = None,
        until: date | None = None,
        limit: int | None = None,
        base_url: str = "https://api.openalex.org",
        today: Callable[[], date] = utc_today,
    ) -> None:
        """Prepare a harvest; nothing is asked yet.

        Args:
            fetcher: made with `is_final=is_spent`, or spent credit is asked for again.
            search: words in title, abstract and full text.
            filter: OpenAlex filters, `type:article,primary_topic.field.id:25`.
            key: a free API key.
            since: the first day of publication.
            until: the last day of publication.
            limit: so many records, then stop.
            base_url: where the service is.
            today: the day it is.

        Raises:
            UsageError: there is no key, or neither a search nor a filter.
        """
        if not key or not key.strip():
            raise UsageError(
                "OpenAlex needs a free API key since February 2026: make one at "
                "openalex.org/settings/api and set MATLORE_OPENALEX_KEY (setting `openalex_key`)"
            )
        if not key.strip().isascii() or not key.strip().isprintable():
            raise UsageError("the OpenAlex key (setting `openalex_key`) has signs that no key has")
        if not search and not filter:
            raise UsageError("OpenAlex: give a search or a filter, or all of it would come")
        check_limit(limit)
        self.fetcher = fetcher
        self.limit = limit
        self.today = today
        self._headers = {"Authorization": f"Bearer {key.strip()}"}
        self._url = f"{base_url.rstrip('/')}/works"
        self._search = search
        self._filters = [
            *([filter] if filter else []),
            *([f"from_publication_date:{since}"] if since else []),
            *([f"to_publication_date:{until}"] if until else []),
        ]
        asked = [f"search={search}"] if search else []
        self.query = " ".join(
            [*asked, *([f"filter={','.join(self._filters)}"] * bool(self._filters))]
        )

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield the pages after `cursor`, or all where it is None.

        Raises:
            SourceError: OpenAlex cannot be reached, refuses, or the day's credit is spent.
        """
        yield from harvest(self, Place.read(cursor, self.today()), self.limit)

    def ask(self, place: Place, size: int) -> Batch:
        """Return one page."""
        try:
            answer = self._get(place, size)
        except ServiceError as error:
            raise _explained(error) from error
        body = object_of("OpenAlex", answer.json())
        meta, records = object_of("OpenAlex", body, "meta"), items("OpenAlex", body, "results")
        following = text(meta.get("next_cursor"))
        return Batch(
            records,
            replace(place, cursor=following) if following else None,
            number(meta.get("count")),
        )

    def _get(self, place: Place, size: int) -> "Answer":
        """Ask by the day of creation, or of publication where the key may not ask that."""
        if place.since is None:
            return self._page(place, size, [])
        try:
            return self._page(place, size, [f"from_created_date:{place.since}"])
        except ServiceError as error:
            if error.answer is None or error.answer.status not in (400, 401, 403):
                raise
        early = date.fromisoformat(place.since[:10]) - _LATE
        return self._page(place, size, [f"from_publication_date:{early}"])

    def _page(self, place: Place, size: int, extra: list[str]) -> "Answer":
        params = {"cursor": place.cursor or FIRST, "per_page": str(size), "select": _SELECT}
        if self._search:
            params["search"] = self._search
        if self._filters or extra:
            params["filter"] = ",".join([*self._filters, *extra])
        again = bool(place.cursor) and place.cursor != FIRST  # a page asked for again costs credit
        return self.fetcher.get(self._url, params, headers=self._headers, cached=again)

    def row(self, record: Mapping[str, object]) -> Row:
        """Return a work as a row."""
        work = _work_id(record.get("id"))
        doi = text(record.get("doi"))
        abstract, error = abstract_of(record.get("abstract_inverted_index"))
        place = mapping(record.get("primary_location"))
        open_place = mapping(record.get("best_oa_location"))
        return {
            "id": (normalize_id(doi) if doi else None) or (f"openalex:{work}" if work else None),
            "ids": _ids(record, work, doi),
            "doi": doi,
            "title": first_text(record.get("title")) or first_text(record.get("display_name")),
            "abstract": abstract,
            "date": text(record.get("publication_date")),
            "year": text(record.get("publication_year")),
            "authors": texts(record.get("authorships"), _author),
            "venue": text(mapping(place.get("source")).get("display_name")),
            "license": text(place.get("license")) or text(open_place.get("license")),
            "url": text(place.get("landing_page_url")) or text(record.get("id")),
            "source": "OpenAlex",
            "retracted": record.get("is_retracted") is True,
            "categories": [
                *texts(record.get("topics"), _label),
                *texts(record.get("keywords"), _label),
            ],
        }, error


def abstract_of(index: object) -> tuple[str | None, str | None]:
    """Return the abstract of an inverted index, and what is wrong with it.

    Gaps are closed: words stand in the order of their positions.

    Args:
        index: word to its positions, counted from 0.
    """
    if index is None:
        return None, None
    if not isinstance(index, Mapping):
        return None, f"the abstract's index is no object but {type(index).__name__}"
    words: list[tuple[int, str]] = []
    for word, positions in index.items():
        for position in positions if isinstance(positions, list) else [positions]:
            at = number(position)
            if at is None or at >= MAX_WORDS or len(words) >= MAX_WORDS:
                return None, f"the abstract's index has a bad position: {str(position)[:40]}"
            words.append((at, str(word)))
    return " ".join(word for _, word in sorted(words)) or None, None


def is_spent(answer: "Answer") -> bool:
    """Tell whether the day's credit is spent, so that asking again soon is no use.

    A 429 comes for too many requests in a second, too: that passes.
    """
    if answer.status not in (402, 429):
        return False
    headers = _lower(answer)
    for unit, needed in (("remaining", "credits-required"), ("remaining-usd", "cost-required-usd")):
        left = _amount(headers.get(f"x-ratelimit-{unit}"))
        need = _amount(headers.get(f"x-ratelimit-{needed}"))
        if left is not None and (left <= 0 or (need is not None and left < need)):
            return True
    return bool(_SPENT.search(answer.text[:2000]))


def _explained(error: ServiceError) -> SourceError:
    """Return the error that says what to do, where that is known."""
    answer = error.answer
    if answer is not None and is_spent(answer):
        return SourceError(
            f"OpenAlex: today's credit of your key is spent; it is back {_reset(answer)}: run the "
            "same command again then, it goes on where it stopped"
        )
    if answer is not None and answer.status in (401, 403):
        return SourceError(
            f"OpenAlex refuses the key ({answer.status}): check MATLORE_OPENALEX_KEY (setting "
            "`openalex_key`) against openalex.org/settings/api"
        )
    return error


def _reset(answer: "Answer") -> str:
    headers = _lower(answer)
    reset = _amount(headers.get("x-ratelimit-reset") or headers.get("retry-after"))
    if reset is None or not 0 <= reset <= 100_000:
        return "at midnight UTC"
    hours, minutes = divmod(int(reset) // 60 + 1, 60)
    return f"at midnight UTC, in {hours} h {minutes} min"


def _lower(answer: "Answer") -> dict[str, str]:
    return {key.lower(): value for key, value in answer.headers.items()}


def _amount(value: str | None) -> float | None:
    try:
        return float(value) if value is not None else None
    except ValueError:
        return None


def _work_id(value: object) -> str | None:
    match = _WORK.search(text(value) or "")
    return match.group().upper() if match else None


def _ids(record: Mapping[str, object], work: str | None, doi: str | None) -> dict[str, str]:
    pmid = _PMID.search(text(mapping(record.get("ids")).get("pmid")) or "")
    found = {"openalex": work, "doi": doi, "pmid": pmid.group(1) if pmid else None}
    return {scheme: value for scheme, value in found.items() if value}


def _author(authorship: object) -> str | None:
    entry = mapping(authorship)
    name = text(mapping(entry.get("author")).get("display_name"))
    return name or text(entry.get("raw_author_name"))


def _label(entry: object) -> str | None:
    return text(mapping(entry).get("display_name")) or text(entry)
