"""Europe PMC, spoken to on a real local server."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from json_server import Asked, Reply, serving

from ingest.http import Fetcher
from ingest.rows import paper_from_row
from ingest.sources.base import Page
from ingest.sources.europepmc import EuropePmcSource
from matlore.errors import SourceError, UsageError

DAY = date(2026, 11, 2)
FETCHER = Fetcher(allow_private=True, pause=0, retries=0, sleep=lambda _: None)


@pytest.fixture(autouse=True, scope="module")
def closed() -> Iterator[None]:
    """Leave no connection open after the last test."""
    yield
    FETCHER.close()


def record(number: int, **changes: object) -> dict[str, object]:
    """Return an invented paper in the form of Europe PMC."""
    return {
        "id": str(number),
        "source": "MED",
        "pmid": str(number),
        "pmcid": f"PMC{number}",
        "doi": f"10.5555/Paper.{number}",
        "title": f"Invented telluride {number}.",
        "abstractText": "<h4>Aim</h4>Films of Bi<sub>2</sub>Te<sub>3</sub>.",
        "firstPublicationDate": "2020-05-01",
        "pubYear": "2020",
        "authorList": {
            "author": [
                {"firstName": "Ada", "lastName": "Roe", "fullName": "Roe A"},
                {"collectiveName": "The Team"},
                None,
            ]
        },
        "journalInfo": {"journal": {"title": "J. Inv."}},
        "license": "cc by",
        "pubTypeList": {"pubType": ["Journal Article"]},
        "keywordList": {"keyword": ["telluride"]},
    } | changes


def body(records: list[Any], mark: str | None, total: object = None) -> dict[str, object]:
    total = len(records) if total is None else total
    return {"hitCount": total, "nextCursorMark": mark, "resultList": {"result": records}}


def listing(count: int) -> Callable[[Asked], Reply]:
    """Return a service of `count` papers whose last mark repeats."""

    def answer(asked: Asked) -> Reply:
        mark, size = asked.params["cursorMark"], int(asked.params["pageSize"])
        start = 0 if mark == "*" else int(mark)
        end = min(count, start + size)
        return Reply(body([record(n) for n in range(start, end)], str(end), count))

    return answer


def source(url: str, **options: Any) -> EuropePmcSource:
    asked: dict[str, Any] = {"query": "telluride", "today": lambda: DAY} | options
    return EuropePmcSource(FETCHER, base_url=url, **asked)


def titles(pages: list[Page]) -> list[object]:
    return [row.value["title"] for page in pages for row in page.rows]  # type: ignore[index]


def only(paper: dict[str, object]) -> Any:
    """Return the one row that an answer of one record becomes."""
    with serving(lambda _: Reply(body([paper], None))) as (url, _):
        ((row,),) = [page.rows for page in source(url).pages(None)]
    return row


def test_all_pages_come_until_the_mark_repeats() -> None:
    with serving(listing(1200)) as (url, asked):
        pages = list(source(url).pages(None))
    assert titles(pages) == [f"Invented telluride {n}." for n in range(1200)]
    assert pages[-1].cursor == {"since": "2026-11-02"}
    assert pages[0].total == 1200
    assert [one.params["cursorMark"] for one in asked] == ["*", "500", "1000", "1200"]
    assert asked[0].path == "/search"
    assert asked[0].params["resultType"] == "core"


def test_a_later_run_goes_on_after_a_cursor_and_a_limit() -> None:
    with serving(listing(700)) as (url, _):
        first = list(source(url, limit=600).pages(None))
        rest = list(source(url, today=lambda: date(2026, 12, 24)).pages(first[-1].cursor))
    assert len(titles(first)) == 600
    assert titles(first + rest) == [f"Invented telluride {n}." for n in range(700)]
    assert rest[-1].cursor == {"since": "2026-11-02"}


def test_dates_of_publication_and_of_the_last_harvest_are_asked_for() -> None:
    with serving(listing(0)) as (url, asked):
        one = source(url, query="a OR b", since=date(2020, 1, 1))
        list(one.pages({"since": "2026-10-01"}))
    assert one.query == "(a OR b) AND FIRST_PDATE:[2020-01-01 TO 3000-12-31]"
    assert asked[0].params["query"] == (
        "(a OR b) AND FIRST_PDATE:[2020-01-01 TO 3000-12-31]"
        " AND UPDATE_DATE:[2026-10-01 TO 3000-12-31]"
    )


def test_a_last_page_that_names_its_own_mark_is_the_end() -> None:
    marks = {"*": body([record(1)], "A", 2), "A": body([record(2)], "A", 2)}
    with serving(lambda asked: Reply(marks[asked.params["cursorMark"]])) as (url, asked):
        pages = list(source(url).pages(None))
    assert len(titles(pages)) == len(asked) == 2


@pytest.mark.parametrize("mark", ["*", "X"])
def test_the_same_page_again_and_again_is_an_error(mark: str) -> None:
    with (
        serving(lambda _: Reply(body([record(1)], mark, 9))) as (url, asked),
        pytest.raises(SourceError, match="same page again and again"),
    ):
        list(source(url).pages(None))
    assert len(asked) <= 2


def test_marks_in_a_circle_are_an_error() -> None:
    following = {"*": "A", "A": "B", "B": "A"}

    def answer(asked: Asked) -> Reply:
        mark = asked.params["cursorMark"]
        return Reply(body([record(len(mark) + ord(mark))], following[mark], 9))

    with serving(answer) as (url, _), pytest.raises(SourceError, match="again and again"):
        list(source(url).pages(None))


def test_empty_pages_end_the_harvest() -> None:
    with serving(lambda _: Reply(body([], "X", 9))) as (url, asked):
        (page,) = source(url).pages(None)
    assert page.cursor == {"since": "2026-11-02"}
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [b"<html>", [], {}, {"resultList": {}}, {"resultList": []}])
def test_answers_of_another_kind_are_errors(answer: object) -> None:
    with serving(lambda _: Reply(answer)) as (url, _), pytest.raises(SourceError, match="answer"):
        list(source(url).pages(None))


def test_an_error_that_comes_with_status_200_is_told() -> None:
    with (
        serving(lambda _: Reply({"errCode": 404, "errMsg": "bad syntax"})) as (url, _),
        pytest.raises(SourceError, match="refuses the query: bad syntax"),
    ):
        list(source(url).pages(None))


def test_a_query_is_needed() -> None:
    with pytest.raises(UsageError, match="give a query"):
        source("http://127.0.0.1:1", query=" ")


def test_a_record_becomes_a_paper() -> None:
    paper = paper_from_row(only(record(7)).value)
    assert paper.ids == ("doi:10.5555/paper.7", "pmid:7", "pmcid:PMC7")
    assert "Bi2Te3" in paper.text
    assert paper.date == date(2020, 5, 1)
    assert paper.authors == ("Ada Roe", "The Team")
    assert (paper.venue, paper.license, paper.source) == ("J. Inv.", "cc by", "Europe PMC")
    assert paper.url == "https://europepmc.org/article/MED/7"
    assert paper.categories == ("telluride",)
    assert not paper.retracted


@pytest.mark.parametrize(
    ("gone", "id"),
    [
        (["doi"], "pmid:7"),
        (["doi", "pmid"], "pmcid:PMC7"),
        (["doi", "pmid", "pmcid"], "europepmc:MED/7"),
    ],
)
def test_the_best_identifier_there_is_comes_first(gone: list[str], id: str) -> None:
    changed = record(7, **dict.fromkeys(gone))
    assert paper_from_row(only(changed).value).id == id


def test_a_bad_doi_is_no_identifier() -> None:
    assert paper_from_row(only(record(7, doi="see text")).value).id == "pmid:7"


def test_a_retracted_publication_is_retracted() -> None:
    kinds = {"pubType": [None, "Retracted Publication"]}
    assert paper_from_row(only(record(7, pubTypeList=kinds)).value).retracted


def test_authors_come_from_the_line_where_there_is_no_list() -> None:
    row = only(record(7, authorList=None, authorString="Roe A, Doe B."))
    assert row.value["authors"] == ["Roe A", "Doe B"]


def test_odd_records_raise_nothing() -> None:
    odd = {key: None for key in record(1)}
    wrong: dict[str, object] = {key: [None, 3, {"a": []}] for key in record(1)}
    strange: dict[str, object] = {key: 5 for key in record(1)}
    with serving(lambda _: Reply(body([None, odd, wrong, strange], None, "4"))) as (url, _):
        (page,) = source(url).pages(None)
    assert page.total == 4
    assert [row.error is None for row in page.rows] == [False, True, True, True]
