"""OAI-PMH: the harvest of arXiv, or of another archive, by lists of records.

The client oaipmh-scythe is not used, since it recovers silently from XML that is cut off,
and flattens a record's metadata so that forenames and family names come apart.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from matlore.errors import SourceError

from ..ids import normalize_arxiv, normalize_doi, normalize_id
from .arxiv import arxiv_row
from .base import Cursor, Page, RawRow
from .xml import XmlError, children, count, line, lines, local, read_xml, salvage, tag_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ..http import Answer, Fetcher

__all__ = ["ARXIV_OAI", "OaiSource"]

ARXIV_OAI = "https://oaipmh.arxiv.org/oai"
_EMPTY_PAGES = 5
_LIST_END = re.compile(rb"</(?:[\w.-]+:)?ListRecords\s*>")


@dataclass
class _Answered:
    """What is in an answer to ListRecords.

    `records` holds elements, and texts where one is broken; `whole` is False where the end
    of the answer is missing, so that nobody knows whether a token followed.
    """

    records: "list[Element | str]"
    day: str | None = None
    token: str | None = None
    total: int | None = None
    code: str | None = None
    message: str = ""
    whole: bool = True


class OaiSource:
    """The records of an archive that speaks OAI-PMH 2.0.

    A harvest begins at `since`, and the next one at the day on which the one before began
    (that day included, so that records may come again). When a resumption token has
    expired, or an answer is cut off, it goes on from the last datestamp.

    Args:
        fetcher: what asks.
        base_url: the address of the archive's interface.
        prefix: the format of the records: `arXiv` or `oai_dc`.
        set_name: the part of the archive: `physics:cond-mat`; all where None.
        since: the first day of the harvest without a cursor.
        until: the last day.
        name: what the archive is called.
    """

    def __init__(
        self,
        fetcher: "Fetcher",
        base_url: str = ARXIV_OAI,
        prefix: str = "arXiv",
        set_name: str | None = None,
        since: date | None = None,
        until: date | None = None,
        *,
        name: str = "arxiv",
    ) -> None:
        self._fetcher = fetcher
        self._url = base_url
        self._since = since.isoformat() if since else None
        asked = {"metadataPrefix": prefix, "set": set_name}
        asked["until"] = until.isoformat() if until else None
        self._asked = {key: value for key, value in asked.items() if value}
        self.name = name
        words = {"url": base_url, **self._asked, "from": self._since}
        self.query = " ".join(f"{key}={value}" for key, value in words.items() if value)

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield the pages after `cursor`; see `Source.pages`."""
        state = _State.of(cursor, self._since)
        if state.position and state.position > self._asked.get("until", "9999"):
            yield Page([], {"since": state.position})
            return
        guard = _Guard(self._url)
        while True:
            answered = self._ask(state)
            if answered.code == "badResumptionToken" and state.token:
                guard.restart(state)
                continue
            state.see(answered)
            rows = [_row(one, place, self._url) for place, one in enumerate(answered.records, 1)]
            if answered.token is None and answered.whole:
                yield Page(rows, state.end(), state.total)
                return
            if answered.token is not None:
                guard.check(answered.token, rows)
            state.token = answered.token
            yield Page(rows, state.cursor(), state.total)
            if answered.token is None:
                guard.restart(state)

    def _ask(self, state: "_State") -> _Answered:
        """Return the next part of the list; asked twice where the answer is no good."""
        asked = {"verb": "ListRecords"}
        if state.token:
            asked["resumptionToken"] = state.token
        else:
            asked |= self._asked | ({"from": state.position} if state.position else {})
        try:
            answered = _read(self._get(asked))
        except SourceError as error:
            if not isinstance(error, _Unusable):
                raise
            answered = None
        if answered is None or not answered.whole:
            answered = self._again(asked)
        if answered.code not in (None, "noRecordsMatch", "badResumptionToken"):
            raise SourceError(f"{self._url}: {answered.code}: {answered.message} ({self.query})")
        return answered

    def _again(self, asked: Mapping[str, str]) -> _Answered:
        try:
            return _read(self._get(asked))
        except _Unusable as error:
            raise SourceError(f"{self._url}: {error}; try again later") from error

    def _get(self, asked: Mapping[str, str]) -> "Answer":
        """Return the answer; some archives send the protocol's errors with status 4xx."""
        try:
            return self._fetcher.get(self._url, asked, cached=False)
        except SourceError as error:
            answer: Answer | None = getattr(error, "answer", None)
            if answer is None or b"OAI-PMH" not in answer.content[:2000]:
                raise
            return answer


