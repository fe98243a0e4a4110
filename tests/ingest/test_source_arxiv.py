"""arXiv's query API, played by a feed of invented papers."""

from collections.abc import Callable, Mapping

import pytest

from ingest.http import Answer, Fetcher
from ingest.rows import paper_from_row
from ingest.sources.arxiv import ArxivListing
from ingest.sources.base import Cursor, RawRow
from matlore.errors import SourceError

ENTRY = """<entry><id>http://arxiv.org/abs/{id}v2</id><updated>2024-06-01T00:00:00Z</updated>
<published>{published}</published><title>Film
  {id}</title><summary> We grew it. </summary><author><name>Ada Roe</name></author>
<author><name>Al Doe</name></author><arxiv:comment>{comment}</arxiv:comment>
<arxiv:doi>10.1000/{id}</arxiv:doi><arxiv:journal_ref>J. Inv. 1</arxiv:journal_ref>
<category term="cond-mat.mtrl-sci" scheme="s"/><category term="physics.chem-ph"/></entry>"""
FEED = """<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"
 xmlns:o="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom">
<o:totalResults>{total}</o:totalResults>{entries}</feed>"""


def entry(number: int, comment: str = "3 pages") -> str:
    """Return a paper; a later one has a later number."""
    published = f"2024-01-01T{number // 60:02d}:{number % 60:02d}:00Z"
    return ENTRY.format(id=f"2401.{number:05d}", published=published, comment=comment)


class Api(Fetcher):
    """Answers with pages of `entries`; `tamper` makes of the number and body what is sent."""

    def __init__(self, entries: list[str]) -> None:
        super().__init__()
        self.entries = entries
        self.asked: list[dict[str, str]] = []
        self.tamper: Callable[[int, bytes], bytes] = lambda _, body: body

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        cached: bool = True,
    ) -> Answer:
        asked = dict(params or {})
        start, size = int(asked["start"]), int(asked["max_results"])
        entries = "".join(self.entries[start : start + size])
        body = FEED.format(total=len(self.entries), entries=entries).encode()
        self.asked.append(asked)
        return Answer(url, 200, {}, self.tamper(len(self.asked) - 1, body))


def newest_first(count: int) -> list[str]:
    """Return papers as arXiv lists them."""
    return [entry(n) for n in reversed(range(count))]


def harvest(source: ArxivListing, cursor: Cursor | None = None) -> tuple[list[str], Cursor]:
    """Return all ids after a cursor, and the last cursor."""
    pages = list(source.pages(cursor))
    return [_id(row) for page in pages for row in page.rows], pages[-1].cursor


def _id(row: RawRow) -> str:
    assert isinstance(row.value, dict)
    return str(row.value["id"])


def ids(*numbers: int) -> list[str]:
    return [f"arxiv:2401.{n:05d}" for n in numbers]


def test_fields() -> None:
    api = Api([entry(1)])
    (page,) = ArxivListing(api, query="cat:cond-mat.mtrl-sci").pages(None)
    assert page.rows[0].value == {
        "id": "arxiv:2401.00001",
        "doi": "10.1000/2401.00001",
        "title": "Film 2401.00001",
        "abstract": "We grew it.",
        "authors": ["Ada Roe", "Al Doe"],
        "categories": ["cond-mat.mtrl-sci", "physics.chem-ph"],
        "date": "2024-01-01",
        "updated": "2024-06-01",
        "venue": "J. Inv. 1",
        "url": "https://arxiv.org/abs/2401.00001",
        "source": "arXiv",
    }
    assert page.total == 1
    assert paper_from_row(page.rows[0].value).ids[0] == "arxiv:2401.00001"
    assert api.asked[0]["sortBy"] == "submittedDate"
    assert api.asked[0]["sortOrder"] == "descending"


def test_a_withdrawn_paper() -> None:
    (page,) = ArxivListing(Api([entry(1, "Withdrawn by the authors")])).pages(None)
    assert isinstance(page.rows[0].value, dict)
    assert page.rows[0].value["retracted"] is True


def test_pages_and_limit() -> None:
    api = Api(newest_first(250))
    found, cursor = harvest(ArxivListing(api, limit=120))
    assert found == ids(*range(249, 129, -1))
    assert cursor == {"since": "2024-01-01T04:09:00Z"}
    assert [(one["start"], one["max_results"]) for one in api.asked] == [
        ("0", "100"),
        ("100", "20"),
    ]


def test_without_limit_all_come() -> None:
    found, _ = harvest(ArxivListing(Api(newest_first(250)), limit=None))
    assert found == ids(*reversed(range(250)))


def test_a_restart_goes_on() -> None:
    source = ArxivListing(Api(newest_first(250)))
    first = next(source.pages(None))
    rest, cursor = harvest(source, first.cursor)
    assert rest == ids(*range(149, -1, -1))
    assert cursor == {"since": "2024-01-01T04:09:00Z"}


def test_the_next_harvest_stops_at_the_newest_of_the_last() -> None:
    _, cursor = harvest(ArxivListing(Api(newest_first(150))))
    api = Api(newest_first(270))
    found, cursor = harvest(ArxivListing(api), cursor)
    assert found == ids(*range(269, 148, -1))
    assert cursor == {"since": "2024-01-01T04:29:00Z"}
    assert len(api.asked) == 2
    assert harvest(ArxivListing(api), cursor) == (ids(269), cursor)


def test_an_empty_page_before_the_end_is_asked_again() -> None:
    api = Api(newest_first(150))
    api.tamper = lambda n, body: FEED.format(total=150, entries="").encode() if n == 1 else body
    found, _ = harvest(ArxivListing(api))
    assert len(found) == 150
    api.tamper = lambda *_: FEED.format(total=150, entries="").encode()
    with pytest.raises(SourceError, match="empty page at 0 of 150"):
        harvest(ArxivListing(api))


def test_no_paper() -> None:
    assert harvest(ArxivListing(Api([])))[0] == []


def test_an_error_of_the_query() -> None:
    api = Api(["<entry><id>http://arxiv.org/api/errors#x</id><summary>bad query</summary></entry>"])
    with pytest.raises(SourceError, match="bad query"):
        harvest(ArxivListing(api, query="all:("))


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"<feed>", b"<!DOCTYPE a><feed/>"])
def test_a_bad_answer_is_asked_again(body: bytes) -> None:
    api = Api(newest_first(3))
    api.tamper = lambda n, good: good if n else body
    assert len(harvest(ArxivListing(api))[0]) == 3
    api.tamper = lambda *_: body
    with pytest.raises(SourceError, match="try again later"):
        harvest(ArxivListing(api))
