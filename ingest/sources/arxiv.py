"""arXiv's query API: the newest papers of a query, for small pulls.

The PyPI client `arxiv` brings its own HTTP by `requests`, without our pauses, retries and
limits, so the Atom feed is read here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from matlore.errors import SourceError

from ..ids import normalize_arxiv
from .base import Cursor, Page, RawRow
from .xml import XmlError, children, count, line, lines, read_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ..http import Fetcher

__all__ = ["ARXIV_API", "ArxivListing", "arxiv_row", "is_withdrawn"]

ARXIV_API = "http://export.arxiv.org/api/query"
_PAGE = 100
_EMPTY_TRIES = 4
_WHAT = r"(?:paper|article|manuscript|submission|preprint|work|version|letter|comment)"
_COMMENT = re.compile(
    rf"^\W*(?:withdrawn|retracted)\b|\b(?:withdrawn|retracted) (?:by|due|because|since|as)\b"
    rf"|\b{_WHAT}\b[^.]{{0,60}}\b(?:withdrawn|retracted)\b",
    re.IGNORECASE,
)
_ABSTRACT = re.compile(
    rf"^\W*(?:(?:this|the) {_WHAT}\b[^.]{{0,60}}\b)?(?:withdrawn|retracted)\b", re.IGNORECASE
)


def is_withdrawn(comments: str | None, abstract: str | None) -> bool:
    """Tell whether a paper's comments, or the beginning of its abstract, say so."""
    return bool(_COMMENT.search(comments or "") or _ABSTRACT.match(abstract or ""))


def arxiv_row(
    number: str | None, fields: Mapping[str, object], comments: str | None
) -> dict[str, object]:
    """Return a paper's row, without what is empty; with link and source if it is of arXiv.

    Args:
        number: an arXiv number or URL, or any other identifier.
        fields: the other fields of the row.
        comments: the authors' remark, which may say that the paper is withdrawn.
    """
    known = normalize_arxiv(number or "")
    row: dict[str, object] = {"id": f"arxiv:{known}" if known else number}
    row.update(fields)
    if known:
        row |= {"url": f"https://arxiv.org/abs/{known}", "source": "arXiv"}
    if is_withdrawn(comments, str(fields.get("abstract") or "")):
        row["retracted"] = True
    return {key: value for key, value in row.items() if value not in (None, "", [])}


class ArxivListing:
    """The papers of a query of arXiv, the newest first.

    Each harvest after the first stops at the newest paper of the one before. Of more than
    `limit` papers the newest come.

    Args:
        fetcher: what asks; its pause should be 3 seconds, as arXiv wishes.
        base_url: the address of the API.
        query: as in arXiv's manual: `cat:cond-mat.mtrl-sci AND all:thermoelectric`.
        limit: how many papers at most; None for all.
    """

    name = "arxiv"

    def __init__(
        self,
        fetcher: "Fetcher",
        base_url: str = ARXIV_API,
        query: str = "cat:cond-mat.mtrl-sci",
        limit: int | None = 1000,
    ) -> None:
        self._fetcher = fetcher
        self._url = base_url
        self._limit = limit
        self.query = query

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield the pages after `cursor`; see `Source.pages`."""
        cursor = cursor or {}
        start, since = count(str(cursor.get("start"))) or 0, str(cursor.get("since") or "")
        newest = str(cursor.get("newest") or since)
        while True:
            entries, total = self._entries(start)
            fresh = [one for one in entries if (line(one, "published") or since) >= since]
            newest = max([newest, *(line(one, "published") or "" for one in fresh)])
            start += len(entries)
            rows = [_row(one, place) for place, one in enumerate(fresh, 1)]
            if start >= total or len(fresh) < len(entries):
                yield Page(rows, {"since": newest}, total)
                return
            yield Page(rows, {"start": start, "since": since, "newest": newest}, total)

    def _entries(self, start: int) -> "tuple[list[Element], int]":
        """Return the entries from `start` on, and how many there are in all.

        arXiv at times answers with an empty page in the middle of a list: it is asked again.
        """
        for _ in range(_EMPTY_TRIES):
            feed = self._feed(start)
            total = count(line(feed, "totalResults")) or 0
            total = total if self._limit is None else min(total, self._limit)
            entries = children(feed, "entry")[: max(total - start, 0)]
            if entries or start >= total:
                return entries, total
        raise SourceError(
            f"{self._url}: empty page at {start} of {total} papers for {self.query!r}; "
            "run the same command again later, it goes on from there"
        )

    def _feed(self, start: int) -> "Element":
        size = _PAGE if self._limit is None else max(min(_PAGE, self._limit - start), 1)
        parameters = {"search_query": self.query, "start": str(start), "max_results": str(size)}
        parameters |= {"sortBy": "submittedDate", "sortOrder": "descending"}
        try:
            feed = read_xml(self._fetcher.get(self._url, parameters, cached=False).content)
        except XmlError:
            feed = self._again(parameters)
        for entry in children(feed, "entry"):
            if "api/errors" in (line(entry, "id") or ""):
                raise SourceError(f"{self._url}: {line(entry, 'summary')} ({self.query!r})")
        return feed

    def _again(self, parameters: Mapping[str, str]) -> "Element":
        try:
            return read_xml(self._fetcher.get(self._url, parameters, cached=False).content)
        except XmlError as error:
            raise SourceError(f"{self._url}: {error}; try again later") from error


def _row(entry: "Element", place: int) -> RawRow:
    fields = {
        "doi": line(entry, "doi"),
        "title": line(entry, "title"),
        "abstract": line(entry, "summary"),
        "authors": [name for one in children(entry, "author") for name in lines(one, "name")],
        "categories": [one.get("term", "") for one in children(entry, "category")],
        "date": (line(entry, "published") or "")[:10],
        "updated": (line(entry, "updated") or "")[:10],
        "venue": line(entry, "journal_ref"),
    }
    return RawRow(place, arxiv_row(line(entry, "id"), fields, line(entry, "comment")))