class _Unusable(SourceError):
    """An answer with nothing in it that can be used."""


@dataclass
class _State:
    """How far a harvest has come: what the cursor holds."""

    since: str | None
    token: str | None = None
    datestamp: str | None = None
    ordered: bool = True
    begun: str | None = None
    total: int | None = None

    @classmethod
    def of(cls, cursor: Cursor | None, since: str | None) -> "_State":
        kept = {key: str(value) for key, value in (cursor or {}).items() if value}
        ordered = (cursor or {}).get("ordered") is not False
        return cls(
            kept.get("since", since),
            kept.get("token"),
            kept.get("datestamp"),
            ordered,
            kept.get("begun"),
        )

    @property
    def position(self) -> str | None:
        """The day to go on from without a token: all before it has been seen.

        An archive whose datestamps do not ascend is asked from the beginning.
        """
        return (self.datestamp if self.ordered else None) or self.since

    def see(self, answered: _Answered) -> None:
        self.begun = self.begun or answered.day
        self.total = answered.total or self.total
        for record in answered.records:
            stamp = None if isinstance(record, str) else _datestamp(record)
            self.ordered = self.ordered and (stamp is None or stamp >= (self.datestamp or ""))
            self.datestamp = max(stamp or "", self.datestamp or "") or None

    def cursor(self) -> dict[str, object]:
        return {
            "token": self.token,
            "datestamp": self.datestamp,
            "since": self.since,
            "ordered": self.ordered,
            "begun": self.begun,
        }

    def end(self) -> dict[str, object]:
        return {"since": self.begun or self.datestamp or self.since}


@dataclass
class _Guard:
    """Stops a harvest that does not come to an end."""

    url: str
    tokens: set[str] = field(default_factory=set)
    restarts: set[str | None] = field(default_factory=set)
    empty: int = 0

    def restart(self, state: _State) -> None:
        """Go on from the last datestamp, but not twice from the same.

        Raises:
            SourceError: nothing was gained since the last time.
        """
        if state.position in self.restarts:
            raise SourceError(
                f"{self.url}: the list breaks off again and again at "
                f"{state.position or 'its beginning'}; "
                "run the same command again later, it goes on from there"
            )
        self.restarts.add(state.position)
        self.tokens.clear()
        state.token = None

    def check(self, token: str, rows: list[RawRow]) -> None:
        """Refuse a token that came before, and one empty page after another.

        Raises:
            SourceError: the list does not end.
        """
        self.empty = 0 if rows else self.empty + 1
        if token in self.tokens:
            raise SourceError(f"{self.url}: a list without end: token {token[:80]!r} came twice")
        if self.empty >= _EMPTY_PAGES:
            raise SourceError(f"{self.url}: a list without end: {self.empty} empty pages")
        self.tokens.add(token)


def _read(answer: "Answer") -> _Answered:
    """Return what is in an answer, or what can be saved of it.

    Raises:
        _Unusable: it is none to ListRecords.
    """
    try:
        root = read_xml(answer.content)
    except XmlError as error:
        if error.broken and b"OAI-PMH" in answer.content[:2000]:
            return _saved(answer.content)
        raise _Unusable(str(error)) from error
    if local(root) != "OAI-PMH":
        raise _Unusable(f"no OAI-PMH but <{local(root)[:80]}>")
    answered = _Answered([], day=(line(root, "responseDate") or "")[:10] or None)
    for listed in children(root, "ListRecords"):
        answered.records += children(listed, "record")
        for token in children(listed, "resumptionToken"):
            answered.token = (token.text or "").strip() or None
            answered.total = count(token.get("completeListSize"))
    for error_element in children(root, "error"):
        answered.code = error_element.get("code") or "error"
        answered.message = " ".join((error_element.text or "").split())[:300]
    return answered


def _saved(content: bytes) -> _Answered:
    day, token = tag_text(content, "responseDate"), tag_text(content, "resumptionToken")
    records = list(salvage(content, "record"))
    whole = bool(token) or bool(_LIST_END.search(content))
    if not whole and not (records and isinstance(records[-1], str)):
        records.append(content[-200:].decode("utf-8", errors="replace"))
    return _Answered(records, (day or "")[:10] or None, token or None, whole=whole)


def _header(record: "Element") -> "Element | None":
    return next(iter(children(record, "header")), None)


def _datestamp(record: "Element") -> str | None:
    return (line(_header(record), "datestamp") or "")[:10] or None


def _row(record: "Element | str", place: int, url: str) -> RawRow:
    if isinstance(record, str):
        return RawRow(place, record, "broken or cut off XML in an answer of OAI-PMH")
    header = _header(record)
    identifier = line(header, "identifier")
    if header is not None and header.get("status") == "deleted":
        if identifier is None:
            return RawRow(place, {"deleted": True}, "a deleted record without an identifier")
        return RawRow(place, {"id": normalize_id(identifier) or identifier, "deleted": True})
    formats = [one for metadata in children(record, "metadata") for one in metadata]
    if not formats:
        return RawRow(place, {"id": identifier}, "a record without metadata")
    read = _dublin_core if local(formats[0]) == "dc" else _arxiv
    return RawRow(place, {"source": urlsplit(url).hostname, **read(formats[0], identifier)})


def _arxiv(paper: "Element", identifier: str | None) -> dict[str, object]:
    people = [one for group in children(paper, "authors") for one in children(group, "author")]
    parts = ("forenames", "keyname", "suffix")
    names = (" ".join(filter(None, (line(one, part) for part in parts))) for one in people)
    fields = {
        "doi": next(iter((line(paper, "doi") or "").split()), None),
        "title": line(paper, "title"),
        "abstract": line(paper, "abstract"),
        "authors": [name for name in names if name],
        "categories": (line(paper, "categories") or "").split(),
        "date": line(paper, "created"),
        "updated": line(paper, "updated"),
        "license": line(paper, "license"),
        "venue": line(paper, "journal-ref"),
    }
    return arxiv_row(line(paper, "id") or identifier, fields, line(paper, "comments"))


def _dublin_core(paper: "Element", identifier: str | None) -> dict[str, object]:
    texts = lines(paper, "description")
    abstracts = [text for text in texts if not text.startswith("Comment:")]
    comments = [text for text in texts if text.startswith("Comment:")]
    names = lines(paper, "identifier")
    links = [name for name in names if name.startswith(("http://", "https://"))]
    fields = {
        "doi": next(filter(None, map(normalize_doi, names)), None),
        "title": line(paper, "title"),
        "abstract": next(iter(abstracts), None),
        "authors": lines(paper, "creator"),
        "categories": lines(paper, "subject"),
        "date": min(lines(paper, "date"), default=None),
        "license": line(paper, "rights"),
        "url": next(iter(links), None),
    }
    known = [name for name in [*names, identifier or ""] if "arxiv" in name.lower()]
    number = next(filter(normalize_arxiv, known), None)
    comment = " ".join(comments).removeprefix("Comment:")
    return arxiv_row(number or identifier, fields, comment)
